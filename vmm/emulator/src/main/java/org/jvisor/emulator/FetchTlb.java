package org.jvisor.emulator;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * From linear pages to decoded code: the TLB of instruction fetches, direct-mapped, one view for
 * each combination of privilege and code size.
 */
final class FetchTlb {
    private static final int ENTRIES = 1024;
    private static final int VIEWS = 6;
    private static final long PAGE = ~0xfffL;

    private final long[][] allTags = new long[VIEWS][];
    private final CodePage[][] allPages = new CodePage[VIEWS][];

    /** {@link Mmu#GLOBAL} and {@link Mmu#LARGE}. */
    private final byte[][] allFlags = new byte[VIEWS][];

    /** The tags of the current view, read on every change of page. */
    private long[] tags = {};

    private @Nullable CodePage[] pages = {};
    private byte[] flags = {};

    FetchTlb() {
        select(false, Cpu.MODE16);
    }

    /** Switches to the view of a privilege and code size. */
    void select(boolean user, int mode) {
        int view = (user ? 1 : 0) + 2 * mode;
        if (allTags[view] == null) {
            allTags[view] = new long[ENTRIES];
            Arrays.fill(allTags[view], Mmu.NEVER);
            allPages[view] = new CodePage[ENTRIES];
            allFlags[view] = new byte[ENTRIES];
        }
        tags = allTags[view];
        pages = allPages[view];
        flags = allFlags[view];
    }

    /** The code page that {@code linear} is known to be in, possibly a dead one; or null. */
    @Nullable CodePage find(long linear) {
        int i = (int) (linear >>> 12) & ENTRIES - 1;
        return tags[i] == (linear & PAGE) ? pages[i] : null;
    }

    /** Remembers a translation in the current view. */
    void put(long linear, CodePage page, int entryFlags) {
        int i = (int) (linear >>> 12) & ENTRIES - 1;
        tags[i] = linear & PAGE;
        pages[i] = page;
        flags[i] = (byte) entryFlags;
    }

    /** Forgets everything, or what is not global. */
    void flush(boolean globalsToo) {
        for (int v = 0; v < VIEWS; v++) {
            long[] t = allTags[v];
            if (t == null) {
                continue;
            }
            if (globalsToo) {
                Arrays.fill(t, Mmu.NEVER);
                Arrays.fill(allPages[v], null);
                continue;
            }
            byte[] f = allFlags[v];
            for (int i = 0; i < ENTRIES; i++) {
                if ((f[i] & Mmu.GLOBAL) == 0) {
                    t[i] = Mmu.NEVER;
                }
            }
        }
    }

    /** Forgets the page of {@code linear}, and pieces of large pages near it. */
    void invalidatePage(long linear) {
        for (int v = 0; v < VIEWS; v++) {
            long[] t = allTags[v];
            if (t == null) {
                continue;
            }
            byte[] f = allFlags[v];
            for (int i = 0; i < ENTRIES; i++) {
                boolean piece = (f[i] & Mmu.LARGE) != 0 && (t[i] ^ linear) >>> 30 == 0;
                if (piece || t[i] == (linear & PAGE)) {
                    t[i] = Mmu.NEVER;
                }
            }
        }
    }
}
