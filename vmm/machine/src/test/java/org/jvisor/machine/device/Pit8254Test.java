package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Pit8254Test {
    private final Board board = new Board();
    private final RecordingLine irq = new RecordingLine();
    private final Pit8254 pit = new Pit8254(board.clock, irq);

    @BeforeEach
    void attach() {
        pit.attach(board.ports);
    }

    private static long nanos(long ticks) {
        return Ticks.toNanos(ticks, PitChannel.HZ);
    }

    private void program(int control, int count) {
        board.out(0x43, control);
        int port = 0x40 + (control >>> 6);
        board.out(port, count & 0xff);
        board.out(port, count >>> 8);
    }

    private int latch(int channel) {
        board.out(0x43, channel << 6);
        int low = board.in(0x40 + channel);
        return low | board.in(0x40 + channel) << 8;
    }

    @Test
    void mode2InterruptsOncePerPeriod() {
        program(0x34, 11932); // 100 Hz
        board.clock.advance(Board.SECOND);
        assertThat(irq.edges).isEqualTo(99);
        board.clock.advance(Board.MILLISECOND);
        assertThat(irq.edges).isEqualTo(100);
    }

    @Test
    void mode3InterruptsOncePerPeriod() {
        program(0x36, 0); // 18.2 Hz
        board.clock.advance(Board.SECOND);
        assertThat(irq.edges).isEqualTo(18);
    }

    @Test
    void mode0InterruptsOnce() {
        program(0x30, 1193);
        board.clock.advance(10 * Board.MILLISECOND);
        assertThat(irq.edges).isEqualTo(1);
    }

    @Test
    void mode4StrobesOnce() {
        program(0x38, 1193);
        board.clock.advance(10 * Board.MILLISECOND);
        assertThat(irq.edges).isEqualTo(1);
    }

    @Test
    void aNewControlWordStopsThePeriodicInterrupt() {
        program(0x34, 11932);
        board.clock.advance(15 * Board.MILLISECOND);
        board.out(0x43, 0x30);
        board.clock.advance(Board.SECOND);
        assertThat(irq.edges).isEqualTo(1);
    }

    @Test
    void theLatchedCountStandsStill() {
        program(0x34, 50_000);
        board.clock.advance(nanos(1000));
        board.out(0x43, 0x00);
        board.clock.advance(nanos(5000));
        int low = board.in(0x40);
        assertThat(low | board.in(0x40) << 8).isEqualTo(49_000);
        assertThat(latch(0)).isEqualTo(44_000);
    }

    @Test
    void mode2CountsDownAndReloads() {
        program(0x34, 1000);
        board.clock.advance(nanos(2500));
        assertThat(latch(0)).isEqualTo(500);
    }

    @Test
    void mode3CountsByTwo() {
        program(0x36, 1000);
        board.clock.advance(nanos(100));
        assertThat(latch(0)).isEqualTo(800);
    }

    @Test
    void bcdCountsDecimally() {
        program(0x35, 0x5000);
        board.clock.advance(nanos(1));
        assertThat(latch(0)).isEqualTo(0x4999);
    }

    @Test
    void aCountWrittenDuringAPeriodFollowsAtItsEnd() {
        program(0x34, 1000);
        board.clock.advance(nanos(400));
        board.out(0x40, 2000 & 0xff);
        board.out(0x40, 2000 >>> 8);
        assertThat(latch(0)).isEqualTo(600);
        board.clock.advance(nanos(700));
        assertThat(latch(0)).isBetween(1899, 1901);
    }

    @Test
    void readBackReportsModeAccessAndOutput() {
        program(0x34, 1000);
        board.out(0x43, 0xe2); // status of counter 0
        assertThat(board.in(0x40)).isEqualTo(0xb4);
    }

    @Test
    void readBackShowsACountThatIsNotYetLoaded() {
        board.out(0x43, 0x34);
        board.out(0x43, 0xe2);
        assertThat(board.in(0x40) & 0x40).isNotZero();
    }

    @Test
    void readBackCanLatchCountAndStatusTogether() {
        program(0x34, 1000);
        board.clock.advance(nanos(10));
        board.out(0x43, 0xc2);
        assertThat(board.in(0x40)).isEqualTo(0xb4);
        int low = board.in(0x40);
        assertThat(low | board.in(0x40) << 8).isEqualTo(990);
    }

    /** The sequence by which Linux measures the TSC against counter 2. */
    @Test
    void counter2ShowsTheEndOfItsCountInPort61() {
        board.out(0x61, board.in(0x61) & ~0x02 | 0x01);
        board.out(0x43, 0xb0);
        board.out(0x42, 11932 & 0xff);
        board.out(0x42, 11932 >>> 8);
        assertThat(board.in(0x61) & 0x20).isZero();
        board.clock.advance(nanos(11931));
        assertThat(board.in(0x61) & 0x20).isZero();
        board.clock.advance(nanos(2));
        assertThat(board.in(0x61) & 0x20).isNotZero();
    }

    @Test
    void counter2StandsStillWhileItsGateIsLow() {
        board.out(0x61, 1);
        program(0xb0, 1000);
        board.clock.advance(nanos(300));
        board.out(0x61, 0);
        board.clock.advance(nanos(5000));
        assertThat(latch(2)).isEqualTo(700);
        board.out(0x61, 1);
        board.clock.advance(nanos(100));
        assertThat(latch(2)).isBetween(599, 600);
    }

    @Test
    void aRisingGateTriggersMode1() {
        program(0xb2, 1000);
        assertThat(board.in(0x61) & 0x20).isNotZero();
        board.out(0x61, 1);
        assertThat(board.in(0x61) & 0x20).isZero();
        board.clock.advance(nanos(1001));
        assertThat(board.in(0x61) & 0x20).isNotZero();
    }

    @Test
    void theRefreshBitToggles() {
        int first = board.in(0x61) & 0x10;
        board.clock.advance(15_085);
        assertThat(board.in(0x61) & 0x10).isNotEqualTo(first);
    }

    @Test
    void restoredTimerGoesOnFromTheSavedOne() throws IOException {
        program(0x34, 11932);
        board.clock.advance(4 * Board.MILLISECOND);
        byte[] state = Board.save(pit);
        Board other = new Board();
        other.clock.advance(77_777_777);
        RecordingLine line = new RecordingLine();
        Pit8254 copy = new Pit8254(other.clock, line);
        Board.restore(copy, state);
        assertThat(Board.save(copy)).isEqualTo(state);
        other.clock.advance(7 * Board.MILLISECOND);
        assertThat(line.edges).isEqualTo(1);
    }
}
