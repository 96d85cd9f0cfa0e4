package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;

/**
 * Linear memory as one CPU sees it: a software TLB in front of {@link MmuSlow}.
 *
 * <p>A view is one interleaved array, four longs an entry: the page that may be read, the page that
 * may be written, what to add to a linear address to get the host address, and the guest-physical
 * page with flags. A tag equals the linear page address; an impossible tag makes accesses miss.
 * Comparing the tag with the page of the access's <em>last</em> byte, at the index of its first,
 * sends accesses that cross a page to the slow path. There is a view for each set of rights (user,
 * supervisor, supervisor with SMAP off), so the privilege level is part of the look-up at no cost.
 *
 * <p>{@code read8} to {@code read32} give zero-extended ints (32 bits as they are). {@code readRmw}
 * reads what will be written: it checks for write access. {@code Sys} accesses are the implicit
 * supervisor accesses to descriptor tables and the like, whatever the CPL.
 */
final class Mmu {
    /** Entries of a view; a power of two. */
    static final int ENTRIES = 4096;

    /**
     * A tag that no access has: not even one that must be aligned to 16 bytes, which is compared
     * together with the low four bits of its address.
     */
    static final long NEVER = 0x10;

    /** In a write tag: the page may be written plainly, but {@link Lockstep} must see it. */
    static final long LOGGED = 0x20;

    /** Bits in an entry's fourth long, beside the physical page. */
    static final long GLOBAL = 1, LARGE = 2;

    /** Views by rights; the last is never filled, so that every access takes the slow path. */
    static final int SUPERVISOR = 0, USER = 1, SMAP_OFF = 2, UNCACHED = 3;

    private static final long PAGE = ~0xfffL;

    /** By rights; that of the user changes with the address space. */
    final long[][] views = new long[4][];

    /** The view of explicit accesses: a power of two long. */
    long[] tlb;

    /** By rights, {@link #views} for host code. */
    private final MemorySegment[] segments = new MemorySegment[4];

    /** {@link #tlb} for host code. */
    private MemorySegment segment;

    /** Which view {@link #tlb} is. */
    int view = SUPERVISOR;

    final MmuSlow slow;
    private final Cpu c;

    Mmu(Cpu c, Board board) {
        this.c = c;
        long[] never = new long[4 * ENTRIES];
        java.util.Arrays.fill(never, NEVER);
        views[UNCACHED] = never;
        segment = MemorySegment.ofArray(never);
        segments[UNCACHED] = segment;
        tlb = never; // until the first view is selected
        this.slow = new MmuSlow(c, this, board);
    }

    /** The view of explicit accesses, {@link #view} by number. */
    long[] current() {
        return tlb;
    }

    /** {@link #current} for host code. */
    MemorySegment segment() {
        return segment;
    }

    /** The view of explicit accesses once EFLAGS.AC has changed at CPL 0, for host code. */
    MemorySegment otherSegment() {
        return switch (view) {
            case SUPERVISOR -> (c.cr4 & ControlBits.CR4_SMAP) != 0 ? segments[SMAP_OFF] : segment;
            case SMAP_OFF -> segments[SUPERVISOR];
            default -> segment;
        };
    }

    /** Must follow a change of CPL, AC, CR4.SMAP, CR0.AM or the watchpoints. */
    void selectView() {
        boolean user = c.cpl == 3;
        boolean ac = (c.rflags & Cpu.AC) != 0;
        if (slow.watching || user && ac && (c.cr0 & ControlBits.CR0_AM) != 0) {
            view = UNCACHED;
        } else if (user) {
            view = USER;
        } else {
            view = ac && (c.cr4 & ControlBits.CR4_SMAP) != 0 ? SMAP_OFF : SUPERVISOR;
        }
        tlb = views[view];
        segment = segments[view];
    }

    /** Replaces the array of a view. */
    void setView(int number, long[] entries, MemorySegment forHost) {
        views[number] = entries;
        segments[number] = forHost;
        if (view == number) {
            tlb = entries;
            segment = forHost;
        }
    }

    /**
     * Where the entry of {@code a} is, to be masked with the length of the view minus one: the read
     * tag. The write tag, the addend and the physical page follow at {@code | 1}, {@code | 2} and
     * {@code | 3}. Masking each index like that tells HotSpot that no bounds check is needed.
     */
    static int slot(long a) {
        return (int) (a >>> 12) << 2;
    }

    // ---- explicit reads ----

    int read8(long a) {
        long[] t = tlb;
        int i = slot(a);
        if (t[i & t.length - 1] == (a & PAGE)) {
            return Ordered.load8(a + t[(i | 2) & t.length - 1]);
        }
        return (int) slow.read(a, 1, view);
    }

    int read16(long a) {
        long[] t = tlb;
        int i = slot(a);
        if (t[i & t.length - 1] == (a + 1 & PAGE)) {
            return Ordered.load16(a + t[(i | 2) & t.length - 1]);
        }
        return (int) slow.read(a, 2, view);
    }

    int read32(long a) {
        long[] t = tlb;
        int i = slot(a);
        if (t[i & t.length - 1] == (a + 3 & PAGE)) {
            return Ordered.load32(a + t[(i | 2) & t.length - 1]);
        }
        return (int) slow.read(a, 4, view);
    }

    long read64(long a) {
        long[] t = tlb;
        int i = slot(a);
        if (t[i & t.length - 1] == (a + 7 & PAGE)) {
            return Ordered.load64(a + t[(i | 2) & t.length - 1]);
        }
        return slow.read(a, 8, view);
    }

    /** Reads 1, 2, 4 or 8 bytes, zero-extended. */
    long read(long a, int size) {
        return switch (size) {
            case 1 -> read8(a);
            case 2 -> read16(a);
            case 4 -> read32(a) & 0xffff_ffffL;
            default -> read64(a);
        };
    }

    // ---- reads of what is going to be written ----

    int readRmw8(long a) {
        long[] t = tlb;
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a & PAGE)) {
            return Ordered.load8(a + t[(i | 2) & t.length - 1]);
        }
        return (int) slow.readRmw(a, 1, view);
    }

    int readRmw16(long a) {
        long[] t = tlb;
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a + 1 & PAGE)) {
            return Ordered.load16(a + t[(i | 2) & t.length - 1]);
        }
        return (int) slow.readRmw(a, 2, view);
    }

    int readRmw32(long a) {
        long[] t = tlb;
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a + 3 & PAGE)) {
            return Ordered.load32(a + t[(i | 2) & t.length - 1]);
        }
        return (int) slow.readRmw(a, 4, view);
    }

    long readRmw64(long a) {
        long[] t = tlb;
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a + 7 & PAGE)) {
            return Ordered.load64(a + t[(i | 2) & t.length - 1]);
        }
        return slow.readRmw(a, 8, view);
    }

    /** Reads 1, 2, 4 or 8 bytes that will be written, zero-extended. */
    long readRmw(long a, int size) {
        return switch (size) {
            case 1 -> readRmw8(a);
            case 2 -> readRmw16(a);
            case 4 -> readRmw32(a) & 0xffff_ffffL;
            default -> readRmw64(a);
        };
    }

    // ---- explicit writes ----

    void write8(long a, int value) {
        long[] t = tlb;
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a & PAGE)) {
            Ordered.store8(a + t[(i | 2) & t.length - 1], value);
        } else {
            slow.write(a, 1, value, view);
        }
    }

    void write16(long a, int value) {
        long[] t = tlb;
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a + 1 & PAGE)) {
            Ordered.store16(a + t[(i | 2) & t.length - 1], value);
        } else {
            slow.write(a, 2, value, view);
        }
    }

    void write32(long a, int value) {
        long[] t = tlb;
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a + 3 & PAGE)) {
            Ordered.store32(a + t[(i | 2) & t.length - 1], value);
        } else {
            slow.write(a, 4, value, view);
        }
    }

    void write64(long a, long value) {
        long[] t = tlb;
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a + 7 & PAGE)) {
            Ordered.store64(a + t[(i | 2) & t.length - 1], value);
        } else {
            slow.write(a, 8, value, view);
        }
    }

    /** Writes the low 1, 2, 4 or 8 bytes. */
    void write(long a, int size, long value) {
        switch (size) {
            case 1 -> write8(a, (int) value);
            case 2 -> write16(a, (int) value);
            case 4 -> write32(a, (int) value);
            default -> write64(a, value);
        }
    }

    /** Writes 16 bytes, nothing if any of them would fault. */
    void write128(long a, long low, long high) {
        if ((a & 0xfff) > 0xff0) {
            checkWrite(a, 16);
        }
        write64(a, low);
        write64(a + 8, high);
    }

    /**
     * Faults as a read of all {@code size} bytes would; no effect otherwise but accessed bits.
     *
     * @param size 1 to 4096
     */
    void checkRead(long a, int size) {
        if (!known(a, 0) || !known(a + size - 1, 0)) {
            slow.check(a, size, PageWalker.READ, view);
        }
    }

    /**
     * Faults as a write of all {@code size} bytes would, without writing: before an instruction
     * that writes in several pieces.
     *
     * @param size 1 to 4096
     */
    void checkWrite(long a, int size) {
        if (!known(a, 1) || !known(a + size - 1, 1)) {
            slow.check(a, size, PageWalker.WRITE, view);
        }
    }

    /** Whether an entry lets the page of {@code a} be read (tag 0) or plainly written (tag 1). */
    private boolean known(long a, int tag) {
        long[] t = views[view];
        return (t[(slot(a) | tag) & t.length - 1] & ~LOGGED) == (a & PAGE);
    }

    // ---- implicit supervisor accesses ----

    int readSys8(long a) {
        return (int) readSys(a, 1);
    }

    int readSys16(long a) {
        return (int) readSys(a, 2);
    }

    int readSys32(long a) {
        return (int) readSys(a, 4);
    }

    long readSys64(long a) {
        return readSys(a, 8);
    }

    /** Reads 1, 2, 4 or 8 bytes with supervisor rights, zero-extended. */
    long readSys(long a, int size) {
        long[] t = views[SUPERVISOR];
        int i = slot(a);
        if (t[i & t.length - 1] == (a + size - 1 & PAGE)) {
            return MmuSlow.hostRead(a + t[(i | 2) & t.length - 1], size);
        }
        return slow.read(a, size, SUPERVISOR);
    }

    void writeSys8(long a, int value) {
        writeSys(a, 1, value);
    }

    void writeSys16(long a, int value) {
        writeSys(a, 2, value);
    }

    void writeSys32(long a, int value) {
        writeSys(a, 4, value);
    }

    void writeSys64(long a, long value) {
        writeSys(a, 8, value);
    }

    /** Writes the low 1, 2, 4 or 8 bytes with supervisor rights. */
    void writeSys(long a, int size, long value) {
        long[] t = views[SUPERVISOR];
        int i = slot(a);
        if (t[(i | 1) & t.length - 1] == (a + size - 1 & PAGE)) {
            MmuSlow.hostWrite(a + t[(i | 2) & t.length - 1], size, value);
        } else {
            slow.write(a, size, value, SUPERVISOR);
        }
    }

    // ---- runs of bytes within a page, for string instructions ----

    /**
     * The host address of {@code a} if a TLB entry allows plain reads of its page, else 0.
     * Translates (and may fault) on a miss.
     */
    long hostForRead(long a) {
        return slow.host(a, PageWalker.READ, view);
    }

    /** The host address of {@code a} if its page may be written plainly, else 0. */
    long hostForWrite(long a) {
        return slow.host(a, PageWalker.WRITE, view);
    }

    // ---- invalidation ----

    /** Forgets everything: CR0, CR4, EFER changes. */
    void flushAll() {
        slow.flushAll();
    }

    /**
     * A CR3 load.
     *
     * @param pcid the PCID it makes current, 0 without CR4.PCIDE
     * @param keep whether the translations of that PCID are kept
     */
    void loadSpace(int pcid, boolean keep) {
        slow.loadSpace(pcid, keep);
    }

    /** INVLPG: forgets the page of {@code a}, all 4 KiB pieces of it if it is large. */
    void invalidatePage(long a) {
        slow.invalidatePage(a);
    }
}
