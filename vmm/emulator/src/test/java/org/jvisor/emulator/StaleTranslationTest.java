package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.TestGuest.TABLES;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Random edits of page tables, invalidations and reads: what a read finds must be what the tables
 * say, or have said to an earlier read that no invalidation has made forgotten since (SDM 3A
 * §4.10.4). The model walks the tables naively.
 */
class StaleTranslationTest {
    private static final long DIRECTORY = 0x180000;
    private static final long FRAMES = 0x200000;
    private static final long BASE = 0x4000_0000;
    private static final long KEEP = 1L << 63;
    private static final long LARGE = 0x80, GLOBAL = 0x100;

    /** The model's size: page tables, pages in each, and what they map. */
    private static final int TABLE_COUNT = 2, PAGES = 6, FRAME_COUNT = 6, PCIDS = 10;

    /** What a page reads as when it is not there. */
    private static final int FAULT = -1;

    /** A translation that may be held, by the PCID it was made with. */
    private record Held(int pcid, int page, int frame, boolean global, boolean large) {}

    /** A page table that may be held for the second GiB's part {@code part}. */
    private record HeldTable(int pcid, int part, long table) {}

    private final Set<Held> held = new HashSet<>();
    private final Set<HeldTable> heldTables = new HashSet<>();
    private int pcid;

    @Property(tries = 100)
    void aTranslationIsNeverUsedAfterItsInvalidation(@ForAll long seed) {
        Random random = new Random(seed);
        held.clear();
        heldTables.clear();
        pcid = 0;
        try (TestGuest g = new TestGuest().long64().withHandlers()) {
            for (int frame = 0; frame < FRAME_COUNT; frame++) {
                g.memory.writeInt(FRAMES + 0x1000 * frame, frame);
            }
            g.memory.writeLong(TABLES, g.memory.readLong(TABLES) | 4);
            g.memory.writeLong(TABLES + 0x1008, DIRECTORY + 7);
            g.c.cr4 |= ControlBits.CR4_PGE;
            ControlRegisters.write(g.c, 4, g.c.cr4 | ControlBits.CR4_PCIDE);
            for (int step = 0; step < 400; step++) {
                int page = random.nextInt(TABLE_COUNT * PAGES);
                switch (random.nextInt(12)) {
                    case 0, 1 -> editEntry(g, random, page);
                    case 2 -> editDirectory(g, random, page / PAGES);
                    case 3, 4, 5 -> invalidate(g, random, page);
                    default -> read(g, page, random.nextBoolean());
                }
            }
        }
    }

    // ---- the guest ----

    private static long linear(int page) {
        return BASE + ((long) (page / PAGES) << 21) + ((long) (page % PAGES) << 12);
    }

    private static void editEntry(TestGuest g, Random random, int page) {
        long frame = FRAMES + 0x1000L * random.nextInt(FRAME_COUNT);
        long global = random.nextInt(3) == 0 ? GLOBAL : 0;
        long entry = random.nextInt(5) == 0 ? 0 : frame | 7 | global;
        g.memory.writeLong(table(page / PAGES) + 8L * (page % PAGES), entry);
    }

    private static long table(int n) {
        return DIRECTORY + 0x1000L * (1 + n);
    }

    /** Makes a directory entry one of the page tables, a large page, or nothing. */
    private static void editDirectory(TestGuest g, Random random, int part) {
        long entry =
                switch (random.nextInt(5)) {
                    case 0 -> 0;
                    case 1 -> FRAMES | LARGE | 7;
                    default -> table(random.nextInt(TABLE_COUNT)) | 7;
                };
        g.memory.writeLong(DIRECTORY + 8L * part, entry);
    }

    private void invalidate(TestGuest g, Random random, int page) {
        int other = random.nextInt(PCIDS);
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                g.c.mem.invalidatePage(linear(page));
                held.removeIf(
                        h ->
                                (h.pcid == pcid || h.global)
                                        && (h.page == page
                                                || h.large && h.page / PAGES == page / PAGES));
                heldTables.removeIf(t -> t.pcid == pcid);
            }
            case 2, 3 -> {
                boolean keep = random.nextBoolean();
                ControlRegisters.write(g.c, 3, TABLES | other | (keep ? KEEP : 0));
                pcid = other;
                if (!keep) {
                    forgetPcid(other);
                }
            }
            case 4 -> {
                g.c.mem.slow.flushPcid(other);
                forgetPcid(other);
            }
            default -> {
                if (random.nextBoolean()) {
                    g.c.mem.flushAll();
                    held.clear();
                } else {
                    g.c.mem.slow.flushNonGlobal();
                    held.removeIf(h -> !h.global);
                }
                heldTables.clear();
            }
        }
    }

    private void forgetPcid(int which) {
        held.removeIf(h -> h.pcid == which && !h.global);
        heldTables.removeIf(t -> t.pcid == which);
    }

    private void read(TestGuest g, int page, boolean user) {
        g.c.setCpl(user ? 3 : 0);
        int found;
        try {
            found = g.c.mem.read32(linear(page));
        } catch (GuestFault fault) {
            found = FAULT;
        }
        g.c.setCpl(0);
        List<Held> may = candidates(g, page);
        int frame = found;
        assertThat(may).extracting(Held::frame).contains(frame);
        may.removeIf(h -> h.frame != frame || frame == FAULT);
        held.addAll(may);
        long directory = g.memory.readLong(DIRECTORY + 8L * (page / PAGES));
        if ((directory & 1) != 0 && (directory & LARGE) == 0) {
            heldTables.add(new HeldTable(pcid, page / PAGES, directory & PageWalker.ADDRESS));
        }
    }

    // ---- the model ----

    /** What a read may find now. */
    private List<Held> candidates(TestGuest g, int page) {
        List<Held> may = new ArrayList<>();
        for (Held h : held) {
            if (h.page == page && (h.pcid == pcid || h.global)) {
                may.add(h);
            }
        }
        for (HeldTable t : heldTables) {
            if (t.pcid == pcid && t.part == page / PAGES) {
                Held h = leaf(g, page, t.table);
                if (h.frame != FAULT) { // a fault is found by the tables themselves only
                    may.add(h);
                }
            }
        }
        long directory = g.memory.readLong(DIRECTORY + 8L * (page / PAGES));
        if ((directory & 1) == 0) {
            may.add(new Held(pcid, page, FAULT, false, false));
        } else if ((directory & LARGE) != 0) {
            may.add(new Held(pcid, page, page % PAGES, false, true));
        } else {
            may.add(leaf(g, page, directory & PageWalker.ADDRESS));
        }
        return may;
    }

    private Held leaf(TestGuest g, int page, long table) {
        long entry = g.memory.readLong(table + 8L * (page % PAGES));
        if ((entry & 1) == 0) {
            return new Held(pcid, page, FAULT, false, false);
        }
        int frame = (int) ((entry & PageWalker.ADDRESS) - FRAMES >>> 12);
        return new Held(pcid, page, frame, (entry & GLOBAL) != 0, false);
    }
}
