package org.jvisor.cpucheck;

import java.util.Locale;

/** Figures as people read them. */
final class Units {
    private Units() {}

    static String instructions(long perSecond) {
        double rate = perSecond;
        if (perSecond >= 1_000_000_000) {
            return String.format(Locale.ROOT, "%.1f G instructions/s", rate / 1e9);
        }
        return perSecond >= 100_000_000
                ? String.format(Locale.ROOT, "%.0f M instructions/s", rate / 1e6)
                : String.format(Locale.ROOT, "%.2f M instructions/s", rate / 1e6);
    }

    static String micros(long nanos) {
        return String.format(Locale.ROOT, "%.1f us", nanos / 1e3);
    }
}
