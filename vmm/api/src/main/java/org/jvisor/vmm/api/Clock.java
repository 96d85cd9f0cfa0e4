package org.jvisor.vmm.api;

/**
 * The machine's one source of time. It stands still while the machine is paused, and a test can
 * drive it.
 */
public interface Clock {
    /** Nanoseconds since the machine was made, monotonic; stops while the machine is paused. */
    long nanoTime();

    /**
     * Wall-clock time in milliseconds since 1970-01-01T00:00Z, for clocks a guest reads dates from.
     */
    long epochMillis();

    /**
     * Makes a one-shot timer that is not armed.
     *
     * @param action run once each time the timer expires, on a thread of the clock's choosing with
     *     no lock of the clock held; it must not block
     */
    Timer newTimer(Runnable action);

    /** A one-shot timer. Its methods may be called from any thread, the action included. */
    interface Timer {
        /**
         * Arms the timer, replacing an earlier deadline.
         *
         * @param deadline the {@link Clock#nanoTime} at which it expires; one already past expires
         *     at once
         */
        void arm(long deadline);

        /** Disarms the timer; an action already begun still completes. */
        void disarm();
    }
}
