package org.jvisor.virtio.queue;

/**
 * The device's side of a virtqueue (virtio 1.2 §2.6): it takes chains of buffers the driver made
 * available and returns them used. What a driver wrote is not trusted: a ring or a chain that
 * breaks the rules makes the device need a reset, and the queue is empty from then on.
 *
 * <p>Threads: the taking side ({@link #take}, {@link #untake}, {@link #enableNotifications}, {@link
 * #disableNotifications}) and the returning side ({@link #put}, {@link #signal}) may be used by two
 * threads at once, but each by only one at a time.
 */
public interface Virtqueue {
    /** Its number, from 0. */
    int index();

    /** Its size in descriptors as the driver chose it; 0 if the driver did not enable it. */
    int size();

    /** Whether the driver enabled it. */
    boolean enabled();

    /**
     * Takes the next chain the driver made available. Allocates nothing once {@code chain} has
     * grown to the driver's chains.
     *
     * @param chain filled in; it must not be in flight
     * @return false when there is none, or the device needs a reset
     */
    boolean take(Chain chain);

    /**
     * Gives back the chain taken last, as if it had not been taken; then the one before, and so on.
     * Not if a chain taken later is still in flight.
     *
     * @param chain the latest in flight
     */
    void untake(Chain chain);

    /**
     * Returns a chain to the driver as used, in any order, and says that the guest's memory was
     * written: the ring, and the first {@code written} bytes of the chain's writable part. The
     * driver need not hear of it before {@link #signal}.
     *
     * @param chain taken from this queue; it may be reused then
     * @param written bytes the device wrote from the start of the writable part, 0 or more
     */
    void put(Chain chain, long written);

    /** Interrupts the driver, if chains were returned since the last time and it wants to know. */
    void signal();

    /**
     * Asks the driver to notify the device of chains it makes available.
     *
     * @return true if there is a chain already, of which no notification may come: poll again
     */
    boolean enableNotifications();

    /** Tells the driver that notifications are not needed for now; some may come nevertheless. */
    void disableNotifications();
}
