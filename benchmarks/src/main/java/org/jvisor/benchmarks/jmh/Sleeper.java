package org.jvisor.benchmarks.jmh;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A vCPU on a thread of its own, with the thread that wakes it up measured: how long from the call
 * that wakes it until its thread has come back from the guest.
 */
final class Sleeper {
    /** How long a vCPU is given to be inside the guest again before the next wake-up. */
    static final long SETTLE_NANOS = 100_000;

    private final Runnable wake;
    private final Runnable kick;
    private final BooleanSupplier run;
    private final Thread thread;
    private final AtomicLong seen = new AtomicLong();
    private volatile boolean ending;
    private volatile @Nullable Throwable failure;

    /**
     * Starts the vCPU.
     *
     * @param run runs it until it comes back; whether it was woken then
     * @param wake wakes it
     * @param kick ends a run at any time
     */
    Sleeper(BooleanSupplier run, Runnable wake, Runnable kick) {
        this.run = run;
        this.wake = wake;
        this.kick = kick;
        thread = Thread.ofPlatform().name("vcpu-0").daemon().start(this::work);
    }

    private void work() {
        try {
            while (!ending) {
                if (run.getAsBoolean()) {
                    // The only writer; a plain store, as in the C program.
                    seen.setRelease(seen.getPlain() + 1);
                }
            }
        } catch (RuntimeException | Error e) {
            failure = e;
        }
    }

    /** Gives it time to be asleep. */
    void settle() {
        long until = System.nanoTime() + SETTLE_NANOS;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
    }

    /** Wakes it and waits until it is back. */
    long wakeAndWait() {
        long before = seen.get();
        wake.run();
        while (seen.get() == before) {
            if (failure != null) {
                throw new IllegalStateException("the vCPU's thread ended", failure);
            }
            Thread.onSpinWait();
        }
        return before;
    }

    /** Ends its thread. */
    void end() throws InterruptedException {
        ending = true;
        while (thread.isAlive()) {
            kick.run();
            thread.join(1);
        }
    }
}
