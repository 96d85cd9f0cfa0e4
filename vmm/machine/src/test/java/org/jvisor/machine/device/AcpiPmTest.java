package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AcpiPmTest {
    private static final int STATUS = 0x600, ENABLE = 0x602, CONTROL = 0x604, TIMER = 0x608;
    private static final int GPE = 0x620;

    private final Board board = new Board();
    private final RecordingLine sci = new RecordingLine();
    private final AtomicInteger powerOffs = new AtomicInteger();
    private final AcpiPm pm = new AcpiPm(board.clock, sci, 5, powerOffs::incrementAndGet);

    @BeforeEach
    void attach() {
        pm.attach(board.ports);
    }

    private int inw(int port) {
        return (int) board.ports.read(port, 2);
    }

    private void outw(int port, int value) {
        board.ports.write(port, 2, value);
    }

    @Test
    void acpiModeIsAlwaysOn() {
        outw(CONTROL, 0);
        assertThat(inw(CONTROL)).isOne();
    }

    @Test
    void thePowerButtonRaisesTheSciUntilItsStatusIsCleared() {
        outw(ENABLE, 0x0120);
        pm.powerButton();
        assertThat(sci.asserted).isTrue();
        assertThat(inw(STATUS)).isEqualTo(0x100);
        outw(STATUS, 0x100);
        assertThat(sci.asserted).isFalse();
    }

    @Test
    void aButtonPressedBeforeItIsEnabledShowsThen() {
        pm.powerButton();
        assertThat(sci.asserted).isFalse();
        outw(ENABLE, 0x100);
        assertThat(sci.asserted).isTrue();
    }

    @Test
    void softOffTurnsTheMachineOff() {
        outw(CONTROL, 5 << 10);
        assertThat(powerOffs).hasValue(0);
        outw(CONTROL, 5 << 10 | 1 << 13);
        assertThat(powerOffs).hasValue(1);
        assertThat(inw(CONTROL) & 1 << 13).as("SLP_EN is write-only").isZero();
    }

    @Test
    void otherSleepStatesWakeAtOnce() {
        outw(CONTROL, 1 << 10 | 1 << 13);
        assertThat(powerOffs).hasValue(0);
        assertThat(inw(STATUS) & 0x8000).isNotZero();
    }

    @Test
    void theTimerRunsAt3579545Hz() {
        board.clock.advance(Board.SECOND);
        assertThat(board.ports.read(TIMER, 4)).isEqualTo(3_579_545);
        assertThat(board.ports.read(TIMER + 2, 2)).isEqualTo(3_579_545 >>> 16);
    }

    @Test
    void theTimerWrapsAt32BitsAndSaysSo() {
        board.clock.advance(600 * Board.SECOND); // bit 31 changed
        assertThat(inw(STATUS) & 1).isOne();
        outw(STATUS, 1);
        board.clock.advance(599 * Board.SECOND);
        assertThat(inw(STATUS) & 1).isZero();
        board.clock.advance(Board.SECOND); // and came round
        assertThat(inw(STATUS) & 1).isOne();
        assertThat(board.ports.read(TIMER, 4)).isEqualTo(1200 * 3_579_545L - (1L << 32));
    }

    @Test
    void theTimersCarryInterrupts() {
        outw(ENABLE, 1);
        board.clock.advance(599 * Board.SECOND);
        assertThat(sci.asserted).isFalse();
        board.clock.advance(Board.SECOND);
        assertThat(sci.asserted).isTrue();
        outw(STATUS, 1);
        assertThat(sci.asserted).isFalse();
        board.clock.advance(600 * Board.SECOND);
        assertThat(sci.asserted).isTrue();
    }

    @Test
    void generalPurposeEventsHaveTheirOwnEnables() {
        pm.raiseEvent(13);
        assertThat(board.in(GPE + 1)).isEqualTo(0x20);
        assertThat(sci.asserted).isFalse();
        board.out(GPE + 9, 0x20);
        assertThat(sci.asserted).isTrue();
        board.out(GPE + 1, 0x20);
        assertThat(sci.asserted).isFalse();
    }

    @Test
    void restoredBlockAssertsTheSci() throws IOException {
        outw(ENABLE, 0x100);
        pm.powerButton();
        board.out(GPE + 8, 0xff);
        byte[] state = Board.save(pm);
        RecordingLine line = new RecordingLine();
        AcpiPm copy = new AcpiPm(board.clock, line, 5, () -> {});
        Board.restore(copy, state);
        assertThat(line.asserted).isTrue();
        assertThat(Board.save(copy)).isEqualTo(state);
    }

    @Test
    void resetClearsEnables() {
        outw(ENABLE, 0x100);
        pm.powerButton();
        pm.reset();
        assertThat(sci.asserted).isFalse();
        assertThat(inw(ENABLE)).isZero();
    }
}
