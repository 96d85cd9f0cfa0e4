/**
 * The memory balloon (virtio 1.2 §5.5): the guest gives pages to the host, either as many as the
 * host asks for or whichever it does not use at the moment, and tells how its memory is used.
 */
@NullMarked
package org.jvisor.virtio.balloon;

import org.jspecify.annotations.NullMarked;
