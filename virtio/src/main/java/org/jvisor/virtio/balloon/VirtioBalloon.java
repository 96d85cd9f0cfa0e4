package org.jvisor.virtio.balloon;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jvisor.linux.HostMemory;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.WorkerDevice;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;
import org.jvisor.vmm.api.GuestMemory;

/**
 * A memory balloon (virtio 1.2 §5.5). Pages the guest puts into it, and those it reports as free,
 * are given back to the host at once and cost nothing until the guest touches them again.
 */
public final class VirtioBalloon extends WorkerDevice {
    private static final int TYPE = 5;

    /** Features (§5.5.3). */
    static final long STATS_VQ = 1 << 1, DEFLATE_ON_OOM = 1 << 2, PAGE_REPORTING = 1 << 5;

    /** Configuration space (§5.5.4), of which the driver writes the second field. */
    private static final int NUM_PAGES = 0, ACTUAL = 4, CONFIG_SIZE = 16;

    /** Queues (§5.5.2). */
    private static final int INFLATE = 0, DEFLATE = 1, STATS = 2, REPORTING = 4, QUEUES = 5;

    private static final int QUEUE_SIZE = 128;
    private static final long PAGE = GuestMemory.PAGE_SIZE;

    /** Page frame numbers in a request at most; Linux sends 256. */
    private static final int MOST_FRAMES = 16 << 10;

    private static final int STATISTIC = 10, MOST_STATISTICS = 64;

    private final boolean deflateOnOom;
    private final PageRuns runs;
    private final Chain chain = new Chain();
    private final AtomicLong released = new AtomicLong();

    // Statistics: the chain that waits for the host to ask, and what the last one said.
    private final Chain waiting = new Chain();
    private boolean waits;
    private volatile boolean wanted;
    private Map<BalloonStatistic, Long> statistics = Map.of();

    /**
     * Makes a device that is not active.
     *
     * @param name unique on its machine, such as {@code "balloon0"}
     * @param deflateOnOom whether a guest short of memory may take pages out unasked
     */
    public VirtioBalloon(String name, boolean deflateOnOom) {
        this(name, deflateOnOom, HostMemory::release);
    }

    VirtioBalloon(String name, boolean deflateOnOom, Consumer<MemorySegment> release) {
        super(name, TYPE, CONFIG_SIZE);
        this.deflateOnOom = deflateOnOom;
        runs = new PageRuns(release);
    }

    @Override
    public long features() {
        return STATS_VQ | PAGE_REPORTING | (deflateOnOom ? DEFLATE_ON_OOM : 0);
    }

    @Override
    public int queues() {
        return QUEUES;
    }

    @Override
    public int queueSize(int queue) {
        return QUEUE_SIZE;
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        config.write(offset, size, value, ACTUAL, 4);
    }

    // ---- For the host; from any thread

    /**
     * Asks the guest to give pages until the balloon has this size, or to take some back.
     *
     * @param bytes 0 or more; whole pages count
     */
    public void setTarget(long bytes) {
        config.put(NUM_PAGES, 4, Math.clamp(bytes / PAGE, 0, 0xffff_ffffL));
        VirtioHost host = host();
        if (host != null) {
            host.configChanged();
        }
    }

    /** The size asked for, in bytes. */
    public long target() {
        return config.read(NUM_PAGES, 4) * PAGE;
    }

    /** The size of the balloon as the guest last told it, in bytes. */
    public long actual() {
        return config.read(ACTUAL, 4) * PAGE;
    }

    /** Bytes given back to the host since the device was made, some of them more than once. */
    public long released() {
        return released.get();
    }

    /** Asks the guest for new statistics, which arrive when it has time. */
    public void requestStatistics() {
        wanted = true;
        wake();
    }

    /** What the guest told last; empty if nothing. */
    public Map<BalloonStatistic, Long> statistics() {
        synchronized (waiting) {
            return statistics;
        }
    }

    // ---- Serving

    @Override
    protected void serve(VirtioHost host) {
        drain(host.queue(INFLATE), chain, request -> inflate(host.memory(), request));
        drain(host.queue(DEFLATE), chain, request -> 0);
        if (host.has(STATS_VQ)) {
            serveStatistics(host.queue(STATS));
        }
        if (host.has(PAGE_REPORTING)) {
            drain(reportingQueue(host), chain, request -> report(host.memory(), request));
        }
        released.addAndGet(runs.takeReleased());
    }

    /**
     * Linux numbers the queues without gaps for features it did not take; the specification keeps
     * the numbers.
     */
    private static Virtqueue reportingQueue(VirtioHost host) {
        if (host.queue(REPORTING).enabled()) {
            return host.queue(REPORTING);
        }
        return host.queue(host.has(STATS_VQ) ? STATS + 1 : STATS);
    }

    /** Page frame numbers of 4 KiB pages, 32 bits each. */
    private long inflate(GuestMemory memory, Chain request) {
        int count = (int) Math.min(MOST_FRAMES, request.readable().length() / 4);
        for (int i = 0; i < count; i++) {
            long frame = request.readInt(i * 4L) & 0xffff_ffffL;
            runs.add(memory, frame * PAGE, PAGE);
        }
        runs.flush(memory);
        return 0;
    }

    /** Free pages are the buffers themselves. */
    private long report(GuestMemory memory, Chain request) {
        for (int i = request.readableRanges(); i < request.ranges(); i++) {
            runs.add(memory, request.guestAddress(i), request.guestLength(i));
        }
        runs.flush(memory);
        return 0;
    }

    /** The driver's buffer comes back when new statistics are wanted (§5.5.6.3). */
    private void serveStatistics(Virtqueue queue) {
        do {
            queue.disableNotifications();
            while (!stopping() && (waits && wanted || !waits && queue.take(waiting))) {
                if (waits) {
                    wanted = false;
                    waits = false;
                    queue.put(waiting, 0);
                } else {
                    waits = true;
                    parse(waiting);
                }
            }
            queue.signal();
        } while (queue.enableNotifications() && !stopping() && !waits);
    }

    private void parse(Chain buffer) {
        Map<BalloonStatistic, Long> values = new EnumMap<>(BalloonStatistic.class);
        BalloonStatistic[] known = BalloonStatistic.values();
        int count = (int) Math.min(MOST_STATISTICS, buffer.readable().length() / STATISTIC);
        for (int i = 0; i < count; i++) {
            int tag = buffer.readShort((long) i * STATISTIC);
            if (tag < known.length) {
                values.put(known[tag], buffer.readLong((long) i * STATISTIC + 2));
            }
        }
        if (!values.isEmpty()) {
            synchronized (waiting) {
                statistics = Map.copyOf(values);
            }
        }
    }

    // ---- Life

    @Override
    protected void paused() {
        VirtioHost host = host();
        if (waits && host != null) {
            host.queue(STATS).untake(waiting);
        }
        waits = false;
    }

    @Override
    protected void deactivated() {
        waits = false;
        wanted = false;
        config.put(ACTUAL, 4, 0);
        synchronized (waiting) {
            statistics = Map.of();
        }
    }

    @Override
    public void save(DataOutput out) throws IOException {
        super.save(out);
        out.writeBoolean(wanted);
    }

    @Override
    public void restore(DataInput in) throws IOException {
        super.restore(in);
        wanted = in.readBoolean();
    }

    @Override
    public void close() {
        super.close();
        chain.close();
        waiting.close();
    }
}
