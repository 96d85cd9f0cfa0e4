package org.jvisor.virtio.queue;

/** What a ring tells the transport. Called on the device's threads. */
public interface RingOwner {
    /**
     * The driver is to be interrupted because of used buffers.
     *
     * @param queue the ring's index
     */
    void interrupt(int queue);

    /**
     * The driver broke the rules of the ring, which has stopped.
     *
     * @param why a sentence
     */
    void broken(String why);
}
