package org.jvisor.emulator;

/**
 * The memory accesses of translated code: {@link Mmu}'s, with the current view in a local. To be
 * inlined; only the {@code slow} ones stay calls. Writes tell whether the region must be left
 * because decoded code was written to.
 */
final class RegionMemory {
    private static final long PAGE = ~0xfffL;

    private RegionMemory() {}

    // ---- accesses that the TLB must allow ----

    /**
     * Whether bytes can be read where they are.
     *
     * @param last how many bytes come after the first
     */
    static boolean readable(long[] t, long a, int last) {
        return t[Mmu.slot(a) & t.length - 1] == (a + last & PAGE);
    }

    /** As {@link #readable}, to write. */
    static boolean writable(long[] t, long a, int last) {
        return t[(Mmu.slot(a) | 1) & t.length - 1] == (a + last & PAGE);
    }

    /** Where an address is on the host. */
    static long host(long[] t, long a) {
        return a + t[(Mmu.slot(a) | 2) & t.length - 1];
    }

    static int load8(long[] t, long a) {
        return Ordered.load8(host(t, a));
    }

    static int load16(long[] t, long a) {
        return Ordered.load16(host(t, a));
    }

    static int load32(long[] t, long a) {
        return Ordered.load32(host(t, a));
    }

    static long load64(long[] t, long a) {
        return Ordered.load64(host(t, a));
    }

    static void store8(long[] t, long a, int value) {
        Ordered.store8(host(t, a), value);
    }

    static void store16(long[] t, long a, int value) {
        Ordered.store16(host(t, a), value);
    }

    static void store32(long[] t, long a, int value) {
        Ordered.store32(host(t, a), value);
    }

    static void store64(long[] t, long a, long value) {
        Ordered.store64(host(t, a), value);
    }

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

    /** Checks an address to go to. */
    static long canonical(Cpu c, long target) {
        if (target << 16 >> 16 != target) {
            throw c.gp();
        }
        return target;
    }
}
