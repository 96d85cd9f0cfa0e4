package org.jvisor.virtio.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.RateLimiter;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.net.packet.Segmenter;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;

/**
 * A receive and a transmit queue, served on one thread of the back end. The lock, free but while
 * the device is started or stopped, keeps that thread off guest memory from then on.
 */
final class NetQueuePair {
    /** Frames the guest sends before the back end looks at what comes in. */
    private static final int BATCH = 128;

    private static final int HEADROOM = NetBackend.Sink.HEADROOM;

    private final int index;
    private final NetFilter filter;
    private final NetBackend backend;
    private final LongSupplier nanoTime;
    private final RateLimiter receiveLimit;
    private final RateLimiter transmitLimit;

    private @Nullable VirtioHost host;
    private @Nullable Virtqueue receiveQueue;
    private @Nullable Virtqueue transmitQueue;
    private boolean running;
    private boolean mergeable;
    private int sent;
    private volatile int received;
    private volatile boolean linkUp = true;

    // ---- transmit

    private final Chain chain = new Chain();
    private final NetHeader header = new NetHeader();
    private final Segmenter segmenter = new Segmenter();
    private final MemorySegment frame =
            Arena.ofAuto().allocate((long) HEADROOM + NetPort.MAX_FRAME, 8);
    private long transmitAt;

    // ---- receive: chains taken for the next frame, and the writable bytes of all of them

    private Chain[] held = {new Chain()};
    private int heldCount;
    private long heldBytes;
    private boolean starved;
    private long receiveAt;
    private final MemorySegment front = Arena.ofAuto().allocate(NetHeader.BYTES, 8);

    NetQueuePair(
            int index,
            NetFilter filter,
            NetBackend backend,
            RateLimiter receiveLimit,
            RateLimiter transmitLimit,
            LongSupplier nanoTime) {
        this.index = index;
        this.filter = filter;
        this.backend = backend;
        this.receiveLimit = receiveLimit;
        this.transmitLimit = transmitLimit;
        this.nanoTime = nanoTime;
    }

    // ---- life, on the transport's threads

    /** Begins with the host's queues, or on {@link #resume} if {@code paused}. */
    synchronized void activate(VirtioHost host, boolean paused) {
        this.host = host;
        receiveQueue = host.queue(2 * index);
        transmitQueue = host.queue(2 * index + 1);
        mergeable = host.has(NetFeatures.MRG_RXBUF);
        sent = NetFeatures.sent(host.features());
        starved = true; // notifications are enabled
        long now = nanoTime.getAsLong();
        transmitAt = now;
        receiveAt = now;
        running = !paused;
    }

    synchronized void deactivate() {
        running = false;
        heldCount = 0;
        heldBytes = 0;
        host = null;
        receiveQueue = null;
        transmitQueue = null;
    }

    /** Stops until {@link #resume}; what was taken goes back. */
    synchronized void pause() {
        running = false;
        Virtqueue queue = receiveQueue;
        while (heldCount > 0 && queue != null) {
            queue.untake(held[--heldCount]);
        }
        heldBytes = 0;
    }

    synchronized void resume() {
        running = host != null;
    }

    /** Says what the guest takes: {@link Offloads} bits. */
    void received(int offloads) {
        received = offloads;
    }

    void linkUp(boolean up) {
        linkUp = up;
    }

    // ---- guest to back end

    /** See {@link NetPort#transmit}. */
    synchronized long transmit(NetBackend.Sink sink) {
        Virtqueue queue = transmitQueue;
        if (!running || queue == null) {
            return NetPort.NEVER;
        }
        long wait = transmitAt - nanoTime.getAsLong();
        if (wait > 0) {
            return wait;
        }
        long next = 0;
        queue.disableNotifications();
        for (int i = 0; i < BATCH; i++) {
            if (!sink.ready()) {
                break;
            }
            if (!queue.take(chain)) {
                if (!queue.enableNotifications()) {
                    next = NetPort.NEVER;
                    break;
                }
                queue.disableNotifications();
                continue;
            }
            long length = chain.readable().length() - NetHeader.BYTES;
            send(length, sink);
            queue.put(chain, 0);
            long debt = transmitLimit.take(Math.max(0, length));
            if (debt > 0) {
                transmitAt = nanoTime.getAsLong() + debt;
                next = debt;
                break;
            }
        }
        queue.signal();
        return next;
    }

    /** Sends the frame in the chain, or drops one that is not what its header says. */
    private void send(long length, NetBackend.Sink sink) {
        if (length < 14 || length > NetPort.MAX_FRAME || !linkUp) {
            return;
        }
        // A copy, so that the guest cannot change what was checked.
        int start = HEADROOM - NetHeader.BYTES;
        chain.read(0, frame, start, length + NetHeader.BYTES);
        header.read(frame, start);
        header.flags &= NetHeader.NEEDS_CSUM;
        int needs = header.needs();
        boolean checksum = (needs & Offloads.CSUM) != 0;
        if ((needs & ~sent) != 0
                || (checksum && header.csumStart + header.csumOffset + 2 > length)
                || (header.gsoType != NetHeader.GSO_NONE && (header.gsoSize == 0 || !checksum))) {
            return;
        }
        segmenter.send(header, frame, HEADROOM, (int) length, backend.accepts(), sink);
    }

    // ---- back end to guest

    /** See {@link NetPort#receive}. */
    synchronized long receive(NetHeader info, MemorySegment memory, long offset, int length) {
        Virtqueue queue = receiveQueue;
        if (queue == null) {
            return NetPort.TAKEN; // no driver: nobody is there to hear it
        }
        if (!running) {
            return NetPort.NEVER;
        }
        if (length < 14
                || length > NetPort.MAX_FRAME
                || !linkUp
                || (info.needs() & ~received) != 0
                || !filter.wants(memory, offset)) {
            return NetPort.TAKEN;
        }
        long wait = receiveAt - nanoTime.getAsLong();
        if (wait > 0) {
            return wait;
        }
        int need = NetHeader.BYTES + length;
        if (!hold(queue, need)) {
            return NetPort.NEVER;
        }
        if (heldBytes < need) {
            return NetPort.TAKEN; // a single buffer too small for it
        }
        store(queue, info, memory, offset, need);
        long debt = receiveLimit.take(length);
        if (debt > 0) {
            receiveAt = nanoTime.getAsLong() + debt;
        }
        return NetPort.TAKEN;
    }

    /**
     * Takes chains until they have room, or one where frames are not divided.
     *
     * @return false if the guest has not made so many available
     */
    private boolean hold(Virtqueue queue, int need) {
        while (heldBytes < need && (mergeable || heldCount == 0)) {
            if (heldCount == held.length) {
                held = Arrays.copyOf(held, heldCount * 2);
                for (int i = heldCount; i < held.length; i++) {
                    held[i] = new Chain();
                }
            }
            if (!queue.take(held[heldCount])) {
                starved = true;
                if (!queue.enableNotifications()) {
                    return false;
                }
                continue;
            }
            if (starved) {
                starved = false;
                queue.disableNotifications();
            }
            long room = held[heldCount].writable().length();
            VirtioHost owner = host;
            if (room < NetHeader.BYTES && owner != null) {
                owner.needsReset("a receive buffer has " + room + " bytes, less than a header");
                heldCount = 0;
                heldBytes = 0;
                return false;
            }
            heldCount++;
            heldBytes += room;
        }
        return true;
    }

    private void store(
            Virtqueue queue, NetHeader info, MemorySegment memory, long offset, int need) {
        int buffers = 0;
        for (long room = 0; room < need; room += held[buffers++].writable().length()) {}
        if ((received & Offloads.CSUM) != 0) {
            info.write(front, 0, buffers);
        } else {
            int flags = info.flags;
            info.flags = 0;
            info.write(front, 0, buffers);
            info.flags = flags;
        }
        held[0].write(0, front, 0, NetHeader.BYTES);
        long at = offset;
        int left = need;
        for (int i = 0; i < buffers; i++) {
            int skip = i == 0 ? NetHeader.BYTES : 0;
            int here = (int) Math.min(left, held[i].writable().length());
            held[i].write(skip, memory, at, here - skip);
            at += here - skip;
            left -= here;
            heldBytes -= held[i].writable().length();
        }
        for (int i = 0; i < buffers; i++) {
            queue.put(held[i], Math.min(need, held[i].writable().length()));
            need -= (int) Math.min(need, held[i].writable().length());
        }
        keepRest(buffers);
    }

    /** Moves the chains after the first {@code used} to the front. */
    private void keepRest(int used) {
        for (int i = used; i < heldCount; i++) {
            Chain chain = held[i - used];
            held[i - used] = held[i];
            held[i] = chain;
        }
        heldCount -= used;
    }

    /** See {@link NetPort#received}. */
    synchronized void signalReceived() {
        Virtqueue queue = receiveQueue;
        if (running && queue != null) {
            queue.signal();
        }
    }

    void close() {
        chain.close();
        for (Chain each : held) {
            each.close();
        }
    }
}
