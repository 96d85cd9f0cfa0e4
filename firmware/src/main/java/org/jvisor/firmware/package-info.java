/**
 * What a PC's firmware does before a kernel runs. {@link org.jvisor.firmware.DirectBoot} loads a
 * kernel (bzImage, ELF by PVH or by Linux's 64-bit protocol, Multiboot 1, or a flat binary) into
 * guest memory with all it expects to find there, and gives the state the boot CPU starts in;
 * {@link org.jvisor.firmware.BiosImage} places a real BIOS instead. Whatever is wrong with the
 * user's files becomes a {@link org.jvisor.firmware.BootException} with a message for the user.
 *
 * <p>A kernel's file is data from outside: every offset and length in it is checked against the
 * file and against guest memory before it is used.
 */
@NullMarked
package org.jvisor.firmware;

import org.jspecify.annotations.NullMarked;
