package org.jvisor.vmm.api;

import java.util.ArrayList;
import java.util.List;

/**
 * A clock that moves only when told: timers expire, in order of deadline, on the calling thread.
 */
public final class ManualClock implements Clock {
    private final List<ManualTimer> armed = new ArrayList<>();
    private final long epochMillis;
    private long now;

    /** Makes a clock at 0 ns whose wall clock starts at the epoch. */
    public ManualClock() {
        this(0);
    }

    /**
     * Makes a clock at 0 ns.
     *
     * @param epochMillis the wall-clock time at 0 ns, in milliseconds since 1970-01-01T00:00Z
     */
    public ManualClock(long epochMillis) {
        this.epochMillis = epochMillis;
    }

    @Override
    public synchronized long nanoTime() {
        return now;
    }

    @Override
    public synchronized long epochMillis() {
        return epochMillis + now / 1_000_000;
    }

    @Override
    public Timer newTimer(Runnable action) {
        return new ManualTimer(action);
    }

    /**
     * The deadline of the next timer in nanoseconds, or {@link Long#MAX_VALUE} when none is armed.
     */
    public synchronized long nextDeadline() {
        long next = Long.MAX_VALUE;
        for (ManualTimer timer : armed) {
            next = Math.min(next, timer.deadline);
        }
        return next;
    }

    /**
     * Moves time forward, running what expires on the way.
     *
     * @param nanos how far, not negative
     */
    public void advance(long nanos) {
        if (nanos < 0) {
            throw new IllegalArgumentException("time does not run backwards: " + nanos);
        }
        long end;
        synchronized (this) {
            end = now + nanos;
        }
        while (true) {
            ManualTimer due;
            synchronized (this) {
                due = null;
                for (ManualTimer timer : armed) {
                    if (timer.deadline <= end && (due == null || timer.deadline < due.deadline)) {
                        due = timer;
                    }
                }
                if (due == null) {
                    now = end;
                    return;
                }
                armed.remove(due);
                now = Math.max(now, due.deadline);
            }
            due.action.run();
        }
    }

    private final class ManualTimer implements Timer {
        private final Runnable action;
        private long deadline;

        ManualTimer(Runnable action) {
            this.action = action;
        }

        @Override
        public void arm(long deadline) {
            synchronized (ManualClock.this) {
                armed.remove(this);
                this.deadline = deadline;
                armed.add(this);
            }
        }

        @Override
        public void disarm() {
            synchronized (ManualClock.this) {
                armed.remove(this);
            }
        }
    }
}
