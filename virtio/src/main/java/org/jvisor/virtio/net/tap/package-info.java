/**
 * A tap interface of the host as a back end: the kernel takes the guest's unfinished frames as they
 * are, and gives it such, so that checksums and segmentation cost neither side anything.
 */
@NullMarked
package org.jvisor.virtio.net.tap;

import org.jspecify.annotations.NullMarked;
