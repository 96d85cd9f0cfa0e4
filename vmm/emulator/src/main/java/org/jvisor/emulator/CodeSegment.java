package org.jvisor.emulator;

/** Checks and loads of CS by control transfers (SDM 3A §5.8). */
final class CodeSegment {
    private CodeSegment() {}

    /** Reads and checks the target of a direct far JMP or CALL. */
    static long checkDirect(Cpu c, int selector, long descriptor) {
        int access = Descriptor.access(descriptor);
        int error = Descriptor.errorCode(selector);
        int dpl = Descriptor.dpl(access);
        boolean allowed =
                Descriptor.isConformingCode(access)
                        ? dpl <= c.cpl
                        : dpl == c.cpl && (selector & 3) <= c.cpl;
        if (!allowed) {
            throw c.fault(Cpu.GP, error);
        }
        checkPresentAndSize(c, access, error);
        return descriptor;
    }

    /** Reads and checks the code segment that RETF or IRET goes back to. */
    static long checkReturn(Cpu c, int selector) {
        if (DescriptorTables.isNull(selector)) {
            throw c.gp();
        }
        long descriptor = DescriptorTables.read(c, selector, Cpu.GP, 0);
        int access = Descriptor.access(descriptor);
        int error = Descriptor.errorCode(selector);
        int rpl = selector & 3;
        int dpl = Descriptor.dpl(access);
        if (rpl < c.cpl
                || !Descriptor.isCode(access)
                || (Descriptor.isConformingCode(access) ? dpl > rpl : dpl != rpl)) {
            throw c.fault(Cpu.GP, error);
        }
        checkPresentAndSize(c, access, error);
        return descriptor;
    }

    private static void checkPresentAndSize(Cpu c, int access, int error) {
        int both = Descriptor.LONG | Descriptor.BIG;
        if (c.longMode && (access & both) == both) {
            throw c.fault(Cpu.GP, error);
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, error);
        }
    }

    /** Whether code of this segment is 64-bit. */
    static boolean is64(Cpu c, long descriptor) {
        return c.longMode && (Descriptor.access(descriptor) & Descriptor.LONG) != 0;
    }

    /** Checks a target offset against the segment it will run in: #GP({@code error}) outside. */
    static void checkOffset(Cpu c, long descriptor, long offset, int error) {
        boolean bad =
                is64(c, descriptor)
                        ? !isCanonical(offset)
                        : offset > Integer.toUnsignedLong(Descriptor.limit(descriptor));
        if (bad) {
            throw c.fault(Cpu.GP, error);
        }
    }

    /** Whether all bits from 47 up are alike. */
    static boolean isCanonical(long address) {
        long top = address >> SoftwareCpuid.LINEAR_BITS - 1;
        return top == 0 || top == -1;
    }

    /**
     * Loads CS and the privilege level with it.
     *
     * @param selector its RPL is replaced by {@code cpl}
     */
    static void commit(Cpu c, int selector, long descriptor, int cpl) {
        c.setCpl(cpl);
        SegmentLoad.set(c, Cpu.CS, selector & ~3 | cpl, descriptor);
    }

    /** A far transfer in real or virtual-8086 mode: #GP(0) for an offset above the limit. */
    static void jumpReal(Cpu c, int selector, long offset) {
        if (offset > Integer.toUnsignedLong(c.segLimit[Cpu.CS])) {
            throw c.gp();
        }
        SegmentLoad.loadReal(c, Cpu.CS, selector);
        c.rip = offset;
    }
}
