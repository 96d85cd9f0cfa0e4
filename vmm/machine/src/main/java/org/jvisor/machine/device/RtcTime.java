package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Clock;

/**
 * The time of day of an {@link Rtc}: the clock's wall-clock time plus what the guest has set it off
 * by, or standing still while the guest sets it.
 */
final class RtcTime {
    static final int SECONDS = 0, MINUTES = 2, HOURS = 4, WEEKDAY = 6, DAY = 7, MONTH = 8, YEAR = 9;
    static final int CENTURY = 0x32;

    private final Clock clock;

    /** Guest time minus the clock's, in milliseconds. */
    private long offset;

    /** The day of the week minus that of the date. */
    private int weekdayOffset;

    private boolean stopped;
    private long stoppedMillis;

    RtcTime(Clock clock) {
        this.clock = clock;
    }

    /** Milliseconds since 1970 of the guest's time of day. */
    long millis() {
        return stopped ? stoppedMillis : clock.epochMillis() + offset;
    }

    boolean stopped() {
        return stopped;
    }

    void stop() {
        if (!stopped) {
            stoppedMillis = millis();
            stopped = true;
        }
    }

    /**
     * Goes on from where the time stands.
     *
     * @param fraction milliseconds into the second to go on from, or -1 to keep them
     */
    void go(int fraction) {
        if (stopped) {
            if (fraction >= 0) {
                stoppedMillis += fraction - Math.floorMod(stoppedMillis, 1000L);
            }
            offset = stoppedMillis - clock.epochMillis();
            stopped = false;
        }
    }

    /** The plain binary value of a time register, hours 0 to 23. */
    int get(int register) {
        long seconds = Math.floorDiv(millis(), 1000L);
        long days = Math.floorDiv(seconds, CivilTime.SECONDS_PER_DAY);
        int second = (int) Math.floorMod(seconds, (long) CivilTime.SECONDS_PER_DAY);
        return switch (register) {
            case SECONDS -> second % 60;
            case MINUTES -> second / 60 % 60;
            case HOURS -> second / 3600;
            case WEEKDAY -> Math.floorMod(CivilTime.weekdayOf(days) - 1 + weekdayOffset, 7) + 1;
            case DAY -> CivilTime.dateOf(days) & 0xff;
            case MONTH -> CivilTime.dateOf(days) >>> 8 & 0xff;
            case YEAR -> (CivilTime.dateOf(days) >> 16) % 100;
            default -> (CivilTime.dateOf(days) >> 16) / 100;
        };
    }

    /** Sets one register; a value out of its range is carried into the others. */
    void set(int register, int value) {
        long before = millis();
        long seconds = Math.floorDiv(before, 1000L);
        long days = Math.floorDiv(seconds, CivilTime.SECONDS_PER_DAY);
        long second = Math.floorMod(seconds, (long) CivilTime.SECONDS_PER_DAY);
        int date = CivilTime.dateOf(days);
        int year = date >> 16;
        int month = date >>> 8 & 0xff;
        int day = date & 0xff;
        switch (register) {
            case SECONDS -> second += value - second % 60;
            case MINUTES -> second += (value - second / 60 % 60) * 60;
            case HOURS -> second += (value - second / 3600) * 3600;
            case WEEKDAY -> {
                weekdayOffset = Math.floorMod(value - CivilTime.weekdayOf(days), 7);
                return;
            }
            case DAY -> days += value - day;
            case MONTH -> days = CivilTime.daysOf(year, value, day);
            case YEAR -> days = CivilTime.daysOf(year - year % 100 + value, month, day);
            default -> days = CivilTime.daysOf(value * 100 + year % 100, month, day);
        }
        long after =
                (days * CivilTime.SECONDS_PER_DAY + second) * 1000L + Math.floorMod(before, 1000L);
        if (stopped) {
            stoppedMillis = after;
        } else {
            offset += after - before;
        }
    }

    void save(DataOutput out) throws IOException {
        out.writeLong(offset);
        out.writeByte(weekdayOffset);
        out.writeBoolean(stopped);
        out.writeLong(stoppedMillis);
    }

    void restore(DataInput in) throws IOException {
        offset = in.readLong();
        weekdayOffset = SavedState.range(in.readByte(), 0, 6, "the RTC's day of the week");
        stopped = in.readBoolean();
        stoppedMillis = in.readLong();
    }
}
