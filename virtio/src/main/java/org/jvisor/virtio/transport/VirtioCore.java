package org.jvisor.virtio.transport;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.queue.AbsentQueue;
import org.jvisor.virtio.queue.BadRingException;
import org.jvisor.virtio.queue.RingOwner;
import org.jvisor.virtio.queue.RingQueue;
import org.jvisor.virtio.queue.Virtqueue;
import org.jvisor.vmm.api.GuestMemory;

/**
 * What is the same on every transport: the status register, the negotiation of features in the
 * order of virtio 1.2 §3.1.1, the registers of the queues, and the device's life.
 *
 * <p>Its monitor guards the registers and is held while the device quiesces for the machine, though
 * not for its driver, so the device's own threads must never wait for it: what they call ({@link
 * VirtioHost}, {@link RingOwner}) is free of locks but for the interrupt's.
 */
final class VirtioCore implements VirtioHost, RingOwner {
    private static final System.Logger LOG = System.getLogger("org.jvisor.virtio");
    private static final int STATE_VERSION = 1;

    /** How often a device is complained about: a driver can break and reset it forever. */
    private static final int MOST_COMPLAINTS = 5;

    private final VirtioDevice device;
    private final GuestMemory memory;
    private final Interrupts interrupts;

    // Registers. The status has bits that the device's threads set.
    private final AtomicInteger status = new AtomicInteger();
    private final AtomicInteger generation = new AtomicInteger();
    private final FeatureRegisters features;
    private final QueueRegisters queues;

    // What the driver's being ready makes.
    private volatile @Nullable RingQueue[] rings;
    private volatile boolean active;
    private final PendingReset reset = new PendingReset(this);
    private boolean closed;
    private volatile String failure = "";
    private final AtomicInteger complaints = new AtomicInteger();

    VirtioCore(VirtioDevice device, GuestMemory memory, Interrupts interrupts) {
        this.device = device;
        this.memory = memory;
        this.interrupts = interrupts;
        int count = device.queues();
        if (count < 0 || count > VirtioPci.MAX_QUEUES) {
            throw new IllegalArgumentException(
                    "%s has %d queues, not 0 to %d"
                            .formatted(device.name(), count, VirtioPci.MAX_QUEUES));
        }
        if ((device.features() & Features.ACCESS_PLATFORM) != 0) {
            throw new IllegalArgumentException(
                    device.name() + " offers ACCESS_PLATFORM, but there is no IOMMU");
        }
        features = new FeatureRegisters(device.features() | Features.RINGS);
        queues = new QueueRegisters(device);
        rings = new RingQueue[count];
    }

    // ---- Features

    synchronized void selectDeviceFeatures(int select) {
        features.selectDevice(select);
    }

    synchronized int deviceFeaturesSelect() {
        return features.deviceSelect();
    }

    synchronized int deviceFeatures() {
        return features.device();
    }

    synchronized void selectDriverFeatures(int select) {
        features.selectDriver(select);
    }

    synchronized int driverFeaturesSelect() {
        return features.driverSelect();
    }

    synchronized int driverFeatures() {
        return features.driver();
    }

    /** Takes a word of the driver's choice, until it is sealed by FEATURES_OK. */
    synchronized void setDriverFeatures(int value) {
        if ((status.get() & Status.FEATURES_OK) == 0) {
            features.setDriver(value);
        }
    }

    // ---- Status

    int status() {
        return status.get();
    }

    /**
     * Takes a write of the status register: 0 resets, anything else adds bits. A reset may take as
     * long as the back end does; until it is complete the status is what it was (§2.4.1), and a
     * driver that does not wait for that is not heard.
     */
    synchronized void writeStatus(int value) {
        int bits = value & 0xff & ~Status.NEEDS_RESET;
        if (value == 0) {
            beginReset();
            return;
        }
        if (reset.pending()) {
            return;
        }
        int before = status.get();
        int added = bits & ~before;
        if ((added & Status.FEATURES_OK) != 0 && !featuresAcceptable(before | bits)) {
            added &= ~Status.FEATURES_OK;
        }
        boolean start = (added & Status.DRIVER_OK) != 0;
        if (start && ((before | added) & Status.FEATURES_OK) == 0) {
            // The driver believes it drives a device whose features it never settled.
            added &= ~Status.DRIVER_OK;
            start = false;
            broken("DRIVER_OK without FEATURES_OK");
        }
        int add = added;
        status.updateAndGet(now -> now | add);
        if (start && (before & Status.NEEDS_RESET) == 0) {
            start();
        }
    }

    private boolean featuresAcceptable(int bits) {
        int first = Status.ACKNOWLEDGE | Status.DRIVER;
        return (bits & first) == first
                && features.acceptable()
                && device.accepts(features.chosen());
    }

    /** Makes the rings the driver enabled, and starts the device. */
    private void start() {
        if (openRings()) {
            active = true;
            device.activate(this);
        }
    }

    private boolean openRings() {
        @Nullable RingQueue[] made = new RingQueue[queues.count()];
        for (int i = 0; i < made.length; i++) {
            QueueState queue = queues.get(i);
            if (queue.enabled) {
                try {
                    made[i] = RingQueue.open(i, queue.addresses(), features.chosen(), memory, this);
                } catch (BadRingException e) {
                    broken("queue " + i + ": " + e.getMessage());
                    return false;
                }
            }
        }
        rings = made;
        return true;
    }

    // ---- Reset

    /** Resets the device as its driver wants, without making a vCPU wait for the back end. */
    private void beginReset() {
        if (reset.pending()) {
            return;
        }
        if (!active) {
            reset(); // nothing is under way
            return;
        }
        active = false;
        queues.disableAll();
        reset.begin(device.name() + "-reset", device::deactivate, this::forget);
    }

    /** Waits until a reset that the driver began is complete. */
    void awaitReset() {
        reset.await();
    }

    /** Resets the device; returns once nothing of it touches guest memory. */
    synchronized void reset() {
        awaitReset();
        active = false;
        device.deactivate();
        forget();
    }

    /** Has all registers be as they were at first. */
    private void forget() {
        stopRings();
        rings = new RingQueue[queues.count()];
        queues.reset();
        features.reset();
        generation.set(0);
        failure = "";
        interrupts.forget();
        status.set(0);
    }

    private void stopRings() {
        for (RingQueue ring : rings) {
            if (ring != null) {
                ring.stop();
            }
        }
    }

    /** Why the device needs a reset; empty while it does not. */
    String failure() {
        return failure;
    }

    // ---- Queues

    synchronized void selectQueue(int index) {
        queues.select(index);
    }

    synchronized int selectedQueue() {
        return queues.selected();
    }

    /** The registers of the selected queue, or null if there is no such queue. */
    @Nullable QueueState queueState() {
        return queues.current();
    }

    /** The same if they may be changed now: not once the queue is enabled. */
    @Nullable QueueState mutableQueue() {
        QueueState queue = queueState();
        return queue != null && !queue.enabled && !active && !reset.pending() ? queue : null;
    }

    synchronized void setQueueSize(int size) {
        QueueState queue = mutableQueue();
        if (queue != null && size >= 1 && size <= queue.maxSize) {
            queue.size = size;
        }
    }

    synchronized void enableQueue() {
        QueueState queue = mutableQueue();
        if (queue != null && (status.get() & Status.FEATURES_OK) != 0) {
            queue.enabled = true;
        }
    }

    /** Takes a queue from a device that may be using it; only a reset brings it back (§4.2.2.2). */
    synchronized void disableQueue() {
        QueueState queue = queueState();
        if (queue == null || !queue.enabled) {
            return;
        }
        queue.enabled = false;
        RingQueue ring = rings[queues.selected()];
        if (ring != null) {
            device.pause();
            ring.stop();
            rings[queues.selected()] = null;
            device.resume();
        }
    }

    int queues() {
        return queues.count();
    }

    /** The driver's doorbell; from any thread. */
    void doorbell(int queue) {
        if (queue >= 0 && queue < queues.count() && active) {
            device.notified(queue);
        }
    }

    // ---- Configuration space

    int generation() {
        return generation.get();
    }

    long readConfig(long offset, int size) {
        return offset < device.configSize() ? device.readConfig((int) offset, size) : 0;
    }

    void writeConfig(long offset, int size, long value) {
        if (offset < device.configSize()) {
            device.writeConfig((int) offset, size, value);
        }
    }

    // ---- For the device

    @Override
    public long features() {
        return features.chosen();
    }

    @Override
    public Virtqueue queue(int index) {
        RingQueue ring = rings[index];
        return ring != null ? ring : new AbsentQueue(index);
    }

    @Override
    public void configChanged() {
        generation.incrementAndGet();
        if ((status.get() & Status.DRIVER_OK) != 0) {
            interrupts.config();
        }
    }

    @Override
    public void needsReset(String why) {
        broken(why);
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    // ---- For the rings

    @Override
    public void interrupt(int queue) {
        interrupts.queue(queue);
    }

    @Override
    public void broken(String why) {
        int before = status.getAndUpdate(now -> now | Status.NEEDS_RESET);
        if ((before & Status.NEEDS_RESET) != 0) {
            return;
        }
        failure = why;
        stopRings();
        if (complaints.incrementAndGet() <= MOST_COMPLAINTS) {
            LOG.log(System.Logger.Level.WARNING, "{0} needs a reset: {1}", device.name(), why);
        }
        if ((before & Status.DRIVER_OK) != 0) {
            interrupts.config();
        }
    }

    // ---- The machine's side

    synchronized void pause() {
        awaitReset();
        device.pause();
    }

    synchronized void resume() {
        awaitReset();
        device.resume();
    }

    synchronized void close() {
        if (!closed) {
            closed = true;
            reset();
            device.close();
        }
    }

    synchronized void save(DataOutput out) throws IOException {
        awaitReset();
        out.writeByte(STATE_VERSION);
        out.writeInt(status.get());
        out.writeInt(generation.get());
        features.save(out);
        queues.save(out);
        out.writeBoolean(active);
        for (RingQueue ring : rings) {
            if (active && ring != null) {
                ring.save(out);
            }
        }
        device.save(out);
    }

    /** Reads back what {@link #save} wrote; the device is left paused until {@link #resume}. */
    synchronized void restore(DataInput in) throws IOException {
        reset();
        int version = in.readUnsignedByte();
        if (version != STATE_VERSION) {
            throw new IOException(
                    "the saved state of %s has version %d, but this program reads version %d: restore it with the program that saved it"
                            .formatted(device.name(), version, STATE_VERSION));
        }
        status.set(in.readInt() & 0xff);
        generation.set(in.readInt());
        features.restore(in);
        int count = queues.restore(in);
        // Until they are sealed, the driver may have written anything.
        boolean sealed = (status.get() & Status.FEATURES_OK) != 0;
        if (count != queues.count() || (sealed && !features.acceptable())) {
            throw new IOException(
                    "the saved state of %s has %d queues and features %#x where this machine has %d and %#x: give it the same devices"
                            .formatted(
                                    device.name(),
                                    count,
                                    features.chosen(),
                                    queues.count(),
                                    features.offered()));
        }
        boolean wasActive = in.readBoolean();
        if (wasActive && !openRings()) {
            throw new IOException("the saved state is damaged: " + failure);
        }
        for (RingQueue ring : rings) {
            if (ring != null) {
                ring.restore(in);
            }
        }
        if ((status.get() & Status.NEEDS_RESET) != 0) {
            stopRings();
        }
        device.restore(in);
        device.pause();
        if (wasActive) {
            active = true;
            device.activate(this);
        }
    }
}
