package org.jvisor.emulator;

import org.jspecify.annotations.Nullable;

/**
 * The decoded code of one guest-physical page in one code size: blocks by the offset they start at.
 * Written to by nobody but the thread that runs the machine's CPUs.
 */
final class CodePage {
    /** Guest-physical address. */
    final long physical;

    /** {@link Cpu#MODE16} to {@link Cpu#MODE64}. */
    final int mode;

    /** Host address of its first byte. */
    final long host;

    /** Blocks by the offset of their first instruction; null where nothing is decoded. */
    final @Nullable Block[] blocks = new Block[4096];

    /** The same page in another code size. */
    @Nullable CodePage next;

    /** One bit for each 64 bytes that hold bytes of a decoded instruction. */
    long lines;

    /** It was written to: its blocks are gone. */
    boolean dead;

    CodePage(long physical, int mode, long host) {
        this.physical = physical;
        this.mode = mode;
        this.host = host;
    }

    /** Notes that bytes {@code from} to {@code to} (exclusive, cut to the page) are code. */
    void mark(int from, int to) {
        lines |= mask(from, Math.min(to, 4096));
    }

    /** The bits of {@link #lines} for bytes {@code from} to {@code to}, exclusive. */
    static long mask(int from, int to) {
        int first = from >> 6;
        int last = to - 1 >> 6;
        return -1L << first & -1L >>> 63 - last;
    }

    /** Kills all blocks; one that runs stops before its next instruction. */
    void kill() {
        dead = true;
        for (int i = 0; i < blocks.length; i++) {
            Block block = blocks[i];
            if (block != null) {
                block.stop();
                blocks[i] = null;
            }
        }
    }
}
