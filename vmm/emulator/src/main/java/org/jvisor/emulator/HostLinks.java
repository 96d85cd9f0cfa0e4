package org.jvisor.emulator;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Where host code goes on when it leaves a region, without Java: the regions that one CPU entered
 * lately, by RIP and by the {@linkplain FetchTlb#generation generation} of the translations that
 * led there. A generation is never used again once they have changed.
 */
final class HostLinks {
    /** Entries; a power of two. */
    static final int ENTRIES = 4096;

    /** Bytes of an entry: its key, where the region loads registers, and where it goes on. */
    static final int ENTRY = 32, CODE = 8, TARGET = 16;

    /** A generation lies above the 48 bits of an address. */
    static final int SHIFT = 49;

    /** Part of a generation: its regions may use XMM registers. */
    static final long ALL_READY = 1L << 48;

    /** The generation that no entry has. */
    static final long NONE = 0;

    /** A key that no address has in any generation. */
    private static final long NO_KEY = ALL_READY;

    /** Made when host code is first run. */
    private @Nullable MemorySegment table;

    /** The regions, so that their code stays. */
    private final @Nullable HostRegion[] regions = new HostRegion[ENTRIES];

    /** The table's address. */
    long address() {
        return table().address();
    }

    private MemorySegment table() {
        MemorySegment made = table;
        if (made == null) {
            made = Arena.ofAuto().allocate((long) ENTRY * ENTRIES, ENTRY);
            table = made;
            clear();
        }
        return made;
    }

    /** Forgets everything. */
    void clear() {
        MemorySegment entries = table;
        if (entries == null) {
            return;
        }
        for (long at = 0; at < entries.byteSize(); at += ENTRY) {
            entries.set(ValueLayout.JAVA_LONG, at, NO_KEY);
        }
    }

    /** The region of an entry that was gone to. */
    @Nullable HostRegion region(int entry) {
        return regions[entry];
    }

    /**
     * Has host code find a region.
     *
     * @param generation of its translations, in place
     * @param code where it loads registers
     * @param target where it goes then
     */
    void add(long rip, long generation, HostRegion region, long code, long target) {
        int entry = (int) (rip ^ rip >>> 12) & ENTRIES - 1;
        long at = (long) entry * ENTRY;
        regions[entry] = region;
        MemorySegment entries = table();
        entries.set(ValueLayout.JAVA_LONG, at, rip ^ generation);
        entries.set(ValueLayout.JAVA_LONG, at + CODE, code);
        entries.set(ValueLayout.JAVA_LONG, at + TARGET, target);
    }
}
