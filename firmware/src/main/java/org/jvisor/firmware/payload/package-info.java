/**
 * Unpacking of the compressed kernels inside bzImages: {@link
 * org.jvisor.firmware.payload.Compression} recognises a format by its first bytes and streams the
 * unpacked bytes into a sink, so that a kernel never exists twice in memory.
 *
 * <p>gzip comes from the JDK, xz and lzma from XZ for Java, bzip2 from Commons Compress. LZ4 and
 * Zstandard are decoded here: kernels are packed with a 128 MiB Zstandard window, which the Java
 * decoders at hand refuse, and those decoders rely on {@code sun.misc.Unsafe}.
 */
@NullMarked
package org.jvisor.firmware.payload;

import org.jspecify.annotations.NullMarked;
