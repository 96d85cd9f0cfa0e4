package org.jvisor.emulator;

import java.util.function.LongSupplier;

/**
 * Has HotSpot compile a region by running it, and finds out whether it did. It may give up, and
 * nothing tells but the time that a run takes: such a region must not be used.
 */
final class CompileCheck {
    /** Runs that make HotSpot compile a method, with the thresholds of the launcher's options. */
    static final int WARM_UP = 36;

    /** One more would make HotSpot believe in the profile. */
    static final int RUNS = 40;

    /** What compiling takes at least, in nanoseconds; a run that goes nowhere takes far less. */
    static final long COMPILATION = 400_000;

    private CompileCheck() {}

    /**
     * Runs it until it must be compiled.
     *
     * @param run runs it once and tells the nanoseconds that took
     * @return whether it is compiled
     */
    static boolean compiled(LongSupplier run) {
        long interpreted = Long.MAX_VALUE;
        for (int i = 0; i < WARM_UP; i++) {
            long time = run.getAsLong();
            interpreted = Math.min(interpreted, time);
            if (time > COMPILATION && i > 0) {
                break;
            }
        }
        long now = Long.MAX_VALUE;
        for (int i = WARM_UP; i < RUNS; i++) {
            now = Math.min(now, run.getAsLong());
        }
        return now < interpreted / 2;
    }
}
