package org.jvisor.emulator;

import java.lang.invoke.VarHandle;
import jdk.jfr.FlightRecorder;
import org.jvisor.vmm.api.TlbFlush;

/**
 * What happens when the software TLB does not answer: page walks, fills, accesses across pages,
 * MMIO, the local APIC's page, ROM, writes to pages with decoded code, watchpoints; also the TLB of
 * instruction fetches.
 */
final class MmuSlow {
    private static final long PAGE = ~0xfffL;

    private final Cpu c;
    private final Mmu mmu;
    private final PhysMemory memory;
    private final CodeCache code;
    private final Board board;
    private final PageWalker walker;

    /** Data breakpoints are armed: no view is filled and every access is reported. */
    boolean watching;

    /** Instruction fetches. */
    final FetchTlb fetches;

    /** What is held and must be forgotten. */
    final AddressSpaces spaces;

    /** By region and page: which entries may have a write tag of it, for {@link AddressSpaces}. */
    private final int[][] writeTagged;

    MmuSlow(Cpu c, Mmu mmu, Board board) {
        fetches = new FetchTlb(c.links);
        this.c = c;
        this.mmu = mmu;
        this.board = board;
        this.memory = board.memory;
        this.code = board.code;
        this.walker = new PageWalker(c, memory);
        this.spaces = new AddressSpaces(mmu, fetches);
        writeTagged = new int[memory.regions()][];
        for (int i = 0; i < writeTagged.length; i++) {
            writeTagged[i] = new int[(int) (memory.end(i) - memory.base(i) + 4095 >>> 12)];
        }
    }

    static long hostRead(long host, int size) {
        return switch (size) {
            case 1 -> Ordered.load8(host);
            case 2 -> Ordered.load16(host);
            case 4 -> Ordered.load32(host) & 0xffff_ffffL;
            default -> Ordered.load64(host);
        };
    }

    static void hostWrite(long host, int size, long value) {
        switch (size) {
            case 1 -> Ordered.store8(host, (int) value);
            case 2 -> Ordered.store16(host, (int) value);
            case 4 -> Ordered.store32(host, (int) value);
            default -> Ordered.store64(host, value);
        }
    }

    // ---- accesses ----

    long read(long a, int size, int view) {
        checkAccess(a, size, false, view);
        if ((a & 0xfff) + size > 0x1000) {
            translateBoth(a, size, PageWalker.READ, view);
            long value = 0;
            for (int i = 0; i < size; i++) {
                value |= readWithin(a + i, 1, PageWalker.READ, view) << 8 * i;
            }
            return value;
        }
        return readWithin(a, size, PageWalker.READ, view);
    }

    long readRmw(long a, int size, int view) {
        long logged = c.lockstep == null ? 0 : logged(a, size, view);
        if (logged != 0) {
            return hostRead(logged, size);
        }
        checkAccess(a, size, true, view);
        if ((a & 0xfff) + size > 0x1000) {
            translateBoth(a, size, PageWalker.WRITE, view);
            long value = 0;
            for (int i = 0; i < size; i++) {
                value |= readWithin(a + i, 1, PageWalker.WRITE, view) << 8 * i;
            }
            return value;
        }
        return readWithin(a, size, PageWalker.WRITE, view);
    }

    void write(long a, int size, long value, int view) {
        Lockstep lockstep = c.lockstep;
        if (lockstep != null) {
            long logged = logged(a, size, view);
            if (logged != 0) {
                lockstep.write(logged, size, value);
                hostWrite(logged, size, value);
                return;
            }
        }
        checkAccess(a, size, true, view);
        if ((a & 0xfff) + size > 0x1000) {
            translateBoth(a, size, PageWalker.WRITE, view);
            for (int i = 0; i < size; i++) {
                writeWithin(a + i, 1, value >>> 8 * i & 0xff, view);
            }
        } else {
            writeWithin(a, size, value, view);
        }
    }

    /** The host address of what may be written plainly, were it not for {@link Lockstep}; or 0. */
    private long logged(long a, int size, int view) {
        long[] t = mmu.views[view];
        int i = Mmu.slot(a);
        return t[(i | 1) & t.length - 1] == (a + size - 1 & PAGE | Mmu.LOGGED)
                ? a + t[(i | 2) & t.length - 1]
                : 0;
    }

    void check(long a, int size, int access, int view) {
        checkCanonical(a);
        checkAlignment(a, size, view);
        checkCanonical(a + size - 1);
        translateBoth(a, size, access, view);
    }

    /** The page of the first byte, then that of the last: it is the latter's start that faults. */
    private void translateBoth(long a, int size, int access, int view) {
        translate(a, access, view);
        long last = a + size - 1;
        if ((a & PAGE) != (last & PAGE)) {
            translate(last & PAGE, access, view);
        }
    }

    private long readWithin(long a, int size, int access, int view) {
        long physical = translate(a, access, view);
        int region = memory.region(physical);
        if (isApic(physical)) {
            return apicRead(physical, size);
        }
        if (region >= 0) {
            fill(a, physical, region, view);
            return hostRead(memory.host(region, physical), size);
        }
        deviceAccess();
        return board.readMmio(c, physical, size);
    }

    private void deviceAccess() {
        Lockstep lockstep = c.lockstep;
        if (lockstep != null) {
            lockstep.deviceAccess();
        }
    }

    private void writeWithin(long a, int size, long value, int view) {
        long physical = translate(a, PageWalker.WRITE, view);
        int region = memory.region(physical);
        Lockstep lockstep = c.lockstep;
        if (isApic(physical)) {
            apicWrite(physical, size, value);
        } else if (region < 0) {
            deviceAccess();
            board.writeMmio(c, physical, size, value);
        } else if (!memory.isReadOnly(region)) {
            fill(a, physical, region, view);
            if (lockstep != null) {
                lockstep.write(memory.host(region, physical), size, value);
            }
            if (hasWriteTag(a, view)) { // as any other write: CodeCache.mark waits for us
                hostWrite(memory.host(region, physical), size, value);
            } else {
                code.write(c, region, physical, size, value);
            }
        }
    }

    long host(long a, int access, int view) {
        long[] t = mmu.views[view];
        int i = Mmu.slot(a) & t.length - 1;
        Lockstep lockstep = c.lockstep;
        if (access == PageWalker.WRITE && lockstep != null) {
            return lockstep.isLogging() ? 0 : logged(a, 1, view);
        }
        if (t[i + (access == PageWalker.WRITE ? 1 : 0)] == (a & PAGE)) {
            return a + t[i + 2];
        }
        if (view == Mmu.UNCACHED) {
            return 0;
        }
        checkCanonical(a);
        long physical = translate(a, access, view);
        int region = memory.region(physical);
        if (region < 0 || isApic(physical)) {
            return 0;
        }
        fill(a, physical, region, view);
        return t[i + (access == PageWalker.WRITE ? 1 : 0)] == (a & PAGE) ? a + t[i + 2] : 0;
    }

    /**
     * The host address for a read-modify-write in one step, or 0 if there is none: across pages, a
     * device, ROM, a page with code, watched memory.
     */
    long hostForAtomic(long a, int size, int view) {
        checkAccess(a, size, true, view);
        return (a & 0xfff) + size > 0x1000 ? 0 : host(a, PageWalker.WRITE, view);
    }

    // ---- the local APIC's page ----

    private boolean isApic(long physical) {
        var apic = c.apic;
        if (apic == null) {
            return false;
        }
        long base = apic.base();
        // enabled, and not in x2APIC mode (IA32_APIC_BASE, SDM 3A §11.4.4)
        return (base & 0xc00) == 0x800 && (base & PageWalker.ADDRESS) == (physical & PAGE);
    }

    private long apicRead(long physical, int size) {
        deviceAccess();
        var apic = c.apic;
        return apic == null ? -1 : apic.readMmio((int) physical & 0xfff, size);
    }

    private void apicWrite(long physical, int size, long value) {
        deviceAccess();
        var apic = c.apic;
        if (apic != null) {
            apic.writeMmio((int) physical & 0xfff, size, value);
        }
    }

    // ---- translation ----

    private void checkCanonical(long a) {
        if (a << 16 >> 16 != a) {
            throw c.nonCanonical(a);
        }
    }

    private void checkAccess(long a, int size, boolean write, int view) {
        checkCanonical(a);
        if (view == Mmu.UNCACHED) {
            if (watching) {
                DebugRegisters.access(c, a, size, write);
            }
            checkAlignment(a, size, view);
        }
        checkCanonical(a + size - 1);
    }

    /** #AC by the sizes of SDM 3A table 6-7; FXSAVE's images have a check of their own. */
    private void checkAlignment(long a, int size, int view) {
        if (view != Mmu.UNCACHED
                || c.cpl != 3
                || (c.rflags & Cpu.AC) == 0
                || (c.cr0 & ControlBits.CR0_AM) == 0) {
            return;
        }
        int alignment =
                switch (size) {
                    case 1, 512 -> 1;
                    case 2, 4, 8 -> size;
                    case 10, 16 -> 8;
                    case 14, 94 -> 2; // x87 environments
                    default -> 4;
                };
        if ((a & alignment - 1) != 0) {
            throw c.fault(Cpu.ALIGN, 0);
        }
    }

    private long translate(long a, int access, int view) {
        boolean user = view == Mmu.UNCACHED ? c.cpl == 3 : view == Mmu.USER;
        boolean smapOff = view == Mmu.SMAP_OFF || view == Mmu.UNCACHED && (c.rflags & Cpu.AC) != 0;
        walker.walk(c.is64() || c.longMode ? a : a & 0xffff_ffffL, access, user, smapOff);
        return walker.physical;
    }

    /** Puts the page the walker has just translated into a view. */
    private void fill(long a, long physical, int region, int view) {
        if (view == Mmu.UNCACHED) {
            return;
        }
        boolean plainWrite =
                walker.writable && !memory.isReadOnly(region) && !code.isCode(region, physical);
        c.counters.dataFills++;
        TlbView v = spaces.view(view);
        if (plainWrite) {
            int page = (int) (physical - memory.base(region) >>> 12);
            writeTagged[region][page] = v.alsoAt(a, writeTagged[region][page]);
        }
        long addend = memory.host(region, physical) - a;
        VarHandle.releaseFence(); // writes through the entry that goes, before it goes
        long writeTag = plainWrite ? a & PAGE | (c.lockstep == null ? 0 : Mmu.LOGGED) : Mmu.NEVER;
        v.fill(a & PAGE, writeTag, addend, physical & PAGE, entryFlags());
        if (plainWrite && board.rendezvous.parallel) {
            VarHandle.fullFence(); // CodeCache.mark does it crosswise
            if (code.isCode(region, physical)) {
                v.dropWriteTag(a);
            }
        }
    }

    private boolean hasWriteTag(long a, int view) {
        long[] t = mmu.views[view];
        return (t[(Mmu.slot(a) | 1) & t.length - 1] & ~Mmu.LOGGED) == (a & PAGE);
    }

    // ---- instruction fetch ----

    /**
     * The decoded code of the page at {@code linear} for the CPU's present mode and privilege.
     *
     * @throws GuestFault #PF, or #GP if it is not canonical
     */
    CodePage fetch(long linear) {
        CodePage page = fetches.find(linear);
        if (page != null && !page.dead) {
            return page;
        }
        checkCanonical(linear);
        walker.walk(linear, PageWalker.EXECUTE, c.cpl == 3, false);
        page = code.page(c, walker.physical, c.codeMode);
        fetches.put(linear, page, entryFlags());
        c.counters.codeFills++;
        return page;
    }

    /** About the page the walker has just translated. */
    private int entryFlags() {
        return (int) ((walker.global ? Mmu.GLOBAL : 0) | (walker.large ? Mmu.LARGE : 0));
    }

    // ---- invalidation ----

    private void forgetTables(TlbFlush kind) {
        c.counters.flushes.add(kind);
        if (FlightRecorder.isInitialized()) {
            FlightEvents.flushed(c, kind);
        }
        VarHandle.releaseFence(); // as in fill()
        walker.forget();
    }

    void flushAll() {
        forgetTables(TlbFlush.ALL);
        spaces.flush(ControlRegisters.pcid(c));
        c.fetchInvalid();
    }

    void loadSpace(int pcid, boolean keep) {
        forgetTables(keep ? TlbFlush.SPACE_KEPT : TlbFlush.SPACE);
        spaces.load(pcid, keep);
        c.fetchInvalid();
    }

    /** Also forgets upper levels of the tables, as INVLPG does (SDM 3A §4.10.4.1). */
    void invalidatePage(long a) {
        forgetTables(TlbFlush.PAGE);
        spaces.invalidatePage(a);
        c.fetchInvalid();
    }

    /** INVPCID of one PCID's translations but global ones. */
    void flushPcid(int pcid) {
        forgetTables(TlbFlush.PCID);
        spaces.flushPcid(pcid);
        c.fetchInvalid();
    }

    /** INVPCID of every PCID's translations but global ones. */
    void flushNonGlobal() {
        forgetTables(TlbFlush.NON_GLOBAL);
        spaces.flushNonGlobal();
        c.fetchInvalid();
    }

    /** Whether there may be a write tag for a physical page. On any CPU's thread. */
    boolean hasWriteTag(long physicalPage) {
        int region = memory.region(physicalPage);
        int where = writeTagged[region][(int) (physicalPage - memory.base(region) >>> 12)];
        boolean any = where != TlbView.NOWHERE && spaces.hasWriteTag(physicalPage, where);
        VarHandle.acquireFence(); // what was written through entries that went, as fill() says
        return any;
    }

    /** Makes writes to a physical page miss: it holds decoded code now. */
    void dropWriteTags(long physicalPage) {
        int region = memory.region(physicalPage);
        int page = (int) (physicalPage - memory.base(region) >>> 12);
        int where = writeTagged[region][page];
        if (where != TlbView.NOWHERE) {
            writeTagged[region][page] = TlbView.NOWHERE;
            spaces.dropWriteTags(physicalPage, where);
        }
    }
}
