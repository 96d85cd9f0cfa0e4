/**
 * Virtio devices (virtio 1.2): what a device is to a transport, and the state machine every device
 * shares. A transport shows the guest a device's registers; the device finds requests in its
 * virtqueues and hands them to a back end.
 */
@NullMarked
package org.jvisor.virtio;

import org.jspecify.annotations.NullMarked;
