package org.jvisor.emulator;

/** LGDT, LIDT, LLDT, LTR and what reads them back (SDM 3A §2.4, SDM 2A LGDT, LLDT, LTR). */
final class SystemTables {
    private SystemTables() {}

    // ---- GDTR and IDTR ----

    static void lgdt(Insn i, Cpu c) {
        long base = readBase(i, c);
        c.gdtLimit = (int) c.mem.read(i.ea(c), 2);
        c.gdtBase = base;
    }

    static void lidt(Insn i, Cpu c) {
        long base = readBase(i, c);
        c.idtLimit = (int) c.mem.read(i.ea(c), 2);
        c.idtBase = base;
    }

    private static long readBase(Insn i, Cpu c) {
        long at = i.ea(c, 2, i.mode == Cpu.MODE64 ? 8 : 4);
        if (i.mode == Cpu.MODE64) {
            long base = c.mem.read(at, 8);
            if (!CodeSegment.isCanonical(base)) {
                throw c.gp();
            }
            return base;
        }
        long base = c.mem.read(at, 4);
        return i.opSize == 2 ? base & 0xff_ffff : base;
    }

    static void sgdt(Insn i, Cpu c) {
        store(i, c, c.gdtLimit, c.gdtBase);
    }

    static void sidt(Insn i, Cpu c) {
        store(i, c, c.idtLimit, c.idtBase);
    }

    private static void store(Insn i, Cpu c, int limit, long base) {
        checkUmip(c);
        int size = i.mode == Cpu.MODE64 ? 8 : 4;
        long at = i.ea(c);
        c.mem.checkWrite(at, size + 2);
        c.mem.write(at, 2, limit);
        c.mem.write(i.ea(c, 2, size), size, base);
    }

    /** CR4.UMIP hides the tables from programs (SDM 3A §2.5). */
    static void checkUmip(Cpu c) {
        if (c.cpl != 0 && (c.cr4 & ControlBits.CR4_UMIP) != 0) {
            throw c.gp();
        }
    }

    // ---- LDTR ----

    static void lldt(Insn i, Cpu c) {
        int selector = (int) i.readE(c, 2);
        if (DescriptorTables.isNull(selector)) {
            Segments.set(c, Cpu.LDTR, selector, 0, 0, Descriptor.UNUSABLE);
            return;
        }
        long descriptor = systemDescriptor(c, selector);
        int access = Descriptor.access(descriptor);
        if (Descriptor.systemType(access) != Descriptor.LDT) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        checkPresent(c, selector, access);
        long base = base(c, selector, descriptor);
        Segments.set(c, Cpu.LDTR, selector, base, Descriptor.limit(descriptor), access);
    }

    static void sldt(Insn i, Cpu c) {
        storeSelector(i, c, c.segSel[Cpu.LDTR]);
    }

    // ---- TR ----

    static void ltr(Insn i, Cpu c) {
        int selector = (int) i.readE(c, 2);
        if (DescriptorTables.isNull(selector)) {
            throw c.gp();
        }
        long descriptor = systemDescriptor(c, selector);
        int access = Descriptor.access(descriptor);
        int type = Descriptor.systemType(access);
        if (type != Descriptor.TSS32 && (type != Descriptor.TSS16 || c.longMode)) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        checkPresent(c, selector, access);
        long base = base(c, selector, descriptor);
        DescriptorTables.markBusy(c, selector, true);
        int busy = access | Descriptor.TSS_BUSY;
        Segments.set(c, Cpu.TR, selector, base, Descriptor.limit(descriptor), busy);
    }

    static void str(Insn i, Cpu c) {
        storeSelector(i, c, c.segSel[Cpu.TR]);
    }

    // ---- shared ----

    private static long systemDescriptor(Cpu c, int selector) {
        if ((selector & DescriptorTables.TI) != 0) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        return DescriptorTables.read(c, selector, Cpu.GP, 0);
    }

    private static void checkPresent(Cpu c, int selector, int access) {
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, Descriptor.errorCode(selector));
        }
    }

    /** The base of a system descriptor, which takes two entries in long mode. */
    private static long base(Cpu c, int selector, long descriptor) {
        long base = Descriptor.base(descriptor);
        if (!c.longMode) {
            return base;
        }
        long high = DescriptorTables.readHigh(c, selector, Cpu.GP, 0);
        base |= high << 32;
        if ((high >>> 40 & 0x1f) != 0 || !CodeSegment.isCanonical(base)) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        return base;
    }

    private static void storeSelector(Insn i, Cpu c, int selector) {
        checkUmip(c);
        if (i.isMemory()) {
            c.mem.write(i.ea(c), 2, selector);
        } else {
            c.setReg(i.rm, i.opSize, selector);
        }
    }

    // ---- CR0's low half ----

    static void smsw(Insn i, Cpu c) {
        checkUmip(c);
        if (i.isMemory()) {
            c.mem.write(i.ea(c), 2, c.cr0);
        } else {
            c.setReg(i.rm, i.opSize, c.cr0);
        }
    }

    static void lmsw(Insn i, Cpu c) {
        ControlRegisters.loadMachineStatus(c, (int) i.readE(c, 2));
    }
}
