package org.jvisor.virtio.transport;

import java.util.concurrent.TimeUnit;

/**
 * A reset that the driver began. A thread of its own waits for the device, so that no vCPU waits
 * for a back end; where the device is quick, as it mostly is, the vCPU sees the end of it at once.
 */
final class PendingReset {
    /** How long a vCPU waits for the end, in nanoseconds. */
    private static final long GRACE = TimeUnit.MILLISECONDS.toNanos(10);

    private final Object monitor;
    private volatile boolean pending;

    /** Makes it; the monitor guards what is reset. */
    PendingReset(Object monitor) {
        this.monitor = monitor;
    }

    /** Whether there is one that has not ended. */
    boolean pending() {
        return pending;
    }

    /**
     * Begins one; there must be none. With the monitor held, which is let go for a moment.
     *
     * @param thread the name of the thread that does it
     * @param quiesce waits for the device; done without the monitor
     * @param finish what is done then, with the monitor
     */
    void begin(String thread, Runnable quiesce, Runnable finish) {
        pending = true;
        Thread.ofPlatform().daemon().name(thread).start(() -> run(quiesce, finish));
        await(GRACE);
    }

    private void run(Runnable quiesce, Runnable finish) {
        try {
            quiesce.run();
        } finally {
            synchronized (monitor) {
                finish.run();
                pending = false;
                monitor.notifyAll();
            }
        }
    }

    /** Waits until there is none that has not ended. */
    void await() {
        while (pending) {
            synchronized (monitor) {
                await(GRACE);
            }
        }
    }

    private void await(long nanos) {
        long end = System.nanoTime() + nanos;
        boolean interrupted = false;
        for (long left = nanos; pending && left > 0; left = end - System.nanoTime()) {
            try {
                TimeUnit.NANOSECONDS.timedWait(monitor, left);
            } catch (InterruptedException e) {
                interrupted = true; // a vCPU is interrupted for other reasons
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
