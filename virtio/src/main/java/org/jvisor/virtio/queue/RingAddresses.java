package org.jvisor.virtio.queue;

/**
 * Where a driver put a queue, all guest-physical (virtio 1.2 §2.6). Nothing is checked yet.
 *
 * @param size descriptors, 1 to 32768; a power of two for a split ring
 * @param descriptors the descriptor table, or the descriptor ring of a packed ring
 * @param driver the driver area: the available ring, or the driver's event suppression
 * @param device the device area: the used ring, or the device's event suppression
 */
public record RingAddresses(int size, long descriptors, long driver, long device) {}
