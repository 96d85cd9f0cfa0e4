/** The entropy device (virtio 1.2 §5.4): random bytes from the host for the guest's pool. */
@NullMarked
package org.jvisor.virtio.entropy;

import org.jspecify.annotations.NullMarked;
