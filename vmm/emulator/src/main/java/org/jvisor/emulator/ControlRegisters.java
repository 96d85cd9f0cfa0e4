package org.jvisor.emulator;

import java.lang.invoke.VarHandle;

/** CR0 to CR8 and the mode switches they make (SDM 3A §2.5, §4.1, §10.8.5; SDM 2B MOV). */
final class ControlRegisters {
    private static final long CR0_BITS =
            Integer.toUnsignedLong(
                    ControlBits.CR0_PE
                            | ControlBits.CR0_MP
                            | ControlBits.CR0_EM
                            | ControlBits.CR0_TS
                            | ControlBits.CR0_ET
                            | ControlBits.CR0_NE
                            | ControlBits.CR0_WP
                            | ControlBits.CR0_AM
                            | ControlBits.CR0_NW
                            | ControlBits.CR0_CD
                            | ControlBits.CR0_PG);

    /** CR4 bits of features that CPUID announces; others are reserved. */
    private static final long CR4_BITS =
            ControlBits.CR4_VME
                    | ControlBits.CR4_PVI
                    | ControlBits.CR4_TSD
                    | ControlBits.CR4_DE
                    | ControlBits.CR4_PSE
                    | ControlBits.CR4_PAE
                    | ControlBits.CR4_MCE
                    | ControlBits.CR4_PGE
                    | ControlBits.CR4_PCE
                    | ControlBits.CR4_OSFXSR
                    | ControlBits.CR4_OSXMMEXCPT
                    | ControlBits.CR4_UMIP
                    | ControlBits.CR4_FSGSBASE
                    | ControlBits.CR4_PCIDE
                    | ControlBits.CR4_SMEP
                    | ControlBits.CR4_SMAP;

    private static final long CR4_PAGING =
            ControlBits.CR4_PSE
                    | ControlBits.CR4_PAE
                    | ControlBits.CR4_PGE
                    | ControlBits.CR4_SMEP
                    | ControlBits.CR4_SMAP;

    /** Bits 2:1, 8:5 and those above MAXPHYADDR are reserved in a PDPTE (SDM 3A table 4-8). */
    private static final long PDPTE_RESERVED = 0x1e6 | -1L << PageWalker.PHYSICAL_BITS;

    /** CR3's bit that keeps the translations of its PCID, where PCIDs are on. */
    private static final long CR3_KEEP = 1L << 63;

    private static final int PCID = 0xfff;

    private ControlRegisters() {}

    // ---- MOV CRn ----

    /** MOV from CRn: #UD where there is none. */
    static long read(Cpu c, int n) {
        check(c, n);
        return switch (n) {
            case 0 -> c.cr0;
            case 2 -> c.cr2;
            case 3 -> c.cr3;
            case 4 -> c.cr4;
            default -> readCr8(c);
        };
    }

    /** MOV to CRn. */
    static void write(Cpu c, int n, long value) {
        VarHandle.fullFence(); // it serialises (SDM 3A §9.3)
        check(c, n);
        switch (n) {
            case 0 -> writeCr0(c, value);
            case 2 -> c.cr2 = value;
            case 3 -> writeCr3(c, value);
            case 4 -> writeCr4(c, value);
            default -> writeCr8(c, value);
        }
    }

    private static void check(Cpu c, int n) {
        boolean exists = n == 0 || n >= 2 && n <= 4 || n == 8;
        if (!exists) {
            throw c.ud();
        }
        if (c.cpl != 0) {
            throw c.gp();
        }
    }

    private static long readCr8(Cpu c) {
        var apic = c.apic;
        return apic == null ? 0 : apic.cr8();
    }

    private static void writeCr8(Cpu c, long value) {
        if (value >>> 4 != 0) {
            throw c.gp();
        }
        var apic = c.apic;
        if (apic != null) {
            apic.setCr8((int) value);
            c.signal(Cpu.PENDING_IRQ); // what the old priority held back may come now
        }
    }

    // ---- CR0 ----

    /** Writes CR0 with all that follows from it. */
    static void writeCr0(Cpu c, long value) {
        if (value >>> 32 != 0) {
            throw c.gp();
        }
        long next = value & CR0_BITS | ControlBits.CR0_ET;
        boolean protection = (next & ControlBits.CR0_PE) != 0;
        boolean paging = (next & ControlBits.CR0_PG) != 0;
        if (paging && !protection
                || (next & ControlBits.CR0_NW) != 0 && (next & ControlBits.CR0_CD) == 0) {
            throw c.gp();
        }
        long changed = c.cr0 ^ next;
        boolean longMode = c.longMode;
        if ((changed & ControlBits.CR0_PG) != 0) {
            if (paging) {
                longMode = (c.efer & ControlBits.EFER_LME) != 0;
                if (longMode) {
                    checkLongModeEntry(c);
                }
            } else {
                if (c.is64() || (c.cr4 & ControlBits.CR4_PCIDE) != 0) {
                    throw c.gp();
                }
                longMode = false;
            }
        }
        long reload =
                Integer.toUnsignedLong(
                        ControlBits.CR0_PG | ControlBits.CR0_CD | ControlBits.CR0_NW);
        if (paging && !longMode && (c.cr4 & ControlBits.CR4_PAE) != 0 && (changed & reload) != 0) {
            checkPdptes(c, c.cr3);
        }
        c.cr0 = next;
        setLongMode(c, longMode);
        if ((changed & ControlBits.CR0_PE) != 0) {
            c.setCpl(0);
            refreshSegments(c);
        }
        if ((changed
                        & (Integer.toUnsignedLong(ControlBits.CR0_PG)
                                | ControlBits.CR0_WP
                                | ControlBits.CR0_PE))
                != 0) {
            c.mem.flushAll();
        }
        Segments.updateMode(c);
        c.mem.selectView(); // AM
    }

    /** IA-32e mode needs PAE, 32-bit code and no 16-bit TSS (SDM 3A §10.8.5). */
    private static void checkLongModeEntry(Cpu c) {
        boolean pae = (c.cr4 & ControlBits.CR4_PAE) != 0;
        boolean longCode = (c.segAccess[Cpu.CS] & Descriptor.LONG) != 0;
        int tss = Descriptor.systemType(c.segAccess[Cpu.TR]);
        boolean usable = (c.segAccess[Cpu.TR] & Descriptor.UNUSABLE) == 0;
        if (!pae || longCode || usable && tss == Descriptor.TSS16_BUSY) {
            throw c.gp();
        }
    }

    private static void setLongMode(Cpu c, boolean on) {
        c.longMode = on;
        c.efer = on ? c.efer | ControlBits.EFER_LMA : c.efer & ~(long) ControlBits.EFER_LMA;
    }

    /** What derives from the segment caches depends on CR0.PE. */
    static void refreshSegments(Cpu c) {
        for (int seg = Cpu.ES; seg <= Cpu.GS; seg++) {
            Segments.set(c, seg, c.segSel[seg], c.segBase[seg], c.segLimit[seg], c.segAccess[seg]);
        }
    }

    /** LMSW: the low four bits of CR0; it cannot clear PE. */
    static void loadMachineStatus(Cpu c, int value) {
        writeCr0(c, c.cr0 & ~0xeL | value & 0xf);
    }

    /** CLTS. */
    static void clearTaskSwitched(Cpu c) {
        c.cr0 &= ~(long) ControlBits.CR0_TS;
    }

    // ---- CR3 ----

    private static void writeCr3(Cpu c, long value) {
        boolean pcids = (c.cr4 & ControlBits.CR4_PCIDE) != 0;
        boolean keep = pcids && value < 0;
        if (keep) {
            value &= ~CR3_KEEP;
        }
        if (c.longMode && value >>> PageWalker.PHYSICAL_BITS != 0) {
            throw c.gp();
        }
        loadCr3(c, value, keep);
    }

    /** Loads CR3 as a task switch does. */
    static void loadCr3(Cpu c, long value) {
        loadCr3(c, value, false);
    }

    private static void loadCr3(Cpu c, long value, boolean keep) {
        boolean paging = (c.cr0 & ControlBits.CR0_PG) != 0;
        if (paging && !c.longMode && (c.cr4 & ControlBits.CR4_PAE) != 0) {
            checkPdptes(c, value);
        }
        c.cr3 = value;
        c.mem.loadSpace(pcid(c), keep);
    }

    /** The current process-context identifier: 0 without CR4.PCIDE (SDM 3A §4.10.1). */
    static int pcid(Cpu c) {
        return (c.cr4 & ControlBits.CR4_PCIDE) != 0 ? (int) c.cr3 & PCID : 0;
    }

    /** PAE paging loads four PDPTEs with CR3: #GP(0) if one has reserved bits set. */
    private static void checkPdptes(Cpu c, long cr3) {
        for (int i = 0; i < 4; i++) {
            long entry = c.board.memory.readLong((cr3 & 0xffff_ffe0L) + 8 * i);
            if ((entry & 1) != 0 && (entry & PDPTE_RESERVED) != 0) {
                throw c.gp();
            }
        }
    }

    // ---- CR4 ----

    private static void writeCr4(Cpu c, long value) {
        if ((value & ~CR4_BITS) != 0) {
            throw c.gp();
        }
        if (c.longMode && (value & ControlBits.CR4_PAE) == 0) {
            throw c.gp();
        }
        long changed = c.cr4 ^ value;
        boolean pcids = (changed & value & ControlBits.CR4_PCIDE) != 0;
        if (pcids && (!c.longMode || (c.cr3 & PCID) != 0)) {
            throw c.gp(); // SDM 3A §4.10.1
        }
        boolean pae = !c.longMode && (value & ControlBits.CR4_PAE) != 0;
        if ((c.cr0 & ControlBits.CR0_PG) != 0 && pae && (changed & CR4_PAGING) != 0) {
            checkPdptes(c, c.cr3);
        }
        c.cr4 = value;
        if ((changed & (CR4_PAGING | ControlBits.CR4_PCIDE)) != 0) {
            c.mem.flushAll();
        }
        c.mem.selectView(); // SMAP
    }
}
