/**
 * Guests made of our own C programs: {@link org.jvisor.benchmarks.guest.GuestCompiler} compiles
 * them with the host's compiler, {@link org.jvisor.benchmarks.guest.Overlay} packs them into an
 * archive which, appended to an image's initial RAM disk, takes over from the image's init. Used by
 * the benchmarks and by the end-to-end tests.
 */
@NullMarked
package org.jvisor.benchmarks.guest;

import org.jspecify.annotations.NullMarked;
