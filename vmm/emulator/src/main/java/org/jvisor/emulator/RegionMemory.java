package org.jvisor.emulator;

/**
 * The memory accesses of translated code that go on when the TLB misses ({@link
 * RegionPlan.Access}), and what it looks at when it branches. To be inlined; only the {@code slow}
 * ones stay calls. Writes tell whether the region must be left because decoded code was written to.
 */
final class RegionMemory {
    private static final long PAGE = ~0xfffL;

    private RegionMemory() {}

    // ---- reads ----

    static int read8(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[i & m] == (a & PAGE)) {
            return Ordered.load8(a + t[(i | 2) & m]);
        }
        return (int) slowRead(c, a, 1);
    }

    static int read16(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[i & m] == (a + 1 & PAGE)) {
            return Ordered.load16(a + t[(i | 2) & m]);
        }
        return (int) slowRead(c, a, 2);
    }

    static int read32(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[i & m] == (a + 3 & PAGE)) {
            return Ordered.load32(a + t[(i | 2) & m]);
        }
        return (int) slowRead(c, a, 4);
    }

    static long read64(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[i & m] == (a + 7 & PAGE)) {
            return Ordered.load64(a + t[(i | 2) & m]);
        }
        return slowRead(c, a, 8);
    }

    static long slowRead(Cpu c, long a, int size) {
        return c.mem.slow.read(a, size, c.mem.view);
    }

    // ---- reads of what is going to be written ----

    static int readRmw8(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a & PAGE)) {
            return Ordered.load8(a + t[(i | 2) & m]);
        }
        return (int) slowReadRmw(c, a, 1);
    }

    static int readRmw16(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a + 1 & PAGE)) {
            return Ordered.load16(a + t[(i | 2) & m]);
        }
        return (int) slowReadRmw(c, a, 2);
    }

    static int readRmw32(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a + 3 & PAGE)) {
            return Ordered.load32(a + t[(i | 2) & m]);
        }
        return (int) slowReadRmw(c, a, 4);
    }

    static long readRmw64(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a + 7 & PAGE)) {
            return Ordered.load64(a + t[(i | 2) & m]);
        }
        return slowReadRmw(c, a, 8);
    }

    static long slowReadRmw(Cpu c, long a, int size) {
        return c.mem.slow.readRmw(a, size, c.mem.view);
    }

    // ---- writes ----

    static boolean write8(Cpu c, long[] t, long a, int value) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a & PAGE)) {
            Ordered.store8(a + t[(i | 2) & m], value);
            return false;
        }
        return slowWrite(c, a, 1, value);
    }

    static boolean write16(Cpu c, long[] t, long a, int value) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a + 1 & PAGE)) {
            Ordered.store16(a + t[(i | 2) & m], value);
            return false;
        }
        return slowWrite(c, a, 2, value);
    }

    static boolean write32(Cpu c, long[] t, long a, int value) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a + 3 & PAGE)) {
            Ordered.store32(a + t[(i | 2) & m], value);
            return false;
        }
        return slowWrite(c, a, 4, value);
    }

    static boolean write64(Cpu c, long[] t, long a, long value) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a + 7 & PAGE)) {
            Ordered.store64(a + t[(i | 2) & m], value);
            return false;
        }
        return slowWrite(c, a, 8, value);
    }

    static boolean slowWrite(Cpu c, long a, int size, long value) {
        c.mem.slow.write(a, size, value, c.mem.view);
        return c.codeDropped;
    }

    // ---- control ----

    /** Whether the region must be left at a backward branch. */
    static boolean poll(Cpu c, int count) {
        return c.pending() != 0 || count >= c.quota;
    }

    /** Whether the page of a region's block is found at a linear address. */
    static boolean fetches(Cpu c, Region region, int block, long linear) {
        CodePage page = region.plan.blocks[block].page;
        return c.mem.slow.fetches.find(linear) == page && !page.dead;
    }

    /** Checks an address to go to. */
    static long canonical(Cpu c, long target) {
        if (target << 16 >> 16 != target) {
            throw c.gp();
        }
        return target;
    }
}
