package org.jvisor.machine;

import org.jvisor.vmm.api.Clock;

/**
 * A machine's time, by which all its devices and CPUs go. Paused when made; while it is paused time
 * stands still and no timer expires.
 */
interface MachineClock extends Clock, AutoCloseable {
    /** What {@link #idleBegins} gives where nothing but a wake-up ends the wait. */
    long UNTIL_WOKEN = Long.MAX_VALUE;

    /** Lets time run on from where it stopped. */
    void resume();

    /** Stops time; no CPU runs. */
    void pause();

    /** A CPU has run; on its thread. */
    default void ran() {}

    /**
     * All CPUs of the calling thread are halted, and it is going to wait.
     *
     * @return nanoseconds of the host to wait if nothing wakes the thread earlier
     */
    default long idleBegins() {
        return UNTIL_WOKEN;
    }

    /** The wait that {@link #idleBegins} began is over. */
    default void idleEnds() {}

    @Override
    void close();
}
