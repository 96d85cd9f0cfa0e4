/**
 * What network hardware does with packets, in software: checksums ({@link
 * org.jvisor.virtio.net.packet.Checksum}) and the division of large TCP and UDP packets into those
 * that fit the network ({@link org.jvisor.virtio.net.packet.Segmenter}). Works on copies in memory
 * of the host's own, which the guest cannot change meanwhile.
 */
@NullMarked
package org.jvisor.virtio.net.packet;

import org.jspecify.annotations.NullMarked;
