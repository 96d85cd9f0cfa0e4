/**
 * The block device (virtio 1.2 §5.2) and what holds its blocks.
 *
 * <p>A {@link org.jvisor.virtio.block.BlockBackend} is a disk: blocking, thread-safe, and without
 * knowledge of guests. {@link org.jvisor.virtio.block.Disk} opens the ones a user names: raw files
 * and block devices, and qcow2 images ({@link org.jvisor.virtio.block.qcow2}), whose format is
 * always told and never guessed, each locked against other virtual machines. Both are kept in a
 * {@link org.jvisor.virtio.block.HostFile}, the seam at which tests cut off writes.
 */
@NullMarked
package org.jvisor.virtio.block;

import org.jspecify.annotations.NullMarked;
