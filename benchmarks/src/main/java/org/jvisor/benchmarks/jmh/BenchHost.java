package org.jvisor.benchmarks.jmh;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.queue.RingOwner;
import org.jvisor.virtio.queue.RingQueue;
import org.jvisor.virtio.queue.Virtqueue;
import org.jvisor.vmm.api.GuestMemory;

/** What a device sees of its machine: memory and rings, and a driver that polls. */
final class BenchHost implements VirtioHost, RingOwner, AutoCloseable {
    static final int MEMORY = 16 << 20;

    /** Where the buffers are; the rings come before. */
    static final long DATA = 1 << 20;

    private final HostMemory host = HostMemory.anonymous(MEMORY, HugePages.NONE);
    private final GuestMemory memory =
            new GuestMemory(List.of(new GuestMemory.Region(0, host.segment(), false)));
    private final long features;
    private final RingDriver[] drivers;
    private final RingQueue[] rings;
    private volatile @Nullable String broken;

    /**
     * Makes it.
     *
     * @param features negotiated
     * @param size descriptors in each queue
     * @param shapes of each queue's chains
     */
    BenchHost(long features, int size, RingDriver.Shape... shapes) {
        this.features = features;
        drivers = new RingDriver[shapes.length];
        rings = new RingQueue[shapes.length];
        for (int i = 0; i < shapes.length; i++) {
            long base = (long) i * RingDriver.AREA;
            drivers[i] = RingDriver.make(host.segment(), base, size, shapes[i], features);
            rings[i] = RingQueue.open(i, drivers[i].addresses(), features, memory, this);
        }
    }

    /** A queue's driver. */
    RingDriver driver(int queue) {
        return drivers[queue];
    }

    /** Guest memory from address 0 on. */
    MemorySegment bytes() {
        return host.segment();
    }

    /** Waits until the device has used a chain of a queue. */
    void await(int queue) {
        while (!drivers[queue].collect()) {
            if (broken != null) {
                throw new IllegalStateException("the device stopped: " + broken);
            }
            Thread.onSpinWait();
        }
    }

    /** Has a burst of requests served, and waits for all of them. */
    void burst(VirtioDevice device, int queue, int requests) {
        for (int i = 0; i < requests; i++) {
            drivers[queue].submit();
        }
        device.notified(queue);
        for (int i = 0; i < requests; i++) {
            await(queue);
        }
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public Virtqueue queue(int index) {
        return rings[index];
    }

    @Override
    public void configChanged() {}

    @Override
    public void needsReset(String why) {
        broken = why;
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public void interrupt(int queue) {
        // The driver polls.
    }

    @Override
    public void broken(String why) {
        broken = why;
    }

    @Override
    public void close() {
        host.close();
    }
}
