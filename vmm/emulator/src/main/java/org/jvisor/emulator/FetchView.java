package org.jvisor.emulator;

import static org.jvisor.emulator.Mmu.GLOBAL;
import static org.jvisor.emulator.Mmu.LARGE;
import static org.jvisor.emulator.Mmu.NEVER;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One view of the TLB of instruction fetches; forgets as {@link TlbView} does. */
final class FetchView {
    /** Entries for the supervisor's code: a kernel's text and what lies near it, page by page. */
    static final int SUPERVISOR = 4096;

    /** Entries for a program's code. */
    static final int USER = 1024;

    /** The entry is on the list of those that are not global. */
    private static final int LISTED = 4;

    private static final long PAGE = ~0xfffL;

    final long[] tags;
    final @Nullable CodePage[] pages;

    /** {@link Mmu#GLOBAL}, {@link Mmu#LARGE} and {@link #LISTED}. */
    private final byte[] flags;

    private final short[] listed;
    private int listLength;

    /** One bit for every 64th GiB of which a piece of a large page may be held. */
    private long largeNear;

    private boolean empty = true;

    /**
     * An empty one.
     *
     * @param entries a power of two, at most 32768
     */
    FetchView(int entries) {
        tags = new long[entries];
        pages = new CodePage[entries];
        flags = new byte[entries];
        listed = new short[entries];
        Arrays.fill(tags, NEVER);
    }

    /** See {@link FetchTlb#generation}: 0 once a translation was forgotten that was in use. */
    int generation;

    /** Remembers a translation. */
    void fill(long linear, CodePage page, int entryFlags) {
        int i = (int) (linear >>> 12) & tags.length - 1;
        int listing = flags[i] & LISTED;
        if ((entryFlags & GLOBAL) == 0 && listing == 0) {
            listed[listLength++] = (short) i;
            listing = LISTED;
        }
        if ((entryFlags & LARGE) != 0) {
            largeNear |= 1L << (linear >>> 30);
        }
        if (tags[i] != NEVER && tags[i] != (linear & PAGE)) {
            generation = 0; // what is not here cannot be seen to be forgotten
        }
        tags[i] = linear & PAGE;
        pages[i] = page;
        flags[i] = (byte) (entryFlags | listing);
        empty = false;
    }

    /** Forgets everything. */
    void flush() {
        if (!empty) {
            Arrays.fill(tags, NEVER);
            Arrays.fill(pages, null);
            Arrays.fill(flags, (byte) 0);
            listLength = 0;
            largeNear = 0;
            empty = true;
            generation = 0;
        }
    }

    /** Forgets what is not global. */
    void flushNonGlobal() {
        for (int n = 0; n < listLength; n++) {
            int i = listed[n];
            if ((flags[i] & GLOBAL) == 0) {
                forget(i);
            }
            flags[i] &= ~LISTED;
        }
        listLength = 0;
    }

    /** Forgets the page of {@code linear}, and all pieces of a large page it may be part of. */
    void invalidate(long linear) {
        int at = (int) (linear >>> 12) & tags.length - 1;
        if (tags[at] == (linear & PAGE)) {
            forget(at);
        }
        if ((largeNear & 1L << (linear >>> 30)) == 0) {
            return;
        }
        for (int i = 0; i < tags.length; i++) {
            if ((flags[i] & LARGE) != 0 && (tags[i] ^ linear) >>> 30 == 0) {
                forget(i);
            }
        }
    }

    private void forget(int i) {
        tags[i] = NEVER;
        pages[i] = null;
        generation = 0;
    }
}
