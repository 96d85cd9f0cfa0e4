package org.jvisor.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;
import org.jvisor.vmm.api.Clock;

/**
 * The machine's clock on the host's monotonic time, and the thread its timers expire on. Paused
 * when made; while it is paused time stands still and no timer expires.
 */
final class MachineClock implements Clock, AutoCloseable {
    /** How long before a deadline the timer thread stops parking and spins, in nanoseconds. */
    private static final long SLACK = 2_000;

    private final Object lock = new Object();
    private final PriorityQueue<MachineTimer> armed = new PriorityQueue<>();
    private final Thread thread;
    private long sequence;

    /** Machine time is {@code System.nanoTime() - offset} while running, else {@code stoppedAt}. */
    private volatile long offset;

    private volatile long stoppedAt;
    private volatile boolean running;
    private volatile boolean closed;

    MachineClock(String machineName) {
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

    /** Lets time run on from where it stopped. */
    void resume() {
        synchronized (lock) {
            if (!running) {
                offset = System.nanoTime() - stoppedAt;
                running = true;
            }
        }
        LockSupport.unpark(thread);
    }

    /** Stops time. */
    void pause() {
        synchronized (lock) {
            if (running) {
                stoppedAt = System.nanoTime() - offset;
                running = false;
            }
        }
    }

    @Override
    public Timer newTimer(Runnable action) {
        return new MachineTimer(action);
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
        List<MachineTimer> due = new ArrayList<>();
        while (!closed) {
            long wait = Long.MAX_VALUE;
            synchronized (lock) {
                if (running) {
                    long now = nanoTime();
                    MachineTimer first;
                    while ((first = armed.peek()) != null && first.deadline <= now) {
                        armed.poll();
                        first.queued = false;
                        due.add(first);
                    }
                    if (first != null) {
                        wait = first.deadline - now;
                    }
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
            for (MachineTimer timer : due) {
                timer.action.run();
            }
            due.clear();
        }
    }

    private final class MachineTimer implements Timer, Comparable<MachineTimer> {
        private final Runnable action;
        private long deadline;
        private long order;
        private boolean queued;

        MachineTimer(Runnable action) {
            this.action = action;
        }

        @Override
        public void arm(long deadline) {
            boolean first;
            synchronized (lock) {
                if (queued) {
                    armed.remove(this);
                }
                this.deadline = deadline;
                order = sequence++;
                queued = true;
                armed.add(this);
                first = armed.peek() == this;
            }
            if (first && Thread.currentThread() != thread) {
                LockSupport.unpark(thread);
            }
        }

        @Override
        public void disarm() {
            synchronized (lock) {
                if (queued) {
                    armed.remove(this);
                    queued = false;
                }
            }
        }

        @Override
        public int compareTo(MachineTimer other) {
            int byDeadline = Long.compare(deadline, other.deadline);
            return byDeadline != 0 ? byDeadline : Long.compare(order, other.order);
        }
    }
}
