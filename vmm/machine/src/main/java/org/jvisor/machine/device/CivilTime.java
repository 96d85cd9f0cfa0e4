package org.jvisor.machine.device;

/** Calendar arithmetic without allocation: the Gregorian calendar over seconds since 1970. */
final class CivilTime {
    static final int SECONDS_PER_DAY = 86_400;

    private CivilTime() {}

    /** Days since 1970-01-01 of a date; a month or day out of range runs on into its neighbours. */
    static long daysOf(int year, int month, int day) {
        long months = year * 12L + month - 1;
        long y = Math.floorDiv(months, 12);
        int m = (int) Math.floorMod(months, 12L) + 1;
        // Years begin in March here, so that the leap day comes last.
        long shifted = m <= 2 ? y - 1 : y;
        long era = Math.floorDiv(shifted, 400);
        long yearOfEra = shifted - era * 400;
        long dayOfYear = (153L * (m > 2 ? m - 3 : m + 9) + 2) / 5 + day - 1;
        long dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return era * 146_097 + dayOfEra - 719_468;
    }

    /** A date of days since 1970-01-01, packed as {@code year << 16 | month << 8 | day}. */
    static int dateOf(long days) {
        long shifted = days + 719_468;
        long era = Math.floorDiv(shifted, 146_097);
        long dayOfEra = shifted - era * 146_097;
        long yearOfEra =
                (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int marchMonth = (int) ((5 * dayOfYear + 2) / 153);
        int day = (int) (dayOfYear - (153L * marchMonth + 2) / 5) + 1;
        int month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        int year = (int) (yearOfEra + era * 400) + (month <= 2 ? 1 : 0);
        return year << 16 | month << 8 | day;
    }

    /** The day of the week of days since 1970-01-01: 1 Sunday to 7 Saturday, as an RTC counts. */
    static int weekdayOf(long days) {
        return (int) Math.floorMod(days + 4, 7L) + 1;
    }
}
