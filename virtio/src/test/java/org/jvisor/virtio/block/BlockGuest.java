package org.jvisor.virtio.block;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.queue.RingOwner;
import org.jvisor.virtio.queue.RingQueue;
import org.jvisor.virtio.queue.Virtqueue;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.vmm.api.GuestMemory;

/** A driver of a block device: it makes requests and waits for their completion. */
final class BlockGuest implements VirtioHost, RingOwner {
    private static final int SIZE = 64;

    final GuestRam ram = new GuestRam(8 << 20);
    final VirtioBlock device;
    final List<String> broken = new ArrayList<>();
    private final long features;
    private final GuestQueue[] drivers;
    private final RingQueue[] rings;
    private final Semaphore[] interrupts;
    volatile int configChanges;

    BlockGuest(VirtioBlock device, long ringFeatures) {
        this.device = device;
        features = device.features() | Features.VERSION_1 | ringFeatures;
        int count = device.queues();
        drivers = new GuestQueue[count];
        rings = new RingQueue[count];
        interrupts = new Semaphore[count];
        for (int i = 0; i < count; i++) {
            drivers[i] = GuestQueue.make(ram, SIZE, features);
            rings[i] = RingQueue.open(i, drivers[i].addresses(), features, ram.memory(), this);
            interrupts[i] = new Semaphore(0);
            drivers[i].enableInterrupts();
        }
        device.activate(this);
    }

    /** A request under way. */
    record Request(int queue, int id, long data, int dataLength, long status) {}

    /** Makes a request available without telling the device. */
    Request add(int queue, int type, long sector, int dataLength, boolean deviceWrites) {
        long header = ram.allocate(16, 16);
        ram.writeInt(header, type);
        ram.writeLong(header + 8, sector);
        long data = ram.allocate(Math.max(1, dataLength), 512);
        long status = ram.allocate(1, 1);
        ram.memory().slice(status, 1).fill((byte) 0xee);
        List<Buffer> chain = new ArrayList<>();
        chain.add(Buffer.out(header, 16));
        if (dataLength > 0) {
            chain.add(new Buffer(data, dataLength, deviceWrites));
        }
        chain.add(Buffer.in(status, 1));
        int id = drivers[queue].add(chain);
        return new Request(queue, id, data, dataLength, status);
    }

    GuestQueue driver(int queue) {
        return drivers[queue];
    }

    void kick(int queue) {
        if (drivers[queue].wantsKick()) {
            device.notified(queue);
        }
    }

    /** Waits for the next completion on a queue. */
    GuestQueue.Used await(int queue) {
        while (true) {
            GuestQueue.Used used = drivers[queue].poll();
            if (used != null) {
                return used;
            }
            if (!drivers[queue].enableInterrupts()) {
                try {
                    if (!interrupts[queue].tryAcquire(30, TimeUnit.SECONDS)) {
                        throw new AssertionError("no interrupt came: " + broken);
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    /** Whether a queue has a completion now. */
    GuestQueue.@Nullable Used poll(int queue) {
        return drivers[queue].poll();
    }

    int status(Request request) {
        return ram.memory().readByte(request.status());
    }

    /** Makes a request and waits for it; returns its status. */
    int run(int type, long sector, int dataLength, boolean deviceWrites) {
        Request request = add(0, type, sector, dataLength, deviceWrites);
        kick(0);
        await(0);
        return status(request);
    }

    int write(long sector, byte[] data) {
        Request request = add(0, 1, sector, data.length, false);
        ram.memory().write(request.data(), data);
        kick(0);
        await(0);
        return status(request);
    }

    byte[] read(long sector, int length) {
        Request request = add(0, 0, sector, length, true);
        kick(0);
        await(0);
        return ram.memory().read(request.data(), length);
    }

    // ---- the transport's part

    @Override
    public long features() {
        return features;
    }

    @Override
    public Virtqueue queue(int index) {
        return rings[index];
    }

    @Override
    public synchronized void configChanged() {
        configChanges = configChanges + 1;
    }

    @Override
    public void needsReset(String why) {
        broken(why);
    }

    @Override
    public GuestMemory memory() {
        return ram.memory();
    }

    @Override
    public void interrupt(int queue) {
        interrupts[queue].release();
    }

    @Override
    public void broken(String why) {
        synchronized (broken) {
            broken.add(why);
        }
        for (RingQueue ring : rings) {
            ring.stop();
        }
        for (Semaphore interrupt : interrupts) {
            interrupt.release();
        }
    }
}
