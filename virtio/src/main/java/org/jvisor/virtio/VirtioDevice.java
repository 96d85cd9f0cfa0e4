package org.jvisor.virtio;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * A virtio device as a transport sees it: what it offers, its configuration space and what it does
 * with its queues. The transport keeps the status register, the negotiation and the rings, so that
 * a device is the same on PCI and MMIO.
 *
 * <p>Life: made, then any number of times {@link #activate} (the driver set DRIVER_OK) and {@link
 * #deactivate} (the driver reset the device, or it is removed), then {@link #close}. The transport
 * serialises these with {@link #pause}, {@link #resume}, {@link #save} and {@link #restore}; {@link
 * #notified} and the configuration accesses come from any thread at any time.
 *
 * <p>A device works on threads of its own and never blocks the caller of {@link #notified}. It
 * touches guest memory, its queues and its {@link VirtioHost} only between {@code activate} and the
 * end of {@code deactivate}, and not between the end of {@link #pause} and {@link #resume}.
 */
public interface VirtioDevice extends AutoCloseable {
    /** A short name, unique on its machine, such as {@code "disk0"}: the key of its saved state. */
    String name();

    /** The virtio device ID (virtio 1.2 §5), such as 2 for a block device. */
    int type();

    /**
     * The feature bits of the device itself: 0 to 23 and 50 to 63. The transport adds those of the
     * rings ({@link Features#RINGS}).
     */
    long features();

    /**
     * Whether the device can work with the features a driver chose. Asked when the driver sets
     * FEATURES_OK, for sets that depend on one another; the set is within what was offered.
     *
     * @param features the driver's choice
     */
    default boolean accepts(long features) {
        return true;
    }

    /** How many queues there are, 1 to 64; it does not change. */
    int queues();

    /**
     * The largest size of a queue in descriptors: a power of two, at most 32768.
     *
     * @param queue 0 to {@link #queues} - 1
     */
    int queueSize(int queue);

    /** Bytes of device-specific configuration space, 0 to 4096; it does not change. */
    int configSize();

    /**
     * Reads configuration space. Called on vCPU threads; must not block.
     *
     * @param offset bytes, not negative; may lie beyond {@link #configSize}: such bytes read as 0
     * @param size 1, 2, 4 or 8; need not match the field's width or alignment
     * @return little-endian in the low bytes
     */
    long readConfig(int offset, int size);

    /**
     * Writes configuration space; what is not writable is ignored. Called on vCPU threads; must not
     * block.
     *
     * @param offset as for {@link #readConfig}
     * @param size as for {@link #readConfig}
     * @param value little-endian in the low bytes
     */
    void writeConfig(int offset, int size, long value);

    /**
     * The driver is ready: features and queues are known. Queues may hold chains already, of which
     * no notification tells; notifications are enabled. Must not block.
     *
     * @param host valid until {@link #deactivate} returns
     */
    void activate(VirtioHost host);

    /**
     * The driver made chains available in a queue. Called on a vCPU's or the doorbell's thread, at
     * any time, even when the device is not active or is paused: must not block and hands over to
     * the device's worker.
     *
     * @param queue 0 to {@link #queues} - 1
     */
    void notified(int queue);

    /**
     * Ends what {@link #activate} began, and returns the device-specific state to that of a new
     * device. When it returns, no thread of the device touches guest memory or the queues any more:
     * requests under way are completed or dropped. The connection to the back end stays. May be
     * called on a device that is not active, and on a paused one, which is then no longer paused.
     */
    void deactivate();

    /**
     * The machine is being paused: when it returns, no request is under way and none is begun until
     * {@link #resume}. Requests taken from a queue are completed, or given back by {@link
     * org.jvisor.virtio.queue.Virtqueue#untake}. May be called twice, and when not active.
     */
    void pause();

    /** Goes on after {@link #pause}: looks at all queues, as notifications may have been missed. */
    void resume();

    /**
     * Writes the device-specific state, without rings and features. Called while paused.
     *
     * @throws IOException as {@code out} does
     */
    void save(DataOutput out) throws IOException;

    /**
     * Reads back what {@link #save} wrote. Called on a device that is not active; {@link #activate}
     * follows if it was active when saved.
     *
     * @throws IOException if the state is damaged or {@code in} fails
     */
    void restore(DataInput in) throws IOException;

    /** Deactivates the device and lets go of its back end and threads. May be called twice. */
    @Override
    void close();
}
