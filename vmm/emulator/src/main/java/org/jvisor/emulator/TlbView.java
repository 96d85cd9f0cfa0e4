package org.jvisor.emulator;

import static org.jvisor.emulator.Mmu.GLOBAL;
import static org.jvisor.emulator.Mmu.LARGE;
import static org.jvisor.emulator.Mmu.NEVER;

import java.util.Arrays;

/**
 * The array of one view of the software TLB and what makes its invalidation cheap: a list of the
 * entries that are not global, so that a CR3 load costs what was filled since the last one, and a
 * filter of where pieces of large pages are, so that INVLPG scans only where there may be one.
 */
final class TlbView {
    /** In an entry's fourth long: the entry is on the list of those that are not global. */
    private static final long LISTED = 4;

    private static final long PAGE = ~0xfffL;

    /** Four longs an entry, as {@link Mmu} describes. */
    final long[] entries = new long[4 * Mmu.ENTRIES];

    /** Indices into {@link #entries}, each at most once; some may be global by now. */
    private final int[] listed = new int[Mmu.ENTRIES];

    private int listLength;

    /** One bit for every 64th GiB of which a piece of a large page may be held. */
    private long largeNear;

    /** Nothing was filled since everything was forgotten. */
    private boolean empty = true;

    TlbView() {
        Arrays.fill(entries, NEVER);
    }

    /**
     * Fills the entry of {@code page}.
     *
     * @param addend host address minus linear address
     * @param flags {@link Mmu#GLOBAL} and {@link Mmu#LARGE}
     */
    void fill(long page, boolean writable, long addend, long physicalPage, long flags) {
        long[] t = entries;
        int i = Mmu.slot(page) & t.length - 1;
        long listing = t[i + 3] & LISTED;
        if ((flags & GLOBAL) == 0 && listing == 0) {
            listed[listLength++] = i;
            listing = LISTED;
        }
        if ((flags & LARGE) != 0) {
            largeNear |= 1L << (page >>> 30);
        }
        t[i] = page;
        t[i + 1] = writable ? page : NEVER;
        t[i + 2] = addend;
        t[i + 3] = physicalPage | flags | listing;
        empty = false;
    }

    /** Forgets everything. */
    void flush() {
        if (!empty) {
            Arrays.fill(entries, NEVER);
            listLength = 0;
            largeNear = 0;
            empty = true;
        }
    }

    /** Forgets what is not global. */
    void flushNonGlobal() {
        long[] t = entries;
        for (int n = 0; n < listLength; n++) {
            int i = listed[n];
            if ((t[i + 3] & GLOBAL) == 0) {
                t[i] = NEVER;
                t[i + 1] = NEVER;
            }
            t[i + 3] &= ~LISTED;
        }
        listLength = 0;
    }

    /** Forgets the page of {@code a}, and all pieces of a large page that it may be part of. */
    void invalidate(long a) {
        long[] t = entries;
        int at = Mmu.slot(a) & t.length - 1;
        if (t[at] == (a & PAGE)) {
            t[at] = NEVER;
            t[at + 1] = NEVER;
        }
        if ((largeNear & 1L << (a >>> 30)) == 0) {
            return;
        }
        for (int i = 0; i < t.length; i += 4) {
            // large pages are at most 1 GiB; dropping more than asked for is allowed
            if ((t[i + 3] & LARGE) != 0 && (t[i] ^ a) >>> 30 == 0) {
                t[i] = NEVER;
                t[i + 1] = NEVER;
            }
        }
    }

    /** Makes writes to the page of {@code a} miss. */
    void dropWriteTag(long a) {
        entries[(Mmu.slot(a) | 1) & entries.length - 1] = NEVER;
    }

    /** Whether some entry lets a physical page be written. On any CPU's thread. */
    boolean hasWriteTag(long physicalPage) {
        long[] t = entries;
        for (int i = 0; i < t.length; i += 4) {
            if ((t[i + 3] & PAGE) == physicalPage && t[i + 1] != NEVER) {
                return true;
            }
        }
        return false;
    }

    /** Makes writes to a physical page miss. */
    void dropWriteTags(long physicalPage) {
        if (empty) {
            return;
        }
        long[] t = entries;
        for (int i = 0; i < t.length; i += 4) {
            if ((t[i + 3] & PAGE) == physicalPage) {
                t[i + 1] = NEVER;
            }
        }
    }
}
