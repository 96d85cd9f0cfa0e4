package org.jvisor.virtio.transport;

/** How a transport interrupts its driver. Called from any thread; does not block. */
interface Interrupts {
    /** A queue has used buffers. */
    void queue(int queue);

    /** Configuration space or the status changed. */
    void config();

    /** The device was reset: nothing is to be told any more, and no vector is known. */
    void forget();
}
