package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.CpuSignals;
import org.jvisor.vmm.api.LocalApic;

class ApicTimerTest {
    private static final int VECTOR = 0xec;
    private static final int LVT = 0x320, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0;
    private static final int ONE_SHOT = VECTOR, PERIODIC = 0x2_0000 | VECTOR;
    private static final int TSC_DEADLINE = 0x4_0000 | VECTOR;

    private final Board board = new Board();
    private final SoftwareInterrupts interrupts = interrupts(board);
    private final LocalApic apic = interrupts.apic(0);

    private static SoftwareInterrupts interrupts(Board board) {
        return new SoftwareInterrupts(
                new CpuSignals[] {new RecordingSignals()},
                board.clock,
                2_500_000_000L,
                1_000_000_000L,
                board.ports,
                board.mmio);
    }

    @BeforeEach
    void enable() {
        apic.writeMmio(0xf0, 4, 0x1ff);
        apic.writeMmio(DIVIDE, 4, 0x0b); // by 1
    }

    private boolean fired() {
        if (!apic.interruptReady()) {
            return false;
        }
        assertThat(apic.acknowledge()).isEqualTo(VECTOR);
        apic.writeMmio(0xb0, 4, 0);
        return true;
    }

    @Test
    void oneShotFiresOnce() {
        apic.writeMmio(LVT, 4, ONE_SHOT);
        apic.writeMmio(INITIAL, 4, 1_000_000);
        board.clock.advance(999_999);
        assertThat(fired()).isFalse();
        assertThat(apic.readMmio(CURRENT, 4)).isOne();
        board.clock.advance(1);
        assertThat(fired()).isTrue();
        assertThat(apic.readMmio(CURRENT, 4)).isZero();
        board.clock.advance(10_000_000);
        assertThat(fired()).isFalse();
    }

    @Test
    void periodicFiresEachPeriod() {
        apic.writeMmio(LVT, 4, PERIODIC);
        apic.writeMmio(INITIAL, 4, 1_000_000);
        for (int i = 0; i < 5; i++) {
            board.clock.advance(1_000_000);
            assertThat(fired()).isTrue();
        }
        board.clock.advance(300_000);
        assertThat(apic.readMmio(CURRENT, 4)).isEqualTo(700_000);
    }

    @Test
    void aZeroCountStops() {
        apic.writeMmio(LVT, 4, PERIODIC);
        apic.writeMmio(INITIAL, 4, 1_000_000);
        apic.writeMmio(INITIAL, 4, 0);
        board.clock.advance(5_000_000);
        assertThat(fired()).isFalse();
    }

    @Test
    void divideSlowsTheCount() {
        int[] codes = {0, 1, 2, 3, 8, 9, 10, 11};
        int[] divisors = {2, 4, 8, 16, 32, 64, 128, 1};
        for (int i = 0; i < codes.length; i++) {
            apic.writeMmio(DIVIDE, 4, codes[i]);
            apic.writeMmio(LVT, 4, ONE_SHOT);
            apic.writeMmio(INITIAL, 4, 1_000_000);
            board.clock.advance(divisors[i] * 500_000L);
            assertThat(apic.readMmio(CURRENT, 4)).isEqualTo(500_000);
        }
    }

    @Test
    void aMaskedTimerCountsWithoutInterrupting() {
        apic.writeMmio(LVT, 4, 0x1_0000 | ONE_SHOT);
        apic.writeMmio(INITIAL, 4, 1000);
        board.clock.advance(500);
        assertThat(apic.readMmio(CURRENT, 4)).isEqualTo(500);
        board.clock.advance(1000);
        assertThat(fired()).isFalse();
    }

    @Test
    void tscDeadlineFiresWhenTheTscReachesIt() {
        apic.writeMmio(LVT, 4, TSC_DEADLINE);
        apic.setTscDeadline(2_500_000);
        assertThat(apic.tscDeadline()).isEqualTo(2_500_000);
        board.clock.advance(999_999);
        assertThat(fired()).isFalse();
        board.clock.advance(1);
        assertThat(fired()).isTrue();
        assertThat(apic.tscDeadline()).isZero();
    }

    @Test
    void aDeadlinePastFiresAtOnce() {
        board.clock.advance(Board.SECOND);
        apic.writeMmio(LVT, 4, TSC_DEADLINE);
        apic.setTscDeadline(1);
        assertThat(fired()).isTrue();
    }

    @Test
    void aDeadlineOfZeroDisarms() {
        apic.writeMmio(LVT, 4, TSC_DEADLINE);
        apic.setTscDeadline(2_500_000);
        apic.setTscDeadline(0);
        board.clock.advance(Board.SECOND);
        assertThat(fired()).isFalse();
    }

    @Test
    void theFarthestDeadlineNeverComes() {
        apic.writeMmio(LVT, 4, TSC_DEADLINE);
        apic.setTscDeadline(-1L);
        board.clock.advance(1000 * Board.SECOND);
        assertThat(fired()).isFalse();
        assertThat(apic.tscDeadline()).isEqualTo(-1L);
    }

    @Test
    void outsideDeadlineModeTheDeadlineIsIgnored() {
        apic.writeMmio(LVT, 4, ONE_SHOT);
        apic.setTscDeadline(1);
        assertThat(apic.tscDeadline()).isZero();
        assertThat(fired()).isFalse();
    }

    @Test
    void leavingDeadlineModeDisarms() {
        apic.writeMmio(LVT, 4, TSC_DEADLINE);
        apic.setTscDeadline(2_500_000);
        apic.writeMmio(LVT, 4, ONE_SHOT);
        board.clock.advance(Board.SECOND);
        assertThat(fired()).isFalse();
    }

    @Test
    void aTinyPeriodDoesNotStallTheClock() {
        apic.writeMmio(LVT, 4, PERIODIC);
        apic.writeMmio(INITIAL, 4, 1);
        board.clock.advance(Board.SECOND);
        assertThat(fired()).isTrue();
    }

    @Test
    void restoredTimersFireOnTime() throws IOException {
        apic.writeMmio(LVT, 4, PERIODIC);
        apic.writeMmio(INITIAL, 4, 1_000_000);
        board.clock.advance(400_000);
        Board other = new Board();
        other.clock.advance(123_456_789);
        SoftwareInterrupts copy = interrupts(other);
        Board.restore(copy, Board.save(interrupts));
        other.clock.advance(599_999);
        assertThat(copy.apic(0).interruptReady()).isFalse();
        other.clock.advance(1);
        assertThat(copy.apic(0).interruptReady()).isTrue();
    }

    @Test
    void restoredDeadlinesKeepTheirDistance() throws IOException {
        apic.writeMmio(LVT, 4, TSC_DEADLINE);
        apic.setTscDeadline(2_500_000);
        board.clock.advance(400_000);
        Board other = new Board();
        other.clock.advance(123_456_789);
        SoftwareInterrupts copy = interrupts(other);
        Board.restore(copy, Board.save(interrupts));
        other.clock.advance(599_998);
        assertThat(copy.apic(0).interruptReady()).isFalse();
        other.clock.advance(3);
        assertThat(copy.apic(0).interruptReady()).isTrue();
    }
}
