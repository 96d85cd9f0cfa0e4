package org.jvisor.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A machine's time by the host's monotonic clock, and the thread its timers expire on. */
final class HostClock implements MachineClock {
    /** How long before a deadline the timer thread stops parking and spins, in nanoseconds. */
    private static final long SLACK = 2_000;

    private final Object lock = new Object();
    private final TimerQueue timers = new TimerQueue(this::sooner);
    private final Thread thread;

    /** Machine time is {@code System.nanoTime() - offset} while running, else {@code stoppedAt}. */
    private volatile long offset;

    private volatile long stoppedAt;
    private volatile boolean running;
    private volatile boolean closed;

    HostClock(String machineName) {
        thread = Thread.ofPlatform().daemon().name(machineName + "-timer").unstarted(this::loop);
        thread.start();
    }

    @Override
    public long nanoTime() {
        return running ? System.nanoTime() - offset : stoppedAt;
    }

    @Override
    public long epochMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public void resume() {
        synchronized (lock) {
            if (!running) {
                offset = System.nanoTime() - stoppedAt;
                running = true;
            }
        }
        LockSupport.unpark(thread);
    }

    @Override
    public void pause() {
        synchronized (lock) {
            if (running) {
                stoppedAt = System.nanoTime() - offset;
                running = false;
            }
        }
    }

    @Override
    public Timer newTimer(Runnable action) {
        return timers.newTimer(action);
    }

    private void sooner() {
        if (Thread.currentThread() != thread) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            if (Thread.currentThread() != thread) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void loop() {
        List<Runnable> due = new ArrayList<>();
        while (!closed) {
            long wait = Long.MAX_VALUE;
            synchronized (lock) {
                if (running) {
                    long now = nanoTime();
                    Runnable action;
                    while ((action = timers.takeDue(now)) != null) {
                        due.add(action);
                    }
                    long next = timers.next();
                    wait = next == Long.MAX_VALUE ? next : next - now;
                }
            }
            if (due.isEmpty()) {
                if (wait == Long.MAX_VALUE) {
                    LockSupport.park(this);
                } else if (wait > SLACK) {
                    LockSupport.parkNanos(this, wait);
                } else {
                    Thread.onSpinWait();
                }
            }
            due.forEach(Runnable::run);
            due.clear();
        }
    }
}
