package org.jvisor.virtio;

import java.util.concurrent.locks.LockSupport;

/**
 * A device's own thread: it runs a task whenever it was woken, and can be stopped so that the task
 * is known not to run. It is made stopped; the thread starts when it is first needed.
 */
public final class Worker implements AutoCloseable {
    private final Thread thread;
    private final Runnable task;
    private volatile boolean woken;
    private volatile boolean stopped = true;
    private volatile boolean running;
    private volatile boolean closed;
    private boolean started;

    /**
     * Makes a worker.
     *
     * @param name the thread's, such as {@code "disk0-io-0"}
     * @param task looks for work and does all it finds; it returns soon once {@link #stopping}
     */
    public Worker(String name, Runnable task) {
        this.task = task;
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    /** Has the task run, once more if it runs already. From any thread; does not block. */
    public void wake() {
        if (!woken) {
            woken = true;
            LockSupport.unpark(thread);
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
        LockSupport.unpark(thread);
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
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            if (!woken || stopped) {
                LockSupport.park(this);
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
