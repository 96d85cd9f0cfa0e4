package org.jvisor.virtio;

import java.util.concurrent.locks.LockSupport;

/**
 * A device's own thread: it runs a task whenever it was woken, and can be stopped so that the task
 * is known not to run. It is made stopped; the thread starts when it is first needed.
 */
public final class Worker implements AutoCloseable {
    private final Thread thread;
    private final Runnable task;
    private final Idle idle;
    private volatile boolean woken;
    private volatile boolean stopped = true;
    private volatile boolean running;
    private volatile boolean closed;
    private boolean started;

    /** What the worker's thread does when nothing woke it: for those that wait for a selector. */
    public interface Idle {
        /**
         * Waits until {@link #wake}, or until there is something to do; may return early.
         *
         * @return whether the task has to run though nobody woke the worker
         */
        boolean await();

        /** Ends an {@link #await} under way, or else the next one. */
        void wake();
    }

    /**
     * Makes a worker that parks when it is idle.
     *
     * @param name the thread's, such as {@code "disk0-io-0"}
     * @param task looks for work and does all it finds; it returns soon once {@link #stopping}
     */
    public Worker(String name, Runnable task) {
        this(name, task, PARK);
    }

    /**
     * Makes a worker that waits in its own way when it is idle.
     *
     * @param name the thread's
     * @param task as above
     * @param idle called by the worker's thread only, but for its {@code wake}
     */
    public Worker(String name, Runnable task, Idle idle) {
        this.task = task;
        this.idle = idle;
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    private static final Idle PARK =
            new Idle() {
                @Override
                public boolean await() {
                    LockSupport.park();
                    return false;
                }

                @Override
                public void wake() {
                    // The worker unparks its thread itself.
                }
            };

    private void unpark() {
        LockSupport.unpark(thread);
        idle.wake();
    }

    /** Has the task run, once more if it runs already. From any thread; does not block. */
    public void wake() {
        if (!woken) {
            woken = true;
            unpark();
        }
    }

    /** Whether the task should return, as somebody waits for it. */
    public boolean stopping() {
        return stopped;
    }

    /** Lets the task run from now on, and runs it once. */
    public synchronized void go() {
        if (closed) {
            return;
        }
        if (!started) {
            started = true;
            thread.start();
        }
        stopped = false;
        woken = true;
        unpark();
    }

    /**
     * Waits until the task does not run, and keeps it from running until {@link #go}. Called by the
     * task itself, only the latter.
     */
    public synchronized void stop() {
        stopped = true;
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        while (running) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true; // the caller relies on the task's being at rest
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops it for good. May be called twice. */
    @Override
    public void close() {
        stop();
        closed = true;
        unpark();
    }

    private void run() {
        while (!closed) {
            if (stopped) {
                LockSupport.park(this);
                continue;
            }
            if (!woken && !idle.await()) {
                continue;
            }
            running = true;
            // stop() sets its flag before it looks at ours: one of the two sees the other.
            if (!stopped) {
                woken = false;
                task.run();
            }
            running = false;
            if (stopped) {
                synchronized (this) {
                    notifyAll();
                }
            }
        }
    }
}
