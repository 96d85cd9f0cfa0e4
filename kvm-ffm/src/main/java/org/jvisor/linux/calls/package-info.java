/**
 * The C library's functions as plain static methods: not exported, used by the owners in {@link
 * org.jvisor.linux} and {@link org.jvisor.kvm}.
 *
 * <p>The layouts, descriptors and constants are jextract's; the handles are made here because the
 * generated ones do not capture {@code errno}. Every method follows the kernel's own convention: a
 * result of zero or more, or {@code -errno}. Nothing here allocates, so that an interrupt or a vCPU
 * entry costs no garbage.
 */
@NullMarked
package org.jvisor.linux.calls;

import org.jspecify.annotations.NullMarked;
