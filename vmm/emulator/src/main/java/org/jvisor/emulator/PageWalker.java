package org.jvisor.emulator;

/**
 * Translates linear addresses by the guest's page tables (SDM 3A chapter 4): none, 32-bit, PAE and
 * 4-level. The results of the last successful {@link #walk} stay in fields.
 */
final class PageWalker {
    /** MAXPHYADDR, as CPUID 0x80000008 tells. */
    static final int PHYSICAL_BITS = 40;

    /** Kinds of access. */
    static final int READ = 0, WRITE = 1, EXECUTE = 2;

    /** Page-fault error code bits. */
    static final int PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16;

    private static final long PRESENT = 1, WRITABLE = 2, USER = 4, ACCESSED = 0x20, DIRTY = 0x40;
    private static final long PAGE_SIZE_BIT = 0x80, GLOBAL = 0x100, NX = 1L << 63;
    static final long ADDRESS = 0x000f_ffff_ffff_f000L;
    private static final long RESERVED = ADDRESS & -1L << PHYSICAL_BITS;

    private final Cpu c;
    private final PhysMemory memory;

    /** The guest-physical address. */
    long physical;

    /** Whether a write would succeed, from the same privilege, without setting a dirty bit. */
    boolean writable;

    /** Whether the mapping survives CR3 loads. */
    boolean global;

    /** Whether the mapping is of more than 4 KiB. */
    boolean large;

    // ---- page tables found lately, by linear address: the paging-structure cache ----

    private static final int TABLES = 256;

    /** Bits of a linear address that choose a page table. */
    private static final int TABLE_BITS = 27;

    /** Bits 47:21 of the linear address, and {@link #generation} above them. */
    private final long[] tableTags = new long[TABLES];

    /** Host addresses of page tables. */
    private final long[] tableHosts = new long[TABLES];

    /** The rights that the levels above give: R/W, U/S and XD as in an entry. */
    private final long[] tableRights = new long[TABLES];

    /** Grows when all page tables are forgotten. */
    private long generation = 1L << TABLE_BITS;

    // ---- of the walk in progress ----
    private long linear;
    private int access;
    private boolean user;
    private boolean smapOff;

    PageWalker(Cpu c, PhysMemory memory) {
        this.c = c;
        this.memory = memory;
    }

    /**
     * Translates, checks rights, and sets accessed and dirty bits.
     *
     * @param linear canonical
     * @param access {@link #READ}, {@link #WRITE} or {@link #EXECUTE}
     * @param user a user-mode access
     * @param smapOff a supervisor access that SMAP lets through (EFLAGS.AC)
     * @throws GuestFault #PF
     */
    void walk(long linear, int access, boolean user, boolean smapOff) {
        if ((c.cr0 & ControlBits.CR0_PG) == 0) {
            physical = linear & 0xffff_ffffL;
            writable = true;
            global = false;
            large = false;
            return;
        }
        c.counters.walks++;
        this.linear = linear;
        this.access = access;
        this.user = user;
        this.smapOff = smapOff;
        if (c.longMode && walkFromTable()) {
            return;
        }
        boolean done;
        do {
            done = (c.cr4 & ControlBits.CR4_PAE) != 0 ? walkWide() : walk32();
        } while (!done);
    }

    /** Forgets the page tables found: whenever translations are invalidated. */
    void forget() {
        generation += 1L << TABLE_BITS;
    }

    private long tableTag() {
        return linear >>> 21 & (1L << TABLE_BITS) - 1 | generation;
    }

    /**
     * Walks from a page table found before; false where none is known, or where the walk would not
     * succeed: whatever is held about an address that faults must be forgotten (SDM 3A §4.10.4.1).
     */
    private boolean walkFromTable() {
        int i = (int) (linear >>> 21) & TABLES - 1;
        if (tableTags[i] != tableTag()) {
            return false;
        }
        long host = tableHosts[i] + (linear >>> 12 & 0x1ff) * 8;
        long entry = Ordered.load64(host);
        boolean nxe = (c.efer & ControlBits.EFER_NXE) != 0;
        if ((entry & PRESENT) == 0 || (entry & (nxe ? RESERVED : RESERVED | NX)) != 0) {
            return false;
        }
        long above = tableRights[i];
        long rights = entry & above;
        if (!allowed(rights, ((entry | above) & NX) != 0)) {
            return false;
        }
        long wanted = entry | ACCESSED | (access == WRITE ? DIRTY : 0);
        if (wanted != entry && !PhysMemory.casHost(host, entry, wanted)) {
            return false;
        }
        finish(entry & ADDRESS | linear & 0xfff, wanted, rights, false);
        return true;
    }

    /** PAE and 4-level paging; false if an entry changed under us. */
    private boolean walkWide() {
        boolean pae = !c.longMode;
        boolean nxe = (c.efer & ControlBits.EFER_NXE) != 0;
        long reserved = RESERVED | (nxe ? 0 : NX);
        long table = pae ? c.cr3 & 0xffff_ffe0L : c.cr3 & ADDRESS;
        int shift = pae ? 30 : 39;
        long rights = WRITABLE | USER;
        long noExecute = 0;
        while (true) {
            long at = table + (linear >>> shift & (pae && shift == 30 ? 3 : 0x1ff)) * 8;
            long entry = memory.readLong(at);
            if ((entry & PRESENT) == 0) {
                throw fault(0);
            }
            if (pae && shift == 30) {
                table = entry & ADDRESS; // a PDPTE: no rights, no accessed bit
                shift = 21;
                continue;
            }
            boolean leaf = shift == 12 || (entry & PAGE_SIZE_BIT) != 0 && shift < 39;
            long bad = reserved;
            if (leaf && shift > 12) {
                bad |= (1L << shift) - 0x2000; // address bits below the page size, but not PAT
            } else if (shift == 39) {
                bad |= PAGE_SIZE_BIT;
            }
            if ((entry & bad) != 0) {
                throw fault(PF_P | PF_RSVD);
            }
            rights &= entry;
            noExecute |= entry & NX;
            if (leaf) {
                return leaf64(at, entry, shift, rights, noExecute != 0);
            }
            if ((entry & ACCESSED) == 0 && !memory.casLong(at, entry, entry | ACCESSED)) {
                return false;
            }
            table = entry & ADDRESS;
            shift -= 9;
            if (shift == 12 && !pae) {
                remember(table, rights | noExecute);
            }
        }
    }

    private void remember(long table, long rights) {
        int region = memory.region(table);
        if (region >= 0 && !memory.isReadOnly(region)) {
            int i = (int) (linear >>> 21) & TABLES - 1;
            tableTags[i] = tableTag();
            tableHosts[i] = memory.host(region, table);
            tableRights[i] = rights & (WRITABLE | USER | NX);
        }
    }

    private boolean leaf64(long at, long entry, int shift, long rights, boolean noExecute) {
        check(rights, noExecute);
        long wanted = entry | ACCESSED | (access == WRITE ? DIRTY : 0);
        if (wanted != entry && !memory.casLong(at, entry, wanted)) {
            return false;
        }
        long offset = (1L << shift) - 1;
        finish(entry & ADDRESS & ~offset | linear & offset, wanted, rights, shift > 12);
        return true;
    }

    /** 32-bit paging; false if an entry changed under us. */
    private boolean walk32() {
        long directoryAt = (c.cr3 & 0xffff_f000L) + (linear >>> 22 & 0x3ff) * 4;
        int directory = memory.readInt(directoryAt);
        if ((directory & PRESENT) == 0) {
            throw fault(0);
        }
        if ((directory & PAGE_SIZE_BIT) != 0 && (c.cr4 & ControlBits.CR4_PSE) != 0) {
            long high = directory >>> 13 & 0xff; // PSE-36: bits 39:32
            if ((directory & 1 << 21) != 0) {
                throw fault(PF_P | PF_RSVD);
            }
            long page = directory & 0xffc0_0000L | high << 32;
            return leaf32(directoryAt, directory, directory, page | linear & 0x3f_ffff, true);
        }
        if ((directory & ACCESSED) == 0
                && !memory.casInt(directoryAt, directory, directory | (int) ACCESSED)) {
            return false;
        }
        long at = (directory & 0xffff_f000L) + (linear >>> 12 & 0x3ff) * 4;
        int entry = memory.readInt(at);
        if ((entry & PRESENT) == 0) {
            throw fault(0);
        }
        return leaf32(at, entry, entry & directory, entry & 0xffff_f000L | linear & 0xfff, false);
    }

    private boolean leaf32(long at, int entry, long rights, long address, boolean big) {
        check(rights, false);
        int wanted = entry | (int) ACCESSED | (access == WRITE ? (int) DIRTY : 0);
        if (wanted != entry && !memory.casInt(at, entry, wanted)) {
            return false;
        }
        finish(address, wanted, rights, big);
        return true;
    }

    private void check(long rights, boolean noExecute) {
        if (!allowed(rights, noExecute)) {
            throw fault(PF_P);
        }
    }

    /** Whether the combined rights of all levels allow the access (SDM 3A §4.6.1). */
    private boolean allowed(long rights, boolean noExecute) {
        boolean userPage = (rights & USER) != 0;
        boolean ok;
        if (user) {
            ok = userPage;
        } else if (access == EXECUTE) {
            ok = !userPage || (c.cr4 & ControlBits.CR4_SMEP) == 0;
        } else {
            ok = !userPage || smapOff || (c.cr4 & ControlBits.CR4_SMAP) == 0;
        }
        if (access == WRITE) {
            ok &= (rights & WRITABLE) != 0 || !user && (c.cr0 & ControlBits.CR0_WP) == 0;
        } else if (access == EXECUTE) {
            ok &= !noExecute;
        }
        return ok;
    }

    private void finish(long address, long entry, long rights, boolean big) {
        physical = address;
        writable =
                (entry & DIRTY) != 0
                        && ((rights & WRITABLE) != 0 || !user && (c.cr0 & ControlBits.CR0_WP) == 0);
        global = (entry & GLOBAL) != 0 && (c.cr4 & ControlBits.CR4_PGE) != 0;
        large = big;
    }

    private GuestFault fault(int error) {
        if (access == WRITE) {
            error |= PF_W;
        }
        if (user) {
            error |= PF_U;
        }
        if (access == EXECUTE
                && ((c.efer & ControlBits.EFER_NXE) != 0 && (c.cr4 & ControlBits.CR4_PAE) != 0
                        || (c.cr4 & ControlBits.CR4_SMEP) != 0)) {
            error |= PF_I;
        }
        return c.pageFault(linear, error);
    }
}
