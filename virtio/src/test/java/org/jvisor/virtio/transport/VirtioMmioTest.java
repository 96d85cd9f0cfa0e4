package org.jvisor.virtio.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.entropy.VirtioRng;
import org.jvisor.virtio.queue.RingAddresses;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

/** What only the window of registers has. */
class VirtioMmioTest {
    private static final int STATUS = 0x70, READY = 0x44, NOTIFY = 0x50;

    private final GuestRam ram = new GuestRam(1 << 20);
    private final List<String> doorbells = new ArrayList<>();
    private volatile boolean line;
    private final VirtioMmio window =
            new VirtioMmio(
                    new VirtioRng("rng0"),
                    ram.memory(),
                    asserted -> line = asserted,
                    (address, size, match, ring) -> {
                        String bell = address + " " + size + " " + match;
                        doorbells.add(bell);
                        return () -> doorbells.remove(bell);
                    });

    @AfterEach
    void close() {
        window.close();
    }

    private long read(int offset) {
        return window.read(offset, 4);
    }

    private void write(int offset, long value) {
        window.write(offset, 4, value);
    }

    private GuestQueue start() {
        write(STATUS, 0);
        write(STATUS, 3);
        write(0x24, 1);
        write(0x20, Features.VERSION_1 >>> 32);
        write(STATUS, 11);
        GuestQueue queue = GuestQueue.make(ram, 16, Features.VERSION_1);
        RingAddresses at = queue.addresses();
        write(0x30, 0);
        write(0x38, 16);
        write(0x80, at.descriptors());
        write(0x90, at.driver());
        write(0xa0, at.device());
        write(READY, 1);
        write(STATUS, 15);
        return queue;
    }

    @Test
    void theFirstRegistersTellWhatItIs() {
        assertThat(read(0)).isEqualTo(0x7472_6976);
        assertThat(read(4)).isEqualTo(2);
        assertThat(read(8)).isEqualTo(4);
    }

    @Test
    void thereIsNoSharedMemory() {
        assertThat((int) read(0xb0)).isEqualTo(-1);
        assertThat((int) read(0xb4)).isEqualTo(-1);
    }

    @Test
    void controlRegistersTakeWholeWordsOnly() {
        window.write(STATUS, 1, 1);
        window.write(STATUS, 2, 1);
        window.write(STATUS, 8, 1);
        window.write(STATUS + 1, 4, 1);
        assertThat(read(STATUS)).isZero();
        assertThat(window.read(0, 1)).isZero();
        assertThat(window.read(2, 4)).isZero();
    }

    @Test
    void doorbellsAreOfTheQueuesNumber() {
        assertThat(doorbells).containsExactly(NOTIFY + " 4 " + OptionalLong.of(0));
        window.close();
        assertThat(doorbells).isEmpty();
    }

    @Test
    void anInterruptStaysUntilItIsAcknowledged() {
        GuestQueue queue = start();
        queue.enableInterrupts();
        queue.add(Buffer.in(ram.allocate(8, 8), 8));
        write(NOTIFY, 0);
        while (!line) {
            Thread.onSpinWait();
        }
        assertThat(read(0x60)).isEqualTo(1);
        write(0x64, 2);
        assertThat(line).isTrue();
        write(0x64, 1);
        assertThat(line).isFalse();
        assertThat(queue.poll()).isNotNull();
    }

    @Test
    void aQueueTakenFromARunningDeviceIsUsedNoMore() {
        GuestQueue queue = start();
        assertThat(read(READY)).isEqualTo(1);
        write(READY, 0);
        assertThat(read(READY)).isZero();
        queue.add(Buffer.in(ram.allocate(8, 8), 8));
        byte[] before = ram.snapshot();
        write(NOTIFY, 0);
        write(READY, 1);
        window.pause();
        assertThat(read(READY)).isZero();
        assertThat(ram.snapshot()).isEqualTo(before);
        window.resume();
        start();
        assertThat(read(READY)).isEqualTo(1);
        assertThat(window.failure()).isEmpty();
    }

    @Test
    void aResetLowersTheLine() {
        start();
        write(STATUS, 0);
        write(STATUS, 3);
        write(0x24, 1);
        write(0x20, 1);
        write(STATUS, 11);
        write(READY, 1);
        write(STATUS, 15);
        assertThat(line).isTrue();
        assertThat(read(0x60)).isEqualTo(2);
        write(STATUS, 0);
        assertThat(line).isFalse();
        assertThat(read(0x60)).isZero();
    }
}
