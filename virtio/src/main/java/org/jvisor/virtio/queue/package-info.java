/**
 * Virtqueues from the device's side (virtio 1.2 §2.6 to §2.8). A {@link
 * org.jvisor.virtio.queue.Virtqueue} is a split or a packed ring in guest memory; from it a device
 * takes {@link org.jvisor.virtio.queue.Chain}s, whose buffers are ranges of host memory a back end
 * reads and writes without a copy.
 */
@NullMarked
package org.jvisor.virtio.queue;

import org.jspecify.annotations.NullMarked;
