/**
 * How a guest finds and drives a virtio device: {@link org.jvisor.virtio.transport.VirtioPci}, a
 * PCI function (virtio 1.2 §4.1), and {@link org.jvisor.virtio.transport.VirtioMmio}, a window of
 * registers (§4.2). Both show the same state machine of status, features and queues, which makes
 * the rings when the driver is ready and takes them away when it resets the device.
 */
@NullMarked
package org.jvisor.virtio.transport;

import org.jspecify.annotations.NullMarked;
