package org.jvisor.emulator;

/**
 * Delivery of interrupts and exceptions through the interrupt vector table or the IDT (SDM 3A
 * chapter 6, SDM 2A INT n). Each delivery either happens whole or throws the exception met on the
 * way, with registers unchanged.
 */
final class Interrupts {
    /** A fault, trap or abort that the program's instruction caused. */
    static final int EXCEPTION = 0;

    /** From outside: an interrupt or NMI. */
    static final int EXTERNAL = 1;

    /** INT n: the gate's DPL counts, and virtual-8086 mode has rules of its own. */
    static final int SOFTWARE = 2;

    /** INT3 and INTO: the gate's DPL counts. */
    static final int SOFTWARE_EXCEPTION = 3;

    /** INT1: as if it came from outside. */
    static final int PRIVILEGED_SOFTWARE = 4;

    /** Bit 1 of an error code: its index is a vector. */
    private static final int ERROR_IDT = 2;

    private Interrupts() {}

    /** Bit 0 of the error codes of faults met while delivering an event of this kind. */
    static int ext(int kind) {
        return kind == SOFTWARE || kind == SOFTWARE_EXCEPTION ? 0 : 1;
    }

    /** Whether the gate must admit the current privilege level. */
    private static boolean checksDpl(int kind) {
        return kind == SOFTWARE || kind == SOFTWARE_EXCEPTION;
    }

    /**
     * Enters the handler of {@code vector}.
     *
     * @param kind {@link #EXCEPTION} and so on
     * @param hasError whether {@code error} is pushed
     * @param returnRip the RIP to save
     * @throws GuestFault what went wrong on the way; nothing but memory below the stack pointer and
     *     accessed bits have changed
     */
    static void enter(Cpu c, int vector, int kind, boolean hasError, int error, long returnRip) {
        if ((c.cr0 & ControlBits.CR0_PE) == 0) {
            enterReal(c, vector, ext(kind), c.flags(), returnRip);
        } else if (c.longMode) {
            enterLong(c, vector, kind, hasError, error, returnRip);
        } else {
            enterProtected(c, vector, kind, hasError, error, returnRip);
        }
    }

    /**
     * Enters a handler through a table of far pointers at {@code idtBase}.
     *
     * @param image the flags to save
     */
    private static void enterReal(Cpu c, int vector, int ext, int image, long returnRip) {
        int at = 4 * vector;
        if (at + 3 > (c.idtLimit & 0xffff)) {
            throw c.fault(Cpu.GP, vector << 3 | ERROR_IDT | ext);
        }
        int pointer = (int) c.mem.readSys(c.idtBase + at & 0xffff_ffffL, 4);
        StackCursor stack = c.stack;
        stack.current(ext);
        stack.push(2, image);
        stack.push(2, c.segSel[Cpu.CS]);
        stack.push(2, returnRip);
        CodeSegment.jumpReal(c, pointer >>> 16, pointer & 0xffff);
        stack.store();
        c.setFlags(c.flags() & ~(Cpu.IF | Cpu.TF | Cpu.RF | Cpu.AC));
    }

    private static void enterProtected(
            Cpu c, int vector, int kind, boolean hasError, int error, long returnRip) {
        int ext = ext(kind);
        int code = vector << 3 | ERROR_IDT | ext;
        int at = 8 * vector;
        if (at + 7 > (c.idtLimit & 0xffff)) {
            throw c.fault(Cpu.GP, code);
        }
        long gate = c.mem.readSys(DescriptorTables.linear(c, c.idtBase + at), 8);
        int access = Descriptor.access(gate);
        int type = Descriptor.systemType(access);
        switch (type) {
            case Descriptor.TASK_GATE,
                    Descriptor.INTERRUPT_GATE16,
                    Descriptor.INTERRUPT_GATE32,
                    Descriptor.TRAP_GATE16,
                    Descriptor.TRAP_GATE32 -> {}
            default -> throw c.fault(Cpu.GP, code);
        }
        checkGate(c, access, kind, code);
        if (type == Descriptor.TASK_GATE) {
            TaskSwitch.toHandler(c, Descriptor.gateSelector(gate), hasError, error, returnRip, ext);
            return;
        }
        int selector = Descriptor.gateSelector(gate);
        long target = Descriptor.gateOffset(gate) & ((type & 8) != 0 ? 0xffff_ffffL : 0xffff);
        long segment = checkTarget(c, selector, ext);
        int level = targetLevel(c, selector, segment, ext);
        int size = (type & 8) != 0 ? 4 : 2;
        int image = savedFlags(c, vector, kind);
        if (level < c.cpl) {
            enterInner(
                    c, selector, segment, target, level, size, image, hasError, error, returnRip,
                    ext);
        } else {
            CodeSegment.checkOffset(c, segment, target, ext);
            StackCursor stack = c.stack;
            stack.current(ext);
            pushReturn(c, size, image, hasError, error, returnRip);
            DescriptorTables.markAccessed(c, selector, segment);
            CodeSegment.commit(c, selector, segment, level);
            stack.store();
            c.rip = target;
        }
        finish(c, (type & 1) == 0);
    }

    private static void checkGate(Cpu c, int access, int kind, int code) {
        if (checksDpl(kind) && Descriptor.dpl(access) < c.cpl) {
            throw c.fault(Cpu.GP, code);
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, code);
        }
    }

    /** The descriptor of a handler's code segment. */
    private static long checkTarget(Cpu c, int selector, int ext) {
        if (DescriptorTables.isNull(selector)) {
            throw c.fault(Cpu.GP, ext);
        }
        long segment = DescriptorTables.read(c, selector, Cpu.GP, ext);
        int access = Descriptor.access(segment);
        int error = Descriptor.errorCode(selector) | ext;
        if (!Descriptor.isCode(access) || Descriptor.dpl(access) > c.cpl) {
            throw c.fault(Cpu.GP, error);
        }
        if (c.longMode && (access & (Descriptor.LONG | Descriptor.BIG)) != Descriptor.LONG) {
            throw c.fault(Cpu.GP, error);
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, error);
        }
        return segment;
    }

    /** The privilege level of the handler; from virtual-8086 mode it can only be 0. */
    private static int targetLevel(Cpu c, int selector, long segment, int ext) {
        int access = Descriptor.access(segment);
        int level = Descriptor.isConformingCode(access) ? c.cpl : Descriptor.dpl(access);
        if (c.v86() && level != 0) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector) | ext);
        }
        return level;
    }

    private static void enterInner(
            Cpu c,
            int selector,
            long segment,
            long target,
            int level,
            int size,
            int image,
            boolean hasError,
            int error,
            long returnRip,
            int ext) {
        int stackSelector = TaskState.stackSelector(c, level, ext);
        long stackPointer = TaskState.stackPointer(c, level, ext);
        if (DescriptorTables.isNull(stackSelector)) {
            throw c.fault(Cpu.TS, ext);
        }
        long stackSegment = SegmentLoad.checkStack(c, stackSelector, level, Cpu.TS, ext);
        CodeSegment.checkOffset(c, segment, target, ext);
        StackCursor stack = c.stack;
        stack.of(stackSegment, stackPointer, Descriptor.errorCode(stackSelector) | ext);
        int from = c.cpl;
        boolean v86 = c.v86();
        c.setCpl(level);
        try {
            if (v86) {
                stack.push(size, c.segSel[Cpu.GS]);
                stack.push(size, c.segSel[Cpu.FS]);
                stack.push(size, c.segSel[Cpu.DS]);
                stack.push(size, c.segSel[Cpu.ES]);
            }
            stack.push(size, c.segSel[Cpu.SS]);
            stack.push(size, c.r[Cpu.RSP]);
            pushReturn(c, size, image, hasError, error, returnRip);
            DescriptorTables.markAccessed(c, stackSelector, stackSegment);
            DescriptorTables.markAccessed(c, selector, segment);
        } catch (GuestFault f) {
            c.setCpl(from);
            throw f;
        }
        if (v86) {
            c.setFlags(c.flags() & ~Cpu.VM);
            SegmentLoad.setNull(c, Cpu.GS, 0);
            SegmentLoad.setNull(c, Cpu.FS, 0);
            SegmentLoad.setNull(c, Cpu.DS, 0);
            SegmentLoad.setNull(c, Cpu.ES, 0);
        }
        CodeSegment.commit(c, selector, segment, level);
        SegmentLoad.set(c, Cpu.SS, stackSelector, stackSegment);
        stack.store();
        c.rip = target;
    }

    private static void pushReturn(
            Cpu c, int size, int image, boolean hasError, int error, long returnRip) {
        StackCursor stack = c.stack;
        stack.push(size, Integer.toUnsignedLong(image));
        stack.push(size, c.segSel[Cpu.CS]);
        stack.push(size, returnRip);
        if (hasError) {
            stack.push(size, error);
        }
    }

    private static void enterLong(
            Cpu c, int vector, int kind, boolean hasError, int error, long returnRip) {
        int ext = ext(kind);
        int code = vector << 3 | ERROR_IDT | ext;
        int at = 16 * vector;
        if (at + 15 > (c.idtLimit & 0xffff)) {
            throw c.fault(Cpu.GP, code);
        }
        long gate = c.mem.readSys(c.idtBase + at, 8);
        int access = Descriptor.access(gate);
        int type = Descriptor.systemType(access);
        if (type != Descriptor.INTERRUPT_GATE32 && type != Descriptor.TRAP_GATE32) {
            throw c.fault(Cpu.GP, code);
        }
        checkGate(c, access, kind, code);
        long target = Descriptor.gateOffset(gate) | c.mem.readSys(c.idtBase + at + 8, 4) << 32;
        int selector = Descriptor.gateSelector(gate);
        long segment = checkTarget(c, selector, ext);
        int level = targetLevel(c, selector, segment, ext);
        int ist = Descriptor.gateIst(gate);
        long rsp = c.r[Cpu.RSP];
        if (ist != 0) {
            rsp = TaskState.interruptStack(c, ist, ext);
        } else if (level < c.cpl) {
            rsp = TaskState.stackPointer64(c, level, ext);
        }
        CodeSegment.checkOffset(c, segment, target, ext);
        StackCursor stack = c.stack;
        stack.flat(rsp & ~0xfL, ext);
        int image = savedFlags(c, vector, kind);
        int from = c.cpl;
        if (level != from) {
            c.setCpl(level);
        }
        try {
            stack.push(8, c.segSel[Cpu.SS]);
            stack.push(8, c.r[Cpu.RSP]);
            pushReturn(c, 8, image, hasError, error, returnRip);
            DescriptorTables.markAccessed(c, selector, segment);
        } catch (GuestFault f) {
            c.setCpl(from);
            throw f;
        }
        CodeSegment.commit(c, selector, segment, level);
        if (level != from) {
            SegmentLoad.setNullStack(c, level, level);
        }
        stack.store();
        c.rip = target;
        finish(c, type == Descriptor.INTERRUPT_GATE32);
    }

    /** EFLAGS.RF is saved set by faults, so that an instruction breakpoint does not repeat. */
    private static int savedFlags(Cpu c, int vector, int kind) {
        int flags = c.flags();
        boolean fault = kind == EXCEPTION && vector != Cpu.DB;
        return fault ? flags | Cpu.RF : flags;
    }

    private static void finish(Cpu c, boolean interruptGate) {
        int cleared = Cpu.TF | Cpu.NT | Cpu.RF | Cpu.VM | (interruptGate ? Cpu.IF : 0);
        c.setFlags(c.flags() & ~cleared);
    }

    /**
     * Enters a handler of virtual-8086 mode itself, as INT n does where CR4.VME and the redirection
     * bitmap say so (SDM 3B §21.3.3).
     *
     * @param image the flags to save
     * @param virtual whether VIF stands for IF
     */
    static void enterRedirected(Cpu c, int vector, int image, boolean virtual, long returnRip) {
        int pointer = (int) c.mem.read(4L * vector, 4);
        StackCursor stack = c.stack;
        stack.current();
        stack.push(2, image);
        stack.push(2, c.segSel[Cpu.CS]);
        stack.push(2, returnRip);
        CodeSegment.jumpReal(c, pointer >>> 16, pointer & 0xffff);
        stack.store();
        int cleared = Cpu.TF | Cpu.RF | Cpu.NT | (virtual ? Cpu.VIF : Cpu.IF);
        c.setFlags(c.flags() & ~cleared);
    }
}
