package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Clock;

/**
 * A local APIC's timer (SDM 3A §11.5.4): one-shot and periodic by count, and TSC-deadline. The
 * fabric's monitor guards it.
 */
final class ApicTimer {
    static final int ONE_SHOT = 0, PERIODIC = 1, TSC_DEADLINE = 2;

    /** Periods below this many nanoseconds are stretched: no host can follow them. */
    private static final long SHORTEST_PERIOD = 50_000;

    private final Object lock;
    private final Clock clock;
    private final long tscHz;
    private final long timerHz;
    private final Runnable expired;
    private final Clock.Timer timer;

    private int mode;
    private int divideConfiguration;
    private long initialCount;

    /** When the count began at {@link #initialCount}, and when the timer next expires. */
    private long start;

    private long deadline;
    private boolean armed;
    private long tscDeadline;

    /**
     * Makes a timer that is not running.
     *
     * @param expired called with {@code lock} held each time it expires
     */
    ApicTimer(Object lock, Clock clock, long tscHz, long timerHz, Runnable expired) {
        this.lock = lock;
        this.clock = clock;
        this.tscHz = tscHz;
        this.timerHz = timerHz;
        this.expired = expired;
        this.timer = clock.newTimer(this::onClock);
    }

    void reset() {
        disarm();
        mode = ONE_SHOT;
        divideConfiguration = 0;
        initialCount = 0;
        tscDeadline = 0;
    }

    int mode() {
        return mode;
    }

    /** Follows bits 18:17 of LVT timer; a change to or from TSC-deadline disarms it. */
    void setMode(int mode) {
        if ((mode == TSC_DEADLINE) != (this.mode == TSC_DEADLINE)) {
            disarm();
            initialCount = 0;
            tscDeadline = 0;
        }
        this.mode = mode;
        if (mode == PERIODIC && initialCount != 0 && !armed) {
            armCount();
        }
    }

    int divideConfiguration() {
        return divideConfiguration;
    }

    void setDivideConfiguration(int value) {
        long current = currentCount();
        divideConfiguration = value & 0xb;
        if (armed && mode != TSC_DEADLINE) {
            start = clock.nanoTime() - countNanos(initialCount - current);
            armCount();
        }
    }

    private int divideShift() {
        return ((divideConfiguration >> 1 & 4 | divideConfiguration & 3) + 1) & 7;
    }

    private long countNanos(long counts) {
        return Ticks.toNanos(counts << divideShift(), timerHz);
    }

    long initialCount() {
        return initialCount;
    }

    /** Starts counting from {@code count}, 32 bits unsigned; 0 stops. */
    void setInitialCount(long count) {
        if (mode == TSC_DEADLINE) {
            return;
        }
        disarm();
        initialCount = count;
        if (count != 0) {
            start = clock.nanoTime();
            armCount();
        }
    }

    long currentCount() {
        if (!armed || mode == TSC_DEADLINE) {
            return 0;
        }
        long passed = Ticks.fromNanos(clock.nanoTime() - start, timerHz) >>> divideShift();
        if (mode == PERIODIC) {
            return initialCount - passed % initialCount;
        }
        return Math.max(0, initialCount - passed);
    }

    private void armCount() {
        armed = true;
        if (mode != PERIODIC) {
            deadline = start + countNanos(initialCount);
        } else {
            long now = clock.nanoTime();
            long passed = Ticks.fromNanos(now - start, timerHz) >>> divideShift();
            long next = start + countNanos((passed / initialCount + 1) * initialCount);
            if (countNanos(initialCount) < SHORTEST_PERIOD) {
                next = Math.max(next, now + SHORTEST_PERIOD);
            }
            deadline = next;
        }
        timer.arm(deadline);
    }

    long tscDeadline() {
        return mode == TSC_DEADLINE ? tscDeadline : 0;
    }

    /** Arms for {@code tsc}, counted from the clock's zero; 0 disarms. */
    void setTscDeadline(long tsc) {
        if (mode != TSC_DEADLINE) {
            return;
        }
        tscDeadline = tsc;
        if (tsc == 0) {
            disarm();
            return;
        }
        armed = true;
        deadline = Ticks.toNanos(tsc, tscHz);
        if (clock.nanoTime() >= deadline) {
            expire();
        } else {
            timer.arm(deadline);
        }
    }

    private void disarm() {
        if (armed) {
            armed = false;
            timer.disarm();
        }
    }

    private void onClock() {
        synchronized (lock) {
            // The timer may have been set anew after its action had begun.
            if (!armed) {
                return;
            }
            if (clock.nanoTime() < deadline) {
                timer.arm(deadline);
                return;
            }
            expire();
        }
    }

    private void expire() {
        if (mode == PERIODIC) {
            armCount();
        } else {
            armed = false;
            tscDeadline = 0;
        }
        expired.run();
    }

    void save(DataOutput out) throws IOException {
        long now = clock.nanoTime();
        out.writeByte(mode);
        out.writeByte(divideConfiguration);
        out.writeLong(initialCount);
        out.writeLong(armed ? now - start : 0);
        out.writeBoolean(armed);
        out.writeLong(tscDeadline == 0 ? 0 : tscDeadline - Ticks.fromNanos(now, tscHz));
    }

    void restore(DataInput in) throws IOException {
        disarm();
        long now = clock.nanoTime();
        mode = SavedState.range(in.readUnsignedByte(), ONE_SHOT, TSC_DEADLINE, "the timer's mode");
        divideConfiguration = in.readUnsignedByte() & 0xb;
        initialCount = in.readLong() & 0xffff_ffffL;
        start = now - Math.max(0, in.readLong());
        boolean running = in.readBoolean();
        long remaining = in.readLong();
        tscDeadline = 0;
        if (running && mode == TSC_DEADLINE) {
            tscDeadline = Ticks.fromNanos(now, tscHz) + remaining;
            armed = true;
            deadline = Ticks.toNanos(tscDeadline, tscHz);
            timer.arm(deadline);
        } else if (running && initialCount != 0) {
            armCount();
        }
    }
}
