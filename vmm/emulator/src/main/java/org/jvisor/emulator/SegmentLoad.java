package org.jvisor.emulator;

/**
 * Loads of segment registers, with every check of SDM 2B MOV and SDM 3A §5.4 to §5.7. The functions
 * that check are apart from those that commit, for the control transfers that must finish their
 * checks before they change anything.
 */
final class SegmentLoad {
    private static final int REAL_LIMIT = 0xffff;

    /** Present, S, data, writable, accessed. */
    private static final int REAL_DATA = 0x93;

    /** What v86 segments are: the same at DPL 3. */
    private static final int V86_DATA = 0xf3;

    /** Size and granularity, which a load in real mode leaves as they were. */
    private static final int KEPT_IN_REAL_MODE = Descriptor.BIG | Descriptor.GRANULARITY;

    private SegmentLoad() {}

    /**
     * Loads ES, SS, DS, FS or GS as MOV, POP and LDS do.
     *
     * @param seg {@link Cpu#ES} to {@link Cpu#GS}, not CS
     * @param selector 16 bits
     */
    static void load(Cpu c, int seg, int selector) {
        if (!c.protectedMode()) {
            loadReal(c, seg, selector);
        } else if (seg == Cpu.SS) {
            loadStack(c, selector);
        } else {
            loadData(c, seg, selector);
        }
    }

    /** A load in real or virtual-8086 mode, CS included: real mode keeps limit and sizes. */
    static void loadReal(Cpu c, int seg, int selector) {
        long base = (long) selector << 4;
        if (c.v86()) {
            Segments.set(c, seg, selector, base, REAL_LIMIT, V86_DATA);
        } else {
            int kept = c.segAccess[seg] & KEPT_IN_REAL_MODE;
            int access = seg == Cpu.CS ? REAL_DATA | Descriptor.CODE : REAL_DATA;
            Segments.set(c, seg, selector, base, c.segLimit[seg], kept | access);
        }
    }

    /** Makes a data segment register unusable, as a load of a null selector does. */
    static void setNull(Cpu c, int seg, int selector) {
        Segments.set(c, seg, selector, 0, 0, Descriptor.UNUSABLE);
    }

    /** Loads SS with null, which 64-bit code below CPL 3 may do; DPL keeps the privilege level. */
    static void setNullStack(Cpu c, int selector, int cpl) {
        int access = Descriptor.UNUSABLE | cpl << 5;
        Segments.set(c, Cpu.SS, selector, 0, 0, access);
    }

    private static void loadStack(Cpu c, int selector) {
        if (DescriptorTables.isNull(selector)) {
            if (!c.is64() || c.cpl == 3 || (selector & 3) != c.cpl) {
                throw c.gp();
            }
            setNullStack(c, selector, c.cpl);
            return;
        }
        long descriptor = checkStack(c, selector, c.cpl, Cpu.GP, 0);
        commit(c, Cpu.SS, selector, descriptor);
    }

    /**
     * Reads and checks a stack segment that is not null.
     *
     * @param cpl the privilege level that RPL and DPL must have
     * @param vector the exception of a wrong segment: #GP, or #TS where a TSS named it
     * @param ext bit 0 of the error code
     */
    static long checkStack(Cpu c, int selector, int cpl, int vector, int ext) {
        long descriptor = DescriptorTables.read(c, selector, vector, ext);
        int access = Descriptor.access(descriptor);
        int error = Descriptor.errorCode(selector) | ext;
        if ((selector & 3) != cpl
                || !Descriptor.isWritableData(access)
                || Descriptor.dpl(access) != cpl) {
            throw c.fault(vector, error);
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.SS_FAULT, error);
        }
        return descriptor;
    }

    private static void loadData(Cpu c, int seg, int selector) {
        if (DescriptorTables.isNull(selector)) {
            setNull(c, seg, selector);
            return;
        }
        long descriptor = checkData(c, selector, Cpu.GP);
        commit(c, seg, selector, descriptor);
    }

    /**
     * Reads and checks a segment for DS, ES, FS or GS that is not null.
     *
     * @param vector the exception of a wrong segment: #GP, or #TS in a task switch
     */
    static long checkData(Cpu c, int selector, int vector) {
        long descriptor = DescriptorTables.read(c, selector, vector, 0);
        int access = Descriptor.access(descriptor);
        int error = Descriptor.errorCode(selector);
        int dpl = Descriptor.dpl(access);
        if (!Descriptor.isReadable(access)
                || (!Descriptor.isConformingCode(access)
                        && ((selector & 3) > dpl || c.cpl > dpl))) {
            throw c.fault(vector, error);
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, error);
        }
        return descriptor;
    }

    /** Loads a code or data segment whose checks are done, marking it accessed. */
    static void commit(Cpu c, int seg, int selector, long descriptor) {
        DescriptorTables.markAccessed(c, selector, descriptor);
        set(c, seg, selector, descriptor);
    }

    /** Loads a segment from a descriptor without touching memory. */
    static void set(Cpu c, int seg, int selector, long descriptor) {
        Segments.set(
                c,
                seg,
                selector,
                Descriptor.base(descriptor),
                Descriptor.limit(descriptor),
                Descriptor.access(descriptor) | Descriptor.ACCESSED);
    }

    /**
     * After a return to a lower privilege level: empties the data segment registers that it must
     * not use (SDM 2A IRET, SDM 2B RET).
     */
    static void dropPrivileged(Cpu c) {
        dropPrivileged(c, Cpu.ES);
        dropPrivileged(c, Cpu.DS);
        dropPrivileged(c, Cpu.FS);
        dropPrivileged(c, Cpu.GS);
    }

    private static void dropPrivileged(Cpu c, int seg) {
        int access = c.segAccess[seg];
        boolean usable = (access & Descriptor.UNUSABLE) == 0;
        if (usable && Descriptor.dpl(access) < c.cpl && !Descriptor.isConformingCode(access)) {
            setNull(c, seg, 0);
        }
    }
}
