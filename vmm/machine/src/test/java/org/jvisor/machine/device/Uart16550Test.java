package org.jvisor.machine.device;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Uart16550Test {
    private static final int BASE = 0x3f8;
    private static final int DATA = BASE, IER = BASE + 1, IIR = BASE + 2, FCR = BASE + 2;
    private static final int LCR = BASE + 3, MCR = BASE + 4, LSR = BASE + 5, MSR = BASE + 6;
    private static final int SCR = BASE + 7;

    private final Board board = new Board();
    private final RecordingLine irq = new RecordingLine();
    private final Wire wire = new Wire();
    private final Uart16550 uart = new Uart16550("serial0", irq, board.clock, wire);

    /** A far end that takes bytes while it has room. */
    private static final class Wire implements SerialBackend {
        final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        int room = Integer.MAX_VALUE;

        @Override
        public boolean transmit(int value) {
            if (room == 0) {
                return false;
            }
            room--;
            sent.write(value);
            return true;
        }
    }

    @BeforeEach
    void attach() {
        uart.attach(board.ports, BASE);
    }

    private void openAsLinuxDoes() {
        board.out(FCR, 0x07);
        board.out(LCR, 0x83);
        board.out(DATA, 1);
        board.out(IER, 0);
        board.out(LCR, 0x03);
        board.out(FCR, 0x81);
        board.out(MCR, 0x0b);
        board.out(IER, 0x05);
    }

    private int type(String text) {
        byte[] bytes = text.getBytes(US_ASCII);
        return uart.offer(bytes, 0, bytes.length);
    }

    private String readAll() {
        StringBuilder text = new StringBuilder();
        while ((board.in(LSR) & 1) != 0) {
            text.append((char) board.in(DATA));
        }
        return text.toString();
    }

    @Test
    void whatTheGuestSendsReachesTheBackEndInOrder() {
        for (byte b : "hello".getBytes(US_ASCII)) {
            assertThat(board.in(LSR) & 0x60).isEqualTo(0x60);
            board.out(DATA, b);
        }
        assertThat(wire.sent).hasToString("hello");
    }

    /** What Linux's 8250 driver does to find out what it has (autoconfig). */
    @Test
    void linuxFindsA16550A() {
        board.out(IER, 0);
        assertThat(board.in(IER) & 0x0f).isZero();
        board.out(IER, 0x0f);
        assertThat(board.in(IER)).as("no sleep or other enhanced bits").isEqualTo(0x0f);
        board.out(IER, 0);
        board.out(MCR, 0x10 | 0x0a);
        assertThat(board.in(MSR) & 0xf0).as("loopback").isEqualTo(0x90);
        board.out(MCR, 0);
        board.out(LCR, 0xbf);
        board.out(FCR, 0);
        board.out(LCR, 0);
        board.out(FCR, 0x01);
        assertThat(board.in(IIR) >>> 6).as("FIFOs").isEqualTo(3);
        board.out(LCR, 0x80);
        assertThat(board.in(IIR)).as("no enhanced features register").isNotZero();
        board.out(LCR, 0x00);
        board.out(FCR, 0x21);
        assertThat(board.in(IIR) >>> 5).as("no 64-byte FIFO").isEqualTo(6);
        board.out(IER, 0x40);
        assertThat(board.in(IER) & 0x40).as("no XScale").isZero();
    }

    @Test
    void theScratchRegisterKeepsItsValue() {
        board.out(SCR, 0xa5);
        assertThat(board.in(SCR)).isEqualTo(0xa5);
    }

    @Test
    void withoutFifosIirSaysSo() {
        board.out(FCR, 0);
        assertThat(board.in(IIR)).isEqualTo(0x01);
    }

    @Test
    void theDivisorHidesBehindDlab() {
        board.out(LCR, 0x83);
        board.out(DATA, 0x0c);
        board.out(IER, 0x01);
        assertThat(board.in(DATA) | board.in(IER) << 8).isEqualTo(0x010c);
        board.out(LCR, 0x03);
        assertThat(board.in(IER)).isZero();
    }

    /** Linux's test for a lost transmitter interrupt (serial8250_do_startup). */
    @Test
    void enablingTheTransmitterInterruptRaisesItEachTime() {
        board.out(MCR, 0x08);
        for (int i = 0; i < 2; i++) {
            board.out(IER, 0x02);
            assertThat(irq.asserted).isTrue();
            assertThat(board.in(IIR) & 0x0f).isEqualTo(0x02);
            assertThat(irq.asserted).isFalse();
            board.out(IER, 0);
        }
    }

    @Test
    void theTransmitterInterruptReturnsAfterASend() {
        openAsLinuxDoes();
        board.out(IER, 0x07);
        board.in(IIR);
        board.out(DATA, 'x');
        assertThat(board.in(IIR) & 0x0f).isEqualTo(0x02);
    }

    @Test
    void withoutOut2NoInterruptLeavesTheBoard() {
        board.out(IER, 0x02);
        assertThat(irq.asserted).isFalse();
        board.out(MCR, 0x08);
        assertThat(irq.asserted).isTrue();
    }

    @Test
    void aFullBackEndHoldsTheTransmitterBusyAndLosesNothing() {
        openAsLinuxDoes();
        board.out(IER, 0x07);
        board.in(IIR);
        wire.room = 2;
        for (byte b : "abcdef".getBytes(US_ASCII)) {
            board.out(DATA, b);
        }
        assertThat(board.in(LSR) & 0x60).isZero();
        assertThat(board.in(IIR) & 0x0f).isEqualTo(0x01);
        wire.room = 100;
        uart.outputReady();
        assertThat(wire.sent).hasToString("abcdef");
        assertThat(board.in(LSR) & 0x60).isEqualTo(0x60);
        assertThat(board.in(IIR) & 0x0f).isEqualTo(0x02);
    }

    @Test
    void inputRaisesTheInterruptAtTheTriggerLevel() {
        openAsLinuxDoes(); // trigger at 8
        type("1234567");
        board.clock.advance(6 * 86_800);
        assertThat(irq.asserted).isFalse();
        type("8");
        board.clock.advance(86_800);
        assertThat(board.in(IIR) & 0x0f).isEqualTo(0x04);
        assertThat(readAll()).isEqualTo("12345678");
        assertThat(irq.asserted).isFalse();
    }

    @Test
    void fewerCharactersInterruptAfterTheTimeout() {
        openAsLinuxDoes();
        type("a");
        board.clock.advance(3 * 86_805);
        assertThat(irq.asserted).isFalse();
        board.clock.advance(86_805);
        assertThat(irq.asserted).isTrue();
        assertThat(board.in(IIR) & 0x0f).isEqualTo(0x0c);
        assertThat(board.in(DATA)).isEqualTo('a');
        assertThat(irq.asserted).isFalse();
    }

    @Test
    void charactersArriveAtTheProgrammedSpeed() {
        openAsLinuxDoes();
        type("0123456789");
        board.clock.advance(4 * 86_805);
        assertThat(readAll()).isEqualTo("01234");
    }

    @Test
    void theFifoTakesNoMoreThan16() {
        openAsLinuxDoes();
        type("0123456789abcdefXYZ");
        board.clock.advance(Board.SECOND);
        StringBuilder first = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            first.append((char) board.in(DATA));
        }
        assertThat(first).hasToString("0123456789abcdef");
        board.clock.advance(Board.SECOND);
        assertThat(readAll()).isEqualTo("XYZ");
    }

    @Test
    void inputTypedBeforeTheGuestListensWaitsForIt() {
        type("early");
        board.clock.advance(Board.SECOND);
        assertThat(board.in(DATA)).isZero();
        openAsLinuxDoes();
        board.clock.advance(Board.SECOND);
        assertThat(readAll()).isEqualTo("early");
    }

    @Test
    void aFifoResetThrowsNoInputAway() {
        openAsLinuxDoes();
        type("keep me");
        board.clock.advance(Board.SECOND);
        board.out(IER, 0);
        board.out(FCR, 0x07);
        board.out(FCR, 0x00);
        assertThat(board.in(LSR) & 1).isZero();
        openAsLinuxDoes();
        board.clock.advance(Board.SECOND);
        assertThat(readAll()).isEqualTo("keep me");
    }

    @Test
    void aGuestThatPollsNeedsNoInterrupt() {
        type("k");
        int reads = 0;
        while ((board.in(LSR) & 1) == 0 && reads < 100) {
            reads++;
        }
        assertThat(board.in(DATA)).isEqualTo('k');
    }

    @Test
    void aGuestThatOnlySendsIsNotTakenToPoll() {
        type("k");
        for (int i = 0; i < 100; i++) {
            board.in(LSR);
            board.out(DATA, '.');
        }
        assertThat(board.in(LSR) & 1).isZero();
    }

    @Test
    void loweringRtsHoldsTheInput() {
        openAsLinuxDoes();
        board.out(MCR, 0x09);
        type("x");
        board.clock.advance(Board.SECOND);
        assertThat(board.in(LSR) & 1).isZero();
        board.out(MCR, 0x0b);
        assertThat(board.in(LSR) & 1).isOne();
    }

    @Test
    void moreInputThanFitsIsRefused() {
        byte[] much = new byte[10_000];
        assertThat(uart.offer(much, 0, much.length)).isEqualTo(4096);
        assertThat(uart.offer(much, 0, much.length)).isZero();
    }

    @Test
    void loopbackReturnsWhatIsSent() {
        board.out(FCR, 0x01);
        board.out(MCR, 0x10);
        board.out(DATA, 'L');
        assertThat(board.in(LSR) & 1).isOne();
        assertThat(board.in(DATA)).isEqualTo('L');
        assertThat(wire.sent.size()).isZero();
    }

    @Test
    void loopbackOverrunsAFullFifo() {
        board.out(FCR, 0x01);
        board.out(MCR, 0x10);
        for (int i = 0; i < 17; i++) {
            board.out(DATA, i);
        }
        assertThat(board.in(LSR) & 0x02).isNotZero();
        assertThat(board.in(LSR) & 0x02).as("cleared by reading").isZero();
    }

    @Test
    void modemChangesInterruptUntilMsrIsRead() {
        board.out(MCR, 0x18);
        board.in(MSR);
        board.out(IER, 0x08);
        board.out(MCR, 0x1a); // CTS by loopback
        assertThat(board.in(IIR) & 0x0f).isZero();
        assertThat(board.in(MSR)).isEqualTo(0x91);
        assertThat(board.in(IIR) & 0x0f).isOne();
    }

    @Test
    void aBreakShowsInLsrWithANul() {
        openAsLinuxDoes();
        uart.receiveBreak();
        assertThat(board.in(IIR) & 0x0f).isEqualTo(0x06);
        assertThat(board.in(LSR) & 0x91).isEqualTo(0x91);
        assertThat(board.in(DATA)).isZero();
        assertThat(board.in(LSR) & 0x90).isZero();
    }

    @Test
    void receiveWaitsForTheGuestToRead() throws Exception {
        openAsLinuxDoes();
        byte[] much = new byte[6000];
        java.util.Arrays.fill(much, (byte) 'z');
        Thread source =
                Thread.startVirtualThread(
                        () -> {
                            try {
                                uart.receive(much, 0, much.length);
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                        });
        int seen = 0;
        while (seen < much.length) {
            board.clock.advance(Board.MILLISECOND);
            seen += readAll().length();
        }
        source.join();
        assertThat(seen).isEqualTo(much.length);
    }

    @Test
    void closingEndsAWaitingSource() throws Exception {
        byte[] much = new byte[6000];
        Thread source =
                Thread.startVirtualThread(
                        () -> {
                            try {
                                uart.receive(much, 0, much.length);
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                        });
        uart.close();
        source.join();
        assertThat(source.isAlive()).isFalse();
    }

    @Test
    void restoredUartHasTheSavedOnesInput() throws IOException {
        openAsLinuxDoes();
        type("0123456789abcdefXYZ");
        board.clock.advance(Board.SECOND);
        assertThat(board.in(DATA)).isEqualTo('0');
        byte[] state = Board.save(uart);
        Board other = new Board();
        RecordingLine line = new RecordingLine();
        Uart16550 copy = new Uart16550("serial0", line, other.clock, new Wire());
        copy.attach(other.ports, BASE);
        Board.restore(copy, state);
        assertThat(line.asserted).isTrue();
        StringBuilder text = new StringBuilder();
        while ((other.in(LSR) & 1) != 0) {
            text.append((char) other.in(DATA));
            other.clock.advance(Board.MILLISECOND);
        }
        assertThat(text).hasToString("123456789abcdefXYZ");
    }
}
