package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.IrqLine;

class HpetTest {
    private static final long CONFIGURATION = Hpet.BASE + 0x10;
    private static final long STATUS = Hpet.BASE + 0x20;
    private static final long COUNTER = Hpet.BASE + 0xf0;
    private static final int ENABLE_TIMER = 4, LEVEL = 2, PERIODIC = 8, SET = 0x40, NARROW = 0x100;
    private static final int FSB = 0x4000;

    private final Board board = new Board();
    private final RecordingLine[] gsis = new RecordingLine[24];
    private long messageAddress;
    private int messageData;
    private int messages;
    private final Hpet hpet = hpet(board);

    private Hpet hpet(Board board) {
        SharedLine[] inputs = new SharedLine[gsis.length];
        for (int i = 0; i < gsis.length; i++) {
            gsis[i] = new RecordingLine();
            inputs[i] = new SharedLine(gsis[i]);
        }
        return new Hpet(
                board.clock,
                gsi -> inputs[gsi].driver(),
                (address, data) -> {
                    messageAddress = address;
                    messageData = data;
                    messages++;
                });
    }

    @BeforeEach
    void attach() {
        hpet.attach(board.mmio);
    }

    private static long timer(int index, int register) {
        return Hpet.BASE + 0x100 + index * 0x20L + register;
    }

    private void write(long address, long value) {
        board.mmio.write(address, 8, value);
    }

    private long read(long address) {
        return board.mmio.read(address, 8);
    }

    @Test
    void describesItself() {
        assertThat(read(Hpet.BASE)).isEqualTo(10_000_000L << 32 | 0x8086_a201L);
        assertThat(read(timer(0, 0))).isEqualTo(0x00ff_0000_0000_8030L);
    }

    @Test
    void theCounterRunsOnlyWhileEnabled() {
        board.clock.advance(1000);
        assertThat(read(COUNTER)).isZero();
        write(CONFIGURATION, 1);
        board.clock.advance(1000);
        assertThat(read(COUNTER)).isEqualTo(100);
        write(CONFIGURATION, 0);
        board.clock.advance(1000);
        assertThat(read(COUNTER)).isEqualTo(100);
    }

    @Test
    void halvesOfTheCounterCanBeRead() {
        write(COUNTER, 0x1234_5678_9abc_def0L);
        assertThat(board.mmio.read(COUNTER, 4)).isEqualTo(0x9abc_def0L);
        assertThat(board.mmio.read(COUNTER + 4, 4)).isEqualTo(0x1234_5678L);
    }

    @Test
    void oneShotInterruptsOnce() {
        write(timer(0, 0), ENABLE_TIMER | 16 << 9);
        write(timer(0, 8), 1000);
        write(CONFIGURATION, 1);
        board.clock.advance(9_999);
        assertThat(gsis[16].edges).isZero();
        board.clock.advance(1);
        assertThat(gsis[16].edges).isOne();
        board.clock.advance(Board.SECOND);
        assertThat(gsis[16].edges).isOne();
    }

    /** The order in which Linux programs a periodic tick (hpet_clkevt_set_state_periodic). */
    @Test
    void periodicKeepsItsRate() {
        write(CONFIGURATION, 3);
        board.mmio.write(timer(0, 0), 4, ENABLE_TIMER | PERIODIC | SET | NARROW);
        long now = board.mmio.read(COUNTER, 4);
        board.mmio.write(timer(0, 8), 4, now + 400_000);
        board.mmio.write(timer(0, 8), 4, 400_000);
        board.clock.advance(Board.SECOND);
        assertThat(gsis[0].edges).isEqualTo(250);
        assertThat(read(timer(0, 8))).as("the next one").isEqualTo(now + 100_400_000);
    }

    @Test
    void aLevelInterruptStaysUntilItsStatusIsCleared() {
        write(timer(1, 0), ENABLE_TIMER | LEVEL | 20 << 9);
        write(timer(1, 8), 100);
        write(CONFIGURATION, 1);
        board.clock.advance(2000);
        assertThat(gsis[20].asserted).isTrue();
        assertThat(read(STATUS)).isEqualTo(2);
        write(STATUS, 2);
        assertThat(gsis[20].asserted).isFalse();
    }

    @Test
    void messagesReplaceTheLine() {
        write(timer(2, 0x10), 0xfee0_1000L << 32 | 0x4141);
        write(timer(2, 0), ENABLE_TIMER | FSB | 16 << 9);
        write(timer(2, 8), 100);
        write(CONFIGURATION, 1);
        board.clock.advance(1000);
        assertThat(messages).isOne();
        assertThat(messageAddress).isEqualTo(0xfee0_1000L);
        assertThat(messageData).isEqualTo(0x4141);
        assertThat(gsis[16].edges).isZero();
    }

    @Test
    void legacyReplacementCutsOffPitAndRtc() {
        IrqLine pit = hpet.pitLine();
        IrqLine rtc = hpet.rtcLine();
        pit.pulse();
        rtc.pulse();
        assertThat(gsis[0].edges).isOne();
        assertThat(gsis[8].edges).isOne();
        write(CONFIGURATION, 2);
        pit.pulse();
        rtc.pulse();
        assertThat(gsis[0].edges).isOne();
        assertThat(gsis[8].edges).isOne();
        pit.set(true);
        write(CONFIGURATION, 0);
        assertThat(gsis[0].asserted).isTrue();
    }

    @Test
    void aNarrowComparatorWraps() {
        write(COUNTER, 0xffff_ff00L);
        write(timer(0, 0), ENABLE_TIMER | NARROW | 16 << 9);
        write(timer(0, 8), 0x100);
        write(CONFIGURATION, 1);
        board.clock.advance(0x200 * 10 - 1);
        assertThat(gsis[16].edges).isZero();
        board.clock.advance(1);
        assertThat(gsis[16].edges).isOne();
    }

    @Test
    void aRouteItDoesNotHaveReadsBackAsAnother() {
        write(timer(0, 0), 5 << 9);
        assertThat(read(timer(0, 0)) >>> 9 & 0x1f).isNotEqualTo(5);
    }

    @Test
    void aTinyPeriodDoesNotStallTheClock() {
        write(CONFIGURATION, 3);
        write(timer(0, 0), ENABLE_TIMER | PERIODIC | SET);
        write(timer(0, 8), 10);
        write(timer(0, 8), 1);
        board.clock.advance(Board.SECOND / 10);
        assertThat(gsis[0].edges).isBetween(1000, 3000);
    }

    @Test
    void restoredTimersFireOnTime() throws IOException {
        write(CONFIGURATION, 3);
        write(timer(0, 0), ENABLE_TIMER | PERIODIC | SET);
        write(timer(0, 8), 100_000);
        write(timer(0, 8), 100_000);
        board.clock.advance(2_400_000);
        byte[] state = Board.save(hpet);
        Board other = new Board();
        other.clock.advance(987_654_321);
        Hpet copy = hpet(other);
        copy.attach(other.mmio);
        Board.restore(copy, state);
        assertThat(Board.save(copy)).isEqualTo(state);
        other.clock.advance(599_990);
        assertThat(gsis[0].edges).isZero();
        other.clock.advance(20);
        assertThat(gsis[0].edges).isOne();
    }
}
