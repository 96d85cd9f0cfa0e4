package org.jvisor.virtio.block;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.RateLimiter;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;

/**
 * One queue of a block device and the threads that work on it. One thread serves a disk that
 * answers from memory. Before a request that may wait, a flush or any on a disk found slow, a
 * thread wakes another to take the requests behind it, up to {@link #MOST_WORKERS}.
 */
final class BlockQueue {
    static final int MOST_WORKERS = 4;

    /** A disk whose requests take longer than this on average, in nanoseconds, is slow. */
    private static final long SLOW = 300_000;

    /** Used chains after which the driver is told, even if more are to come. */
    private static final int BATCH = 16;

    private final String name;
    private final int index;
    private final BlockRequests requests;
    private final BlockConfig config;
    private final @Nullable RateLimiter limiter;

    /** Guards the fields below, and nothing that takes time. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private final List<Thread> workers = new ArrayList<>();
    private int waiting;
    private int busy;
    private int wanted;
    private boolean closed;
    private boolean paused;
    private volatile boolean running;
    private volatile @Nullable VirtioHost host;

    /** Guards the queue's two sides. */
    private final ReentrantLock taking = new ReentrantLock();

    private final ReentrantLock returning = new ReentrantLock();
    private boolean notifying = true;
    private int unsignalled;

    /** A moving average of nanoseconds per request; races lose a sample at most. */
    private volatile long average;

    BlockQueue(
            String name,
            int index,
            BlockRequests requests,
            BlockConfig config,
            @Nullable RateLimiter limiter) {
        this.name = name;
        this.index = index;
        this.requests = requests;
        this.config = config;
        this.limiter = limiter;
    }

    /** Its number. */
    int index() {
        return index;
    }

    // ---- life

    /** Works on the queue of a host, once it is not paused. */
    void start(VirtioHost newHost) {
        lock.lock();
        try {
            host = newHost;
            notifying = true;
            unsignalled = 0;
            running = !paused;
            wake(false);
        } finally {
            lock.unlock();
        }
    }

    /** Goes on after {@link #pause}. */
    void resume() {
        lock.lock();
        try {
            paused = false;
            if (host != null && !closed) {
                running = true;
                wake(false);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Returns when no request is under way; none is begun before {@link #resume}. */
    void pause() {
        stop(true);
    }

    private void stop(boolean pausing) {
        lock.lock();
        try {
            paused = pausing;
            running = false;
            changed.signalAll(); // those that wait for the rate limit
            while (busy > 0) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Stops, also being paused, and forgets the host. */
    void end() {
        stop(false);
        host = null;
    }

    /** Ends the threads. May be called twice. */
    void close() {
        end();
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The driver made chains available. */
    void notified() {
        lock.lock();
        try {
            if (running) {
                wake(average > SLOW);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sees to it that a worker looks at the queue; with the lock held.
     *
     * @param now whether another is started if all are busy; else one looks when it is done
     */
    private void wake(boolean now) {
        if (wanted < waiting) {
            wanted++;
            changed.signalAll();
        } else if (workers.isEmpty() || (now && workers.size() < MOST_WORKERS)) {
            wanted++;
            String suffix = workers.isEmpty() ? "" : "-" + workers.size();
            Thread worker =
                    Thread.ofPlatform()
                            .daemon()
                            .name(name + "-io-" + index + suffix)
                            .unstarted(this::work);
            workers.add(worker);
            worker.start();
        } else {
            wanted = Math.max(1, wanted);
            changed.signalAll(); // one may have been wanted before the queue was stopped
        }
    }

    // ---- the workers

    private void work() {
        Chain chain = new Chain();
        try {
            while (await()) {
                try {
                    drain(chain);
                } finally {
                    done();
                }
            }
        } finally {
            chain.close();
        }
    }

    /** Waits for work; false when there will be none. */
    private boolean await() {
        lock.lock();
        try {
            waiting++;
            while (!closed && !(running && wanted > 0)) {
                changed.awaitUninterruptibly();
            }
            waiting--;
            if (closed) {
                return false;
            }
            wanted--;
            busy++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void done() {
        lock.lock();
        try {
            busy--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void drain(Chain chain) {
        VirtioHost current = host;
        if (current == null) {
            return;
        }
        Virtqueue queue = current.queue(index);
        while (running && take(queue, chain)) {
            String malformed = BlockRequests.malformed(chain);
            if (malformed != null) {
                current.needsReset(malformed);
                return;
            }
            int type = BlockRequests.type(chain);
            if (type == BlockRequests.VIRTIO_BLK_T_FLUSH || average > SLOW) {
                signal(queue); // what is done must not wait for what comes
                lock.lock();
                try {
                    wake(true);
                } finally {
                    lock.unlock();
                }
            }
            hold(queue, chain);
            long begin = System.nanoTime();
            boolean writeback = config.writeback() && current.has(BlockConfig.VIRTIO_BLK_F_FLUSH);
            long written = requests.serve(chain, writeback);
            long took = System.nanoTime() - begin;
            long before = average;
            average = before + (took - before) / 8;
            put(queue, chain, written);
        }
        signal(queue);
    }

    /** Takes a chain; when there is none, the driver notifies of the next. */
    private boolean take(Virtqueue queue, Chain chain) {
        taking.lock();
        try {
            while (true) {
                if (queue.take(chain)) {
                    if (notifying) {
                        notifying = false;
                        queue.disableNotifications();
                    }
                    return true;
                }
                notifying = true;
                if (!queue.enableNotifications()) {
                    return false;
                }
            }
        } finally {
            taking.unlock();
        }
    }

    private void put(Virtqueue queue, Chain chain, long written) {
        returning.lock();
        try {
            queue.put(chain, written);
            if (++unsignalled >= BATCH || average > SLOW) {
                unsignalled = 0;
                queue.signal();
            }
        } finally {
            returning.unlock();
        }
    }

    private void signal(Virtqueue queue) {
        returning.lock();
        try {
            if (unsignalled > 0) {
                unsignalled = 0;
                queue.signal();
            }
        } finally {
            returning.unlock();
        }
    }

    /** Waits as long as the rate limit says, or until the queue is stopped. */
    private void hold(Virtqueue queue, Chain chain) {
        RateLimiter limit = limiter;
        if (limit == null) {
            return;
        }
        long left = limit.take(BlockRequests.bytes(chain));
        if (left <= 0) {
            return;
        }
        signal(queue);
        long end = System.nanoTime() + left;
        lock.lock();
        try {
            while (running && left > 0) {
                changed.await(left, TimeUnit.NANOSECONDS);
                left = end - System.nanoTime();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does: go on with the request
        } finally {
            lock.unlock();
        }
    }
}
