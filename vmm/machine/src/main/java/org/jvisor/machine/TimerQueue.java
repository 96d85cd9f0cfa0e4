package org.jvisor.machine;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Clock;

/** The armed timers of a clock, in the order of their deadlines. From any thread. */
final class TimerQueue {
    private final PriorityQueue<QueuedTimer> armed = new PriorityQueue<>();
    private final Runnable sooner;
    private long sequence;

    /**
     * Makes an empty queue.
     *
     * @param sooner run when a timer is armed that is now the first, on the thread that arms it
     */
    TimerQueue(Runnable sooner) {
        this.sooner = sooner;
    }

    /** Makes a timer that is not armed; the clock runs its action. */
    Clock.Timer newTimer(Runnable action) {
        return new QueuedTimer(action);
    }

    /** The first deadline, or {@link Long#MAX_VALUE} when no timer is armed. */
    synchronized long next() {
        QueuedTimer first = armed.peek();
        return first == null ? Long.MAX_VALUE : first.deadline;
    }

    /** Disarms the first timer if it is due, and gives its action; null if none is due. */
    synchronized @Nullable Runnable takeDue(long now) {
        QueuedTimer first = armed.peek();
        if (first == null || first.deadline > now) {
            return null;
        }
        armed.poll();
        first.queued = false;
        return first.action;
    }

    private synchronized boolean add(QueuedTimer timer, long deadline) {
        remove(timer);
        timer.deadline = deadline;
        timer.order = sequence++;
        timer.queued = true;
        armed.add(timer);
        return timer.equals(armed.peek());
    }

    private synchronized void remove(QueuedTimer timer) {
        if (timer.queued) {
            armed.remove(timer);
            timer.queued = false;
        }
    }

    private final class QueuedTimer implements Clock.Timer, Comparable<QueuedTimer> {
        private final Runnable action;
        private long deadline;
        private long order;
        private boolean queued;

        QueuedTimer(Runnable action) {
            this.action = action;
        }

        @Override
        public void arm(long deadline) {
            if (add(this, deadline)) {
                sooner.run();
            }
        }

        @Override
        public void disarm() {
            remove(this);
        }

        @Override
        public int compareTo(QueuedTimer other) {
            int byDeadline = Long.compare(deadline, other.deadline);
            return byDeadline != 0 ? byDeadline : Long.compare(order, other.order);
        }
    }
}
