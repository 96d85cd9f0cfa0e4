package org.jvisor.machine.device;

/** Conversions between nanoseconds and the ticks of an oscillator, exact and without overflow. */
final class Ticks {
    static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** A span that never ends: about 146 years, and still safe to add to a time. */
    static final long FOREVER = Long.MAX_VALUE / 2;

    private Ticks() {}

    /**
     * The whole ticks in a span of time.
     *
     * @param nanos 0 or more
     * @param hz 1 to 9 GHz
     */
    static long fromNanos(long nanos, long hz) {
        long seconds = nanos / NANOS_PER_SECOND;
        return seconds * hz + nanos % NANOS_PER_SECOND * hz / NANOS_PER_SECOND;
    }

    /**
     * The shortest span that holds so many ticks, so that {@link #fromNanos} of it is at least
     * {@code ticks}.
     *
     * @param ticks unsigned
     * @param hz 1 to 9 GHz
     * @return nanoseconds, at most {@link #FOREVER}
     */
    static long toNanos(long ticks, long hz) {
        long seconds = Long.divideUnsigned(ticks, hz);
        if (Long.compareUnsigned(seconds, FOREVER / NANOS_PER_SECOND) >= 0) {
            return FOREVER;
        }
        long rest = ticks - seconds * hz;
        return seconds * NANOS_PER_SECOND + (rest * NANOS_PER_SECOND + hz - 1) / hz;
    }
}
