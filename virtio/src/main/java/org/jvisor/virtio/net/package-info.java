/**
 * Network interfaces (virtio 1.2 §5.1): the device, and the back ends that connect it to the world.
 *
 * <p>A {@link org.jvisor.virtio.net.NetSpec} is what the user asked for, read from text such as
 * {@code user,hostfwd=tcp:127.0.0.1:2222-:22}. {@link org.jvisor.virtio.net.NetBackends} makes a
 * {@link org.jvisor.virtio.net.NetBackend} of it: user networking through libslirp, a passt
 * process, a tap interface, or nothing. A back end has one thread for each pair of queues; on it
 * the device ({@link org.jvisor.virtio.net.VirtioNet}) moves frames between the guest's memory and
 * the back end, so that neither side needs a lock or a queue in between. What a back end cannot do
 * with a frame (checksums, segmentation) the device does in software before.
 */
@NullMarked
package org.jvisor.virtio.net;

import org.jspecify.annotations.NullMarked;
