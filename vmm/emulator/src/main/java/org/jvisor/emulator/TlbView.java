package org.jvisor.emulator;

import static org.jvisor.emulator.Mmu.GLOBAL;
import static org.jvisor.emulator.Mmu.LARGE;
import static org.jvisor.emulator.Mmu.NEVER;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The array of one view of the software TLB and what makes its invalidation cheap: a list of the
 * entries that are not global, so that a CR3 load costs what was filled since the last one, and a
 * filter of where pieces of large pages are, so that INVLPG scans only where there may be one.
 */
final class TlbView {
    /** In an entry's fourth long: the entry is on the list of those that are not global. */
    private static final long LISTED = 4;

    /** Places of the write tags of a physical page: none, or several. */
    static final int NOWHERE = 0, ANYWHERE = -1;

    private static final long PAGE = ~0xfffL;

    /** Its number among those of {@link AddressSpaces}. */
    private final int number;

    /** Four longs an entry, as {@link Mmu} describes. */
    final long[] entries = new long[4 * Mmu.ENTRIES];

    /** {@link #entries} for host code. */
    final MemorySegment segment = MemorySegment.ofArray(entries);

    /** Indices into {@link #entries}, each at most once; some may be global by now. */
    private final int[] listed = new int[Mmu.ENTRIES];

    private int listLength;

    /** One bit for every 64th GiB of which a piece of a large page may be held. */
    private long largeNear;

    /** Nothing was filled since everything was forgotten. */
    private boolean empty = true;

    TlbView(int number) {
        this.number = number;
        Arrays.fill(entries, NEVER);
    }

    /**
     * Fills the entry of {@code page}.
     *
     * @param writeTag what writes are compared with
     * @param addend host address minus linear address
     * @param flags {@link Mmu#GLOBAL} and {@link Mmu#LARGE}
     */
    void fill(long page, long writeTag, long addend, long physicalPage, long flags) {
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
        t[i + 1] = writeTag;
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

    /**
     * The place of the write tags of a physical page after the entry of {@code a} got one.
     *
     * @param where the place before
     */
    int alsoAt(long a, int where) {
        int here = 1 + number * Mmu.ENTRIES + (Mmu.slot(a) / 4 & Mmu.ENTRIES - 1);
        return where == NOWHERE || where == here ? here : ANYWHERE;
    }

    /** The number of the view that holds a single place. */
    static int numberAt(int where) {
        return (where - 1) / Mmu.ENTRIES;
    }

    /** Whether an entry lets a physical page be written. On any CPU's thread. */
    boolean hasWriteTag(long physicalPage, int where) {
        long[] t = entries;
        int end = end(where);
        for (int i = start(where); i < end; i += 4) {
            if ((t[i + 3] & PAGE) == physicalPage && t[i + 1] != NEVER) {
                return true;
            }
        }
        return false;
    }

    /** Makes writes to a physical page miss. */
    void dropWriteTags(long physicalPage, int where) {
        long[] t = entries;
        int end = end(where);
        for (int i = start(where); i < end; i += 4) {
            if ((t[i + 3] & PAGE) == physicalPage) {
                t[i + 1] = NEVER;
            }
        }
    }

    private int start(int where) {
        return where == ANYWHERE ? 0 : (where - 1) % Mmu.ENTRIES * 4;
    }

    private int end(int where) {
        return where == ANYWHERE ? entries.length : start(where) + 4;
    }
}
