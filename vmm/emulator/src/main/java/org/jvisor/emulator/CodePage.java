package org.jvisor.emulator;

import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The decoded code of one guest-physical page in one code size: blocks by the offset they start at.
 * Changed with the lock of the {@link Rendezvous} held, read without.
 */
final class CodePage {
    /** Guest-physical address. */
    final long physical;

    /** {@link Cpu#MODE16} to {@link Cpu#MODE64}. */
    final int mode;

    /** Host address of its first byte. */
    final long host;

    /** Blocks by the offset of their first instruction, in rows of 64 that are made when needed. */
    private final @Nullable Block[][] rows = new Block[64][];

    /** The same page in another code size. */
    @Nullable CodePage next;

    /** One bit for each byte that belongs to a decoded instruction. */
    private final long[] decoded = new long[64];

    /** Regions in use of its blocks; with the lock held. */
    int regions;

    /** It was written to: its blocks are gone. */
    volatile boolean dead;

    CodePage(long physical, int mode, long host) {
        this.physical = physical;
        this.mode = mode;
        this.host = host;
    }

    /** The block that starts at {@code offset}, or null. */
    @Nullable Block block(int offset) {
        Block[] row = rows[offset >> 6];
        return row == null ? null : row[offset & 63];
    }

    /** Installs a block where it starts. */
    void put(Block block) {
        int row = block.offset >> 6;
        Block[] blocks = rows[row];
        if (blocks == null) {
            blocks = new Block[64];
            VarHandle.releaseFence(); // other CPUs look without the lock
            rows[row] = blocks;
        }
        mark(block.offset, block.end);
        VarHandle.releaseFence();
        blocks[block.offset & 63] = block;
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
        for (int i = 0; i < rows.length; i++) {
            Block[] row = rows[i];
            if (row != null) {
                for (Block block : row) {
                    if (block != null) {
                        block.stop();
                    }
                }
                rows[i] = null;
            }
        }
    }
}
