package org.jvisor.emulator;

/**
 * SYSCALL, SYSRET, SYSENTER, SYSEXIT and SWAPGS as Intel's CPUs do them (SDM 2B). The segments they
 * load are fixed: no descriptor is read.
 */
final class FastCalls {
    /** Present, S, readable code, accessed. */
    private static final int CODE = 0x9b;

    /** Present, S, writable data, accessed. */
    private static final int DATA = 0x93;

    private static final int FLAT_LIMIT = -1;

    /** What SYSRET takes from R11. */
    private static final int SYSRET_FLAGS = 0x3c_7fd7;

    private FastCalls() {}

    static void syscall(Insn i, Cpu c) {
        if (!c.is64() || (c.efer & ControlBits.EFER_SCE) == 0) {
            throw c.ud();
        }
        Msrs msrs = c.msrs;
        int flags = c.flags() & ~Cpu.RF;
        c.r[Cpu.RCX] = i.nextRip(c);
        c.r[11] = Integer.toUnsignedLong(flags);
        int selector = (int) (msrs.star >>> 32) & 0xfffc;
        int next = flags & ~(int) msrs.fmask;
        c.setFlags(next);
        loadFlat(c, selector, selector + 8, 0, true);
        c.rip = msrs.lstar;
        c.noTrap = (next & Cpu.TF) == 0; // TF counts as it is afterwards
    }

    static void sysret(Insn i, Cpu c) {
        if (!c.is64() || (c.efer & ControlBits.EFER_SCE) == 0) {
            throw c.ud();
        }
        if (c.cpl != 0) {
            throw c.gp();
        }
        boolean to64 = i.opSize == 8;
        long target = to64 ? c.r[Cpu.RCX] : c.r[Cpu.RCX] & 0xffff_ffffL;
        if (!CodeSegment.isCanonical(target)) {
            throw c.gp(); // at CPL 0, on the user's stack
        }
        int base = (int) (c.msrs.star >>> 48) & 0xffff;
        int flags = (int) c.r[11] & SYSRET_FLAGS;
        c.setFlags(flags);
        loadFlat(c, (to64 ? base + 16 : base) | 3, base + 8 | 3, 3, to64);
        c.rip = target;
        c.noTrap = true;
        if ((flags & Cpu.TF) != 0) {
            // the trap comes at once, as if SYSCALL had just completed
            DebugRegisters.pend(c, DebugRegisters.DR6_BS);
        }
    }

    static void sysenter(Insn i, Cpu c) {
        int selector = (int) c.msrs.sysenterCs & 0xfffc;
        if ((c.cr0 & ControlBits.CR0_PE) == 0 || selector == 0) {
            throw c.gp();
        }
        c.setFlags(c.flags() & ~(Cpu.VM | Cpu.IF | Cpu.RF));
        loadFlat(c, selector, selector + 8, 0, c.longMode);
        long mask = c.longMode ? -1 : 0xffff_ffffL;
        c.r[Cpu.RSP] = c.msrs.sysenterEsp & mask;
        c.rip = c.msrs.sysenterEip & mask;
    }

    static void sysexit(Insn i, Cpu c) {
        int base = (int) c.msrs.sysenterCs & 0xfffc;
        if (base == 0 || (c.cr0 & ControlBits.CR0_PE) == 0 || c.cpl != 0) {
            throw c.gp();
        }
        boolean to64 = i.opSize == 8;
        long rip = c.r[Cpu.RDX];
        long rsp = c.r[Cpu.RCX];
        if (to64 && !(CodeSegment.isCanonical(rip) && CodeSegment.isCanonical(rsp))) {
            throw c.gp();
        }
        int selector = to64 ? base + 32 : base + 16;
        loadFlat(c, selector | 3, selector + 8 | 3, 3, to64);
        c.r[Cpu.RSP] = to64 ? rsp : rsp & 0xffff_ffffL;
        c.rip = to64 ? rip : rip & 0xffff_ffffL;
    }

    private static void loadFlat(Cpu c, int cs, int ss, int cpl, boolean code64) {
        int sizes = Descriptor.GRANULARITY | (code64 ? Descriptor.LONG : Descriptor.BIG);
        c.setCpl(cpl);
        Segments.set(c, Cpu.CS, cs, 0, FLAT_LIMIT, CODE | sizes | cpl << 5);
        int stackSizes = Descriptor.GRANULARITY | Descriptor.BIG;
        Segments.set(c, Cpu.SS, ss, 0, FLAT_LIMIT, DATA | stackSizes | cpl << 5);
    }

    static void swapgs(Insn i, Cpu c) {
        if (c.cpl != 0) {
            throw c.gp();
        }
        long base = c.segBase[Cpu.GS];
        c.segBase[Cpu.GS] = c.msrs.kernelGsBase;
        c.msrs.kernelGsBase = base;
    }

    // ---- RDFSBASE and family ----

    static void readBase(Insn i, Cpu c, int seg) {
        checkBaseAccess(c);
        c.setReg(i.rm, i.opSize, c.segBase[seg]);
    }

    static void writeBase(Insn i, Cpu c, int seg) {
        checkBaseAccess(c);
        long base = c.reg(i.rm, i.opSize);
        if (!CodeSegment.isCanonical(base)) {
            throw c.gp();
        }
        c.segBase[seg] = base;
    }

    private static void checkBaseAccess(Cpu c) {
        if ((c.cr4 & ControlBits.CR4_FSGSBASE) == 0) {
            throw c.ud();
        }
    }
}
