package org.jvisor.benchmarks.report;

import java.util.Locale;

/** Numbers as tables and plots have them. */
public final class Numbers {
    private Numbers() {}

    /** A number with three significant digits or so; a dash where there is none. */
    public static String format(double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        String pattern =
                value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, pattern, value);
    }

    /** Nanoseconds with their unit. */
    public static String time(double nanos) {
        if (nanos >= 1e9) {
            return plain(nanos / 1e9) + " s";
        }
        if (nanos >= 1e6) {
            return plain(nanos / 1e6) + " ms";
        }
        return nanos >= 1e3 ? plain(nanos / 1e3) + " µs" : plain(nanos) + " ns";
    }

    /** Microseconds of a number of nanoseconds. */
    public static String micros(double nanos) {
        return format(nanos / 1e3);
    }

    static String plain(double value) {
        return value == Math.rint(value) && value < 1e9
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
