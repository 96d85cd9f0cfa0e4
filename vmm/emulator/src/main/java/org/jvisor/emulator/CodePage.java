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

    /** One bit for each byte that belongs to a decoded instruction. */
    private final long[] decoded = new long[64];

    /** It was written to: its blocks are gone. */
    boolean dead;

    CodePage(long physical, int mode, long host) {
        this.physical = physical;
        this.mode = mode;
        this.host = host;
    }

    /** Notes that bytes {@code from} to {@code to} (exclusive, cut to the page) are code. */
    void mark(int from, int to) {
        for (int i = from; i < Math.min(to, 4096); i++) {
            decoded[i >> 6] |= 1L << i;
        }
    }

    /** Whether any byte from {@code from} to {@code to} (exclusive, in the page) is code. */
    boolean isCode(int from, int to) {
        for (int i = from; i < to; i++) {
            if ((decoded[i >> 6] & 1L << i) != 0) {
                return true;
            }
        }
        return false;
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
