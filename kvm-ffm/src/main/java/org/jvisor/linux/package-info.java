/**
 * The Linux that a virtual machine monitor needs and the JDK does not offer: memory mapped the way
 * a guest wants it ({@link org.jvisor.linux.HostMemory}), event file descriptors, waiting for
 * several descriptors at once, terminals in raw mode and pseudo-terminals, and pages of native
 * code.
 *
 * <p>Each type owns what it opens; {@code close} releases it once, however often it is called, and
 * a use after that is an {@link java.lang.IllegalStateException}, never an access to someone else's
 * descriptor or memory. A call that the kernel refuses throws {@link
 * org.jvisor.linux.LinuxException}, which names the call and the error.
 */
@NullMarked
package org.jvisor.linux;

import org.jspecify.annotations.NullMarked;
