package org.jvisor.virtio;

import org.jvisor.virtio.queue.Virtqueue;
import org.jvisor.vmm.api.GuestMemory;

/**
 * What an active device may ask of its transport. Any thread may call it, until {@link
 * VirtioDevice#deactivate} has returned; later calls do nothing.
 */
public interface VirtioHost {
    /** The negotiated features, those of the rings included. */
    long features();

    /** Whether a feature was negotiated: one of the masks in {@link Features} or a device's own. */
    default boolean has(long feature) {
        return (features() & feature) == feature;
    }

    /**
     * A queue. One the driver did not enable is there too: it never has a chain.
     *
     * @param index 0 to {@link VirtioDevice#queues} - 1
     */
    Virtqueue queue(int index);

    /**
     * Configuration space changed: the configuration generation moves on and the driver gets a
     * configuration change interrupt.
     */
    void configChanged();

    /**
     * The driver broke the rules and the device cannot go on: sets DEVICE_NEEDS_RESET and tells the
     * driver (virtio 1.2 §2.1.2). From then on no queue has a chain.
     *
     * @param why for the log, a short clause such as {@code "descriptor 7 is outside the table"}
     */
    void needsReset(String why);

    /** The machine's memory. */
    GuestMemory memory();
}
