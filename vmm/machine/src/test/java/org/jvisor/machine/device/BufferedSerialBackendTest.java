package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.IrqLine;

class BufferedSerialBackendTest {
    @Test
    void closingHandsOverWhatWasSent() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BufferedSerialBackend backend =
                new BufferedSerialBackend("test-serial", (b, n) -> out.write(b, 0, n));
        for (int i = 0; i < 100_000; i++) {
            while (!backend.transmit(i)) {
                Thread.onSpinWait();
            }
        }
        backend.close();
        byte[] bytes = out.toByteArray();
        assertThat(bytes).hasSize(100_000);
        assertThat(bytes[77_777]).isEqualTo((byte) 77_777);
    }

    @Test
    void aSinkThatFailsDoesNotStopTheGuest() {
        BufferedSerialBackend backend =
                new BufferedSerialBackend(
                        "test-serial",
                        (b, n) -> {
                            throw new IOException("unplugged");
                        });
        for (int i = 0; i < 1_000_000; i++) {
            while (!backend.transmit(i)) {
                Thread.onSpinWait();
            }
        }
        backend.close();
        assertThat(backend.transmit(0)).as("dropped, not refused").isTrue();
    }

    @Test
    void aStalledSinkBusiesTheTransmitterUntilItMoves() throws InterruptedException {
        CountDownLatch open = new CountDownLatch(1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BufferedSerialBackend backend =
                new BufferedSerialBackend(
                        "test-serial",
                        (b, n) -> {
                            try {
                                open.await();
                            } catch (InterruptedException e) {
                                throw new IOException(e);
                            }
                            out.write(b, 0, n);
                        });
        Board board = new Board();
        Uart16550 uart = new Uart16550("serial0", IrqLine.NONE, board.clock, backend);
        backend.connect(uart);
        uart.attach(board.ports, 0x3f8);
        int sent = 0;
        while ((board.in(0x3fd) & 0x20) != 0) {
            board.out(0x3f8, sent++);
        }
        open.countDown();
        while ((board.in(0x3fd) & 0x20) == 0) {
            Thread.onSpinWait();
        }
        uart.close();
        assertThat(out.size()).isEqualTo(sent).isGreaterThan(65_536);
    }
}
