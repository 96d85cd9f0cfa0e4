package org.jvisor.emulator;

import org.jspecify.annotations.Nullable;
import org.jvisor.linux.CodeMemory;

/**
 * Where a machine's host code is. It fills up with the code of regions, in use and not; when it is
 * full, {@link CodeCache} forgets all code and {@link #clear} makes it empty.
 */
final class HostCode {
    /** Bytes in all; the host gives what is touched. */
    private static final int SIZE = 32 << 20;

    /** Pieces begin at multiples of this. */
    private static final int ALIGNMENT = 64;

    /** Bytes that must be left for the next region. */
    private static final int MARGIN = 256 << 10;

    private final CodeMemory memory = CodeMemory.allocate(SIZE);
    private volatile int used;

    /** How often it was emptied. */
    private volatile int era;

    /** The code of one region. */
    final class Piece {
        /** Where it is executed. */
        final long address;

        /** Bytes. */
        final int size;

        private final int madeIn = era;

        private Piece(long address, int size) {
            this.address = address;
            this.size = size;
        }

        /** Whether its code is still there. */
        boolean isThere() {
            return madeIn == era;
        }
    }

    /** Puts code somewhere; null if there is no room. On the translator's thread. */
    synchronized @Nullable Piece put(byte[] code) {
        int offset = used;
        if (offset + code.length > SIZE) {
            return null;
        }
        memory.put(offset, code);
        used = (offset + code.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return new Piece(memory.address() + offset, code.length);
    }

    /** Bytes in use. */
    int used() {
        return used;
    }

    /** Whether it should be emptied. */
    boolean isFull() {
        return used > SIZE - MARGIN;
    }

    /** Makes room; nobody may be executing what is there. */
    synchronized void clear() {
        era++;
        used = 0;
    }
}
