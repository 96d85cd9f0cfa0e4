package org.jvisor.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The header by which a kernel says it wants to be booted by Multiboot (Multiboot 0.6.96 §3.1).
 * Addresses are physical and meaningful if {@link #hasAddresses}.
 *
 * @param offset where it lies in the file
 * @param flags what the kernel demands
 * @param headerAddress where the header itself is to lie
 * @param loadAddress where the text starts
 * @param loadEnd where the data ends, or 0 for the end of the file
 * @param bssEnd where the memory to be cleared ends, or 0 for none
 * @param entry the first instruction
 */
record MultibootHeader(
        int offset,
        int flags,
        long headerAddress,
        long loadAddress,
        long loadEnd,
        long bssEnd,
        long entry) {
    private static final int MAGIC = 0x1bad_b002;
    private static final int ADDRESSES = 1 << 16;

    /** Page-align modules; pass memory information; pass video information. */
    private static final int UNDERSTOOD = 0b111;

    /** The low half of the flags is what a loader must understand. */
    private static final int REQUIRED = 0xffff;

    private static final int MIN_SIZE = 12;
    private static final int ADDRESSES_END = 32;

    /** Looks for a header, aligned to 4 bytes and whole, in the first 8 KiB of a file. */
    static @Nullable MultibootHeader find(byte[] head) {
        ByteBuffer in = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + MIN_SIZE <= Math.min(head.length, BootImage.HEAD); at += 4) {
            if (in.getInt(at) != MAGIC
                    || in.getInt(at) + in.getInt(at + 4) + in.getInt(at + 8) != 0) {
                continue;
            }
            int flags = in.getInt(at + 4);
            if ((flags & ADDRESSES) == 0) {
                return new MultibootHeader(at, flags, 0, 0, 0, 0, 0);
            }
            if (at + ADDRESSES_END <= head.length) {
                return new MultibootHeader(
                        at,
                        flags,
                        unsigned(in, at + 12),
                        unsigned(in, at + 16),
                        unsigned(in, at + 20),
                        unsigned(in, at + 24),
                        unsigned(in, at + 28));
            }
        }
        return null;
    }

    /** Whether the header itself says where the image goes. */
    boolean hasAddresses() {
        return (flags & ADDRESSES) != 0;
    }

    /** Demands that this loader does not know. */
    int unknownDemands() {
        return flags & REQUIRED & ~UNDERSTOOD;
    }

    private static long unsigned(ByteBuffer in, int at) {
        return Integer.toUnsignedLong(in.getInt(at));
    }
}
