package org.jvisor.virtio.transport;

/** How a transport interrupts its driver. Called from any thread; does not block. */
interface Interrupts {
    /** A queue has used buffers. */
    void queue(int queue);

    /** Configuration space or the status changed. */
    void config();
}
