package org.jvisor.virtio.net;

/** Waiting for a back end's threads. */
public final class Threads {
    private Threads() {}

    /** Waits until a thread has ended; an interrupt meanwhile is kept for later. */
    public static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
