/**
 * QEMU's copy-on-write image format, versions 2 and 3 (docs/interop/qcow2.txt in QEMU's source).
 *
 * <p>An image maps each cluster of the disk through two levels of tables to a cluster of the file,
 * and counts the references to every cluster of the file. {@link
 * org.jvisor.virtio.block.qcow2.Qcow2Image} moves data; its metadata live in memory between
 * flushes, and a flush writes them in an order in which what is on the medium is consistent after
 * every single write:
 *
 * <ol>
 *   <li>reference counts that grew, and data, before anything refers to them;
 *   <li>tables that nothing refers to yet;
 *   <li>the entries that refer to new clusters or let go of old ones;
 *   <li>reference counts that shrank; only then is a cluster used again.
 * </ol>
 *
 * Between the steps it waits for the medium. So a crash loses at most what was not flushed, and
 * leaves at most clusters that are counted and not used.
 *
 * <p>Everything in an image is taken for hostile: each number is checked before it is used, and
 * what contradicts itself is a {@link org.jvisor.virtio.block.BlockException} of kind CORRUPT.
 */
@NullMarked
package org.jvisor.virtio.block.qcow2;

import org.jspecify.annotations.NullMarked;
