package org.jvisor.firmware;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What to boot.
 *
 * @param kernel the kernel's file
 * @param initrd an initial RAM disk (for Multiboot: a module), or null
 * @param commandLine passed to the kernel as it is; empty for none
 * @param protocol how to enter the kernel
 * @param unpack who unpacks a bzImage's payload
 * @param flat where a flat binary goes; not null exactly for {@link Protocol#FLAT}
 */
public record BootRequest(
        Path kernel,
        @Nullable Path initrd,
        String commandLine,
        Protocol protocol,
        Unpack unpack,
        @Nullable FlatImage flat) {
    /** How a kernel is entered. */
    public enum Protocol {
        /** As its file says: bzImage, PVH, Multiboot or a Linux vmlinux, in this order. */
        AUTO,
        /** Linux's 64-bit boot protocol; for a bzImage or an ELF64 file. */
        LINUX,
        /** The Xen PVH entry of an ELF file. */
        PVH,
        /** Multiboot 1. */
        MULTIBOOT,
        /** Not at all: the file is code to be placed at an address. */
        FLAT
    }

    /** Who unpacks a compressed kernel. */
    public enum Unpack {
        /** The host, or the guest if the host does not know the compression. */
        AUTO,
        /** The kernel's own code, inside the guest. */
        GUEST
    }

    /** Checks that the parts fit together. */
    public BootRequest {
        if (commandLine.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a command line cannot contain a zero character");
        }
        if ((protocol == Protocol.FLAT) != (flat != null)) {
            throw new IllegalArgumentException(
                    "a flat binary needs an address, and other kernels have none");
        }
    }

    /** A kernel without initrd and command line, of a kind its file tells. */
    public static BootRequest of(Path kernel) {
        return new BootRequest(kernel, null, "", Protocol.AUTO, Unpack.AUTO, null);
    }

    /** A flat binary. */
    public static BootRequest flat(Path file, FlatImage placement) {
        return new BootRequest(file, null, "", Protocol.FLAT, Unpack.AUTO, placement);
    }

    /** The same with an initrd, or without one if null. */
    public BootRequest withInitrd(@Nullable Path file) {
        return new BootRequest(kernel, file, commandLine, protocol, unpack, flat);
    }

    /** The same with another command line. */
    public BootRequest withCommandLine(String line) {
        return new BootRequest(kernel, initrd, line, protocol, unpack, flat);
    }

    /** The same, entered in another way; not {@link Protocol#FLAT}. */
    public BootRequest withProtocol(Protocol other) {
        return new BootRequest(kernel, initrd, commandLine, other, unpack, flat);
    }

    /** The same, unpacked by someone else. */
    public BootRequest withUnpack(Unpack other) {
        return new BootRequest(kernel, initrd, commandLine, protocol, other, flat);
    }
}
