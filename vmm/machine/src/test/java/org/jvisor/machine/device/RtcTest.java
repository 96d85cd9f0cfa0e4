package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RtcTest {
    private static final LocalDateTime START = LocalDateTime.of(2024, 2, 29, 23, 59, 58);

    private final Board board = new Board(START.toInstant(ZoneOffset.UTC).toEpochMilli());
    private final RecordingLine irq = new RecordingLine();
    private final Rtc rtc = new Rtc(board.clock, irq);

    @BeforeEach
    void attach() {
        rtc.attach(board.ports);
    }

    private int read(int register) {
        board.out(0x70, register);
        return board.in(0x71);
    }

    private void write(int register, int value) {
        board.out(0x70, register);
        board.out(0x71, value);
    }

    private String time() {
        return "%02x%02x-%02x-%02x %02x:%02x:%02x"
                .formatted(read(0x32), read(9), read(8), read(7), read(4), read(2), read(0));
    }

    @Test
    void theTimeIsTheClocksInBcd() {
        assertThat(time()).isEqualTo("2024-02-29 23:59:58");
        assertThat(read(6)).as("Thursday").isEqualTo(5);
    }

    @Test
    void theDateRollsOver() {
        board.clock.advance(2 * Board.SECOND);
        assertThat(time()).isEqualTo("2024-03-01 00:00:00");
    }

    @Test
    void binaryModeReadsBinary() {
        write(0x0b, 0x06);
        assertThat(read(2)).isEqualTo(59);
    }

    @Test
    void twelveHourModeMarksTheAfternoon() {
        write(0x0b, 0x00);
        assertThat(read(4)).isEqualTo(0x91);
        board.clock.advance(2 * Board.SECOND);
        assertThat(read(4)).as("midnight").isEqualTo(0x12);
    }

    @Test
    void theGuestCanSetTheTime() {
        write(0x0b, 0x82);
        write(0, 0x30);
        write(2, 0x45);
        write(4, 0x06);
        write(7, 0x15);
        write(8, 0x08);
        write(9, 0x99);
        write(0x32, 0x19);
        board.clock.advance(5 * Board.SECOND);
        assertThat(time()).as("stands while it is set").isEqualTo("1999-08-15 06:45:30");
        write(0x0b, 0x02);
        board.clock.advance(Board.SECOND);
        assertThat(time()).isEqualTo("1999-08-15 06:45:31");
    }

    @Test
    void theDividerResetStartsTheSecondAtItsHalf() {
        write(0x0a, 0x70);
        write(0, 0x10);
        write(0x0a, 0x26);
        board.clock.advance(499 * Board.MILLISECOND);
        assertThat(read(0)).isEqualTo(0x10);
        board.clock.advance(Board.MILLISECOND);
        assertThat(read(0)).isEqualTo(0x11);
    }

    @Test
    void updateInProgressShowsBeforeTheSecondChanges() {
        assertThat(read(0x0a) & 0x80).isZero();
        board.clock.advance(998 * Board.MILLISECOND);
        assertThat(read(0x0a) & 0x80).isNotZero();
        board.clock.advance(2 * Board.MILLISECOND);
        assertThat(read(0x0a) & 0x80).isZero();
        assertThat(read(0)).isEqualTo(0x59);
    }

    @Test
    void updateEndedInterruptsEachSecondOnceAcknowledged() {
        write(0x0b, 0x12);
        board.clock.advance(Board.SECOND);
        assertThat(irq.asserted).isTrue();
        assertThat(read(0x0c) & 0xb0).isEqualTo(0x90);
        assertThat(irq.asserted).isFalse();
        board.clock.advance(Board.SECOND);
        assertThat(irq.edges).isEqualTo(2);
    }

    @Test
    void anUnacknowledgedInterruptIsNotRepeated() {
        write(0x0b, 0x12);
        board.clock.advance(5 * Board.SECOND);
        assertThat(irq.edges).isEqualTo(1);
    }

    @Test
    void theAlarmInterruptsAtItsTime() {
        write(5, 0x00);
        write(3, 0x01);
        write(1, 0x05);
        write(0x0b, 0x22);
        board.clock.advance(66 * Board.SECOND);
        assertThat(irq.edges).isZero();
        board.clock.advance(Board.SECOND);
        assertThat(irq.edges).isEqualTo(1);
        assertThat(read(0x0c) & 0xa0).isEqualTo(0xa0);
    }

    @Test
    void anAlarmOfDontCaresInterruptsEverySecond() {
        write(1, 0xff);
        write(3, 0xff);
        write(5, 0xff);
        write(0x0b, 0x22);
        for (int i = 0; i < 3; i++) {
            board.clock.advance(Board.SECOND);
            read(0x0c);
        }
        assertThat(irq.edges).isEqualTo(3);
    }

    @Test
    void thePeriodicInterruptKeepsItsRate() {
        write(0x0a, 0x2a); // 64 Hz
        write(0x0b, 0x42);
        int interrupts = 0;
        for (int i = 0; i < 1000; i++) {
            board.clock.advance(Board.MILLISECOND);
            if (irq.asserted) {
                assertThat(read(0x0c)).isEqualTo(i == 999 ? 0xd0 : 0xc0);
                interrupts++;
            }
        }
        assertThat(interrupts).isEqualTo(64);
    }

    @Test
    void flagsShowEvenWithoutInterrupts() {
        board.clock.advance(Board.SECOND);
        assertThat(read(0x0c) & 0x90).isEqualTo(0x10);
        assertThat(irq.edges).isZero();
    }

    @Test
    void memorySizesAreWhereABiosLooks() {
        rtc.setMemorySize(0x8000_0000L, 0x1_0000_0000L);
        assertThat(read(0x15) | read(0x16) << 8).as("base, KiB").isEqualTo(640);
        assertThat(read(0x30) | read(0x31) << 8).as("extended, KiB").isEqualTo(63 * 1024);
        assertThat(read(0x34) | read(0x35) << 8).as("above 16 MiB").isEqualTo(0x7f00);
        assertThat(read(0x5b) | read(0x5c) << 8 | read(0x5d) << 16)
                .as("above 4 GiB")
                .isEqualTo(0x1_0000);
    }

    @Test
    void nvramKeepsItsBytesAcrossAReset() {
        write(0x0f, 0x5a);
        rtc.reset();
        assertThat(read(0x0f)).isEqualTo(0x5a);
    }

    @Test
    void theExtendedBankHasItsOwnIndex() {
        board.out(0x72, 0x85);
        board.out(0x73, 0x42);
        board.out(0x72, 0x80);
        board.out(0x72, 0x05);
        assertThat(board.in(0x73)).isEqualTo(0x42);
    }

    @Test
    void bit7OfTheIndexMasksNmi() {
        board.out(0x70, 0x8f);
        assertThat(rtc.nmiMasked()).isTrue();
        board.out(0x70, 0x0f);
        assertThat(rtc.nmiMasked()).isFalse();
    }

    @Property
    void datesAgreeWithJavaTime(@ForAll @LongRange(min = -1_000_000, max = 1_000_000) long day) {
        LocalDateTime date = LocalDateTime.ofEpochSecond(day * 86_400, 0, ZoneOffset.UTC);
        int packed = CivilTime.dateOf(day);
        assertThat(packed >> 16).isEqualTo(date.getYear());
        assertThat(packed >>> 8 & 0xff).isEqualTo(date.getMonthValue());
        assertThat(packed & 0xff).isEqualTo(date.getDayOfMonth());
        assertThat(CivilTime.daysOf(date.getYear(), date.getMonthValue(), date.getDayOfMonth()))
                .isEqualTo(day);
        assertThat(CivilTime.weekdayOf(day)).isEqualTo(date.getDayOfWeek().getValue() % 7 + 1);
    }

    @Test
    void restoredClockTicksOn() throws IOException {
        write(0x0a, 0x2a);
        write(0x0b, 0x42);
        board.clock.advance(10 * Board.MILLISECOND);
        byte[] state = Board.save(rtc);
        RecordingLine line = new RecordingLine();
        Rtc copy = new Rtc(board.clock, line);
        Board.restore(copy, state);
        assertThat(Board.save(copy)).isEqualTo(state);
        board.clock.advance(6 * Board.MILLISECOND);
        assertThat(line.asserted).isTrue();
    }
}
