/**
 * The console device (virtio 1.2 §5.3) with any number of ports: terminals, and plain channels
 * between a program in the guest and the host. A {@link org.jvisor.virtio.console.ConsolePort} is
 * the host's end of one.
 */
@NullMarked
package org.jvisor.virtio.console;

import org.jspecify.annotations.NullMarked;
