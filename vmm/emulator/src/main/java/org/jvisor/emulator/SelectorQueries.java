package org.jvisor.emulator;

/** LAR, LSL, VERR, VERW and ARPL: questions about selectors that never fault on one (SDM 2A). */
final class SelectorQueries {
    /** System types LAR knows, one bit each. */
    private static final int LAR_TYPES =
            1 << Descriptor.TSS16
                    | 1 << Descriptor.LDT
                    | 1 << Descriptor.TSS16_BUSY
                    | 1 << Descriptor.CALL_GATE16
                    | 1 << Descriptor.TASK_GATE
                    | 1 << Descriptor.TSS32
                    | 1 << Descriptor.TSS32_BUSY
                    | 1 << Descriptor.CALL_GATE32;

    private static final int LAR_TYPES_LONG =
            1 << Descriptor.LDT
                    | 1 << Descriptor.TSS32
                    | 1 << Descriptor.TSS32_BUSY
                    | 1 << Descriptor.CALL_GATE32;

    private static final int LSL_TYPES =
            1 << Descriptor.TSS16
                    | 1 << Descriptor.LDT
                    | 1 << Descriptor.TSS16_BUSY
                    | 1 << Descriptor.TSS32
                    | 1 << Descriptor.TSS32_BUSY;

    private static final int LSL_TYPES_LONG =
            1 << Descriptor.LDT | 1 << Descriptor.TSS32 | 1 << Descriptor.TSS32_BUSY;

    /** The bits of a descriptor's upper half that LAR shows. */
    private static final int RIGHTS = 0x00f0_ff00;

    private SelectorQueries() {}

    static void lar(Insn i, Cpu c) {
        long descriptor = find(c, (int) i.readE(c, 2), LAR_TYPES, LAR_TYPES_LONG);
        if (descriptor != 0) {
            c.setReg(i.reg, i.opSize, descriptor >>> 32 & RIGHTS);
        }
        setZero(c, descriptor != 0);
    }

    static void lsl(Insn i, Cpu c) {
        long descriptor = find(c, (int) i.readE(c, 2), LSL_TYPES, LSL_TYPES_LONG);
        if (descriptor != 0) {
            c.setReg(i.reg, i.opSize, Integer.toUnsignedLong(Descriptor.limit(descriptor)));
        }
        setZero(c, descriptor != 0);
    }

    static void verr(Insn i, Cpu c) {
        long descriptor = find(c, (int) i.readE(c, 2), 0, 0);
        setZero(c, descriptor != 0 && Descriptor.isReadable(Descriptor.access(descriptor)));
    }

    static void verw(Insn i, Cpu c) {
        long descriptor = find(c, (int) i.readE(c, 2), 0, 0);
        setZero(c, descriptor != 0 && Descriptor.isWritableData(Descriptor.access(descriptor)));
    }

    static void arpl(Insn i, Cpu c) {
        int from = (int) c.r[i.reg] & 3;
        long at = i.isMemory() ? i.ea(c) : 0;
        int selector = (int) (i.isMemory() ? c.mem.readRmw(at, 2) : c.reg(i.rm, 2));
        boolean raise = (selector & 3) < from;
        int value = raise ? selector & ~3 | from : selector;
        if (i.isMemory()) {
            c.mem.write(at, 2, value);
        } else {
            c.setReg(i.rm, 2, value);
        }
        setZero(c, raise);
    }

    /**
     * The descriptor, if the program may see it and it is code, data or of a type in the mask; else
     * 0, which is no valid descriptor.
     */
    private static long find(Cpu c, int selector, int types, int typesInLongMode) {
        long at = DescriptorTables.isNull(selector) ? -1 : DescriptorTables.find(c, selector, 8);
        if (at == -1) {
            return 0;
        }
        long descriptor = c.mem.readSys(at, 8);
        int access = Descriptor.access(descriptor);
        int type = Descriptor.systemType(access);
        if (type >= 0 && ((c.longMode ? typesInLongMode : types) >> type & 1) == 0) {
            return 0;
        }
        int dpl = Descriptor.dpl(access);
        boolean visible = c.cpl <= dpl && (selector & 3) <= dpl;
        return visible || Descriptor.isConformingCode(access) ? descriptor : 0;
    }

    private static void setZero(Cpu c, boolean zero) {
        int flags = Flags.arithmetic(c);
        Flags.set(c, zero ? flags | Cpu.ZF : flags & ~Cpu.ZF);
    }
}
