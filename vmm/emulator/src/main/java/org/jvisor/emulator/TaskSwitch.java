package org.jvisor.emulator;

/**
 * The hardware task switch (SDM 3A §7.3) and the ways into it: far JMP and CALL to a TSS or a task
 * gate, interrupts through a task gate, IRET with EFLAGS.NT. Never in long mode.
 *
 * <p>Faults before the new task's state is loaded belong to the old task and are thrown. Later ones
 * belong to the new task: those of an instruction are delivered from here, those met while an event
 * is delivered are thrown, since there the return address is {@link Cpu#rip} already.
 */
final class TaskSwitch {
    private enum Reason {
        JUMP,
        CALL,
        RETURN,
        EVENT
    }

    private static final int[] DATA_SEGMENTS = {Cpu.ES, Cpu.DS, Cpu.FS, Cpu.GS};

    private TaskSwitch() {}

    // ---- ways in ----

    /** Far JMP to a TSS whose descriptor is checked. */
    static void jump(Cpu c, int selector, long descriptor, long nextRip) {
        perform(c, selector, descriptor, Reason.JUMP, nextRip, 0, true);
    }

    /** Far CALL to a TSS whose descriptor is checked. */
    static void call(Cpu c, int selector, long descriptor, long nextRip) {
        perform(c, selector, descriptor, Reason.CALL, nextRip, 0, true);
    }

    /** Far JMP through a task gate whose descriptor is checked. */
    static void jumpGate(Cpu c, int gateSelector, long gate, long nextRip) {
        int selector = Descriptor.gateSelector(gate);
        jump(c, selector, available(c, selector, 0), nextRip);
    }

    /** Far CALL through a task gate whose descriptor is checked. */
    static void callGate(Cpu c, int gateSelector, long gate, long nextRip) {
        int selector = Descriptor.gateSelector(gate);
        call(c, selector, available(c, selector, 0), nextRip);
    }

    /** IRET with EFLAGS.NT set. */
    static void back(Cpu c, long nextRip) {
        int selector = (int) c.mem.readSys(c.segBase[Cpu.TR] & 0xffff_ffffL, 2);
        int error = Descriptor.errorCode(selector);
        if ((selector & DescriptorTables.TI) != 0) {
            throw c.fault(Cpu.TS, error);
        }
        long descriptor = DescriptorTables.read(c, selector, Cpu.TS, 0);
        int access = Descriptor.access(descriptor);
        int type = Descriptor.systemType(access);
        if (type != Descriptor.TSS16_BUSY && type != Descriptor.TSS32_BUSY) {
            throw c.fault(Cpu.TS, error);
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, error);
        }
        perform(c, selector, descriptor, Reason.RETURN, nextRip, 0, true);
    }

    /** An event through a task gate of the IDT; the error code goes on the new task's stack. */
    static void toHandler(
            Cpu c, int selector, boolean hasError, int error, long returnRip, int ext) {
        long descriptor = available(c, selector, ext);
        perform(c, selector, descriptor, Reason.EVENT, returnRip, ext, ext == 0);
        if (hasError) {
            StackCursor stack = c.stack;
            stack.current(ext);
            stack.push((c.segAccess[Cpu.TR] & 8) != 0 ? 4 : 2, error);
            stack.store();
        }
    }

    private static long available(Cpu c, int selector, int ext) {
        int error = Descriptor.errorCode(selector) | ext;
        if ((selector & DescriptorTables.TI) != 0) {
            throw c.fault(Cpu.GP, error);
        }
        long descriptor = DescriptorTables.read(c, selector, Cpu.GP, ext);
        int access = Descriptor.access(descriptor);
        int type = Descriptor.systemType(access);
        if (type != Descriptor.TSS16 && type != Descriptor.TSS32) {
            throw c.fault(Cpu.GP, error);
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, error);
        }
        return descriptor;
    }

    // ---- the switch ----

    private static void perform(
            Cpu c,
            int selector,
            long descriptor,
            Reason reason,
            long returnRip,
            int ext,
            boolean byInstruction) {
        boolean wide = (Descriptor.access(descriptor) & 8) != 0;
        int least = wide ? TaskState.MIN_LIMIT32 : TaskState.MIN_LIMIT16;
        if (Integer.compareUnsigned(Descriptor.limit(descriptor), least) < 0) {
            throw c.fault(Cpu.TS, Descriptor.errorCode(selector) | ext);
        }
        boolean oldWide = (c.segAccess[Cpu.TR] & 8) != 0;
        int oldSelector = c.segSel[Cpu.TR];
        long oldBase = c.segBase[Cpu.TR];
        long base = Descriptor.base(descriptor);
        boolean nests = reason == Reason.CALL || reason == Reason.EVENT;
        int oldLength = oldWide ? TaskState.MIN_LIMIT32 + 1 : TaskState.MIN_LIMIT16 + 1;
        c.mem.slow.check(oldBase, oldLength, PageWalker.WRITE, Mmu.SUPERVISOR);
        c.mem.slow.check(
                base, least + 1, nests ? PageWalker.WRITE : PageWalker.READ, Mmu.SUPERVISOR);

        if (!nests) {
            DescriptorTables.markBusy(c, oldSelector, false);
        }
        int image = c.flags() & (reason == Reason.RETURN ? ~Cpu.NT : -1);
        TssImage tss = c.tss;
        tss.capture(c, returnRip, image);
        tss.save(c, oldBase, oldWide);
        if (nests) {
            c.mem.writeSys(base, 2, oldSelector);
        }
        if (reason != Reason.RETURN) {
            DescriptorTables.markBusy(c, selector, true);
        }
        tss.load(c, base, wide);
        if (nests) {
            tss.flags |= Cpu.NT;
        }
        int busy = Descriptor.access(descriptor) | Descriptor.TSS_BUSY;
        Segments.set(c, Cpu.TR, selector, base, Descriptor.limit(descriptor), busy);
        c.cr0 |= ControlBits.CR0_TS;
        c.dr7 &= ~0x155L; // the local enables
        DebugRegisters.changed(c);
        try {
            enter(c, tss, wide, ext);
        } catch (GuestFault f) {
            if (!byInstruction) {
                throw f;
            }
            Exceptions.raise(c, f);
        }
    }

    /** Loads the new task's registers, then its segments with their checks (SDM 3A table 7-1). */
    private static void enter(Cpu c, TssImage tss, boolean wide, int ext) {
        for (int i = 0; i < 8; i++) {
            c.r[i] = tss.registers[i];
        }
        c.rip = tss.rip;
        for (int seg = Cpu.ES; seg <= Cpu.GS; seg++) {
            Segments.set(c, seg, tss.selectors[seg], 0, 0, Descriptor.UNUSABLE);
        }
        Segments.set(c, Cpu.LDTR, tss.ldt, 0, 0, Descriptor.UNUSABLE);
        c.setFlags(tss.flags);
        c.setCpl((tss.flags & Cpu.VM) != 0 ? 3 : tss.selectors[Cpu.CS] & 3);
        if (wide && (c.cr0 & ControlBits.CR0_PG) != 0 && c.cr3 != tss.cr3) {
            ControlRegisters.loadCr3(c, tss.cr3);
        }
        loadLdt(c, tss.ldt, ext);
        if (c.v86()) {
            for (int seg = Cpu.ES; seg <= Cpu.GS; seg++) {
                SegmentLoad.loadReal(c, seg, tss.selectors[seg]);
            }
        } else {
            loadSegments(c, tss, ext);
        }
        if (c.rip > Integer.toUnsignedLong(c.segLimit[Cpu.CS])) {
            throw c.fault(Cpu.GP, ext);
        }
        if (tss.trap) {
            DebugRegisters.taskTrap(c);
        }
    }

    private static void loadLdt(Cpu c, int selector, int ext) {
        if (DescriptorTables.isNull(selector)) {
            return;
        }
        int error = Descriptor.errorCode(selector) | ext;
        if ((selector & DescriptorTables.TI) != 0) {
            throw c.fault(Cpu.TS, error);
        }
        long descriptor = DescriptorTables.read(c, selector, Cpu.TS, ext);
        int access = Descriptor.access(descriptor);
        if (Descriptor.systemType(access) != Descriptor.LDT || !Descriptor.present(access)) {
            throw c.fault(Cpu.TS, error);
        }
        long base = Descriptor.base(descriptor);
        Segments.set(c, Cpu.LDTR, selector, base, Descriptor.limit(descriptor), access);
    }

    private static void loadSegments(Cpu c, TssImage tss, int ext) {
        int code = tss.selectors[Cpu.CS];
        int error = Descriptor.errorCode(code) | ext;
        if (DescriptorTables.isNull(code)) {
            throw c.fault(Cpu.TS, error);
        }
        long descriptor = DescriptorTables.read(c, code, Cpu.TS, ext);
        int access = Descriptor.access(descriptor);
        int dpl = Descriptor.dpl(access);
        boolean conforming = Descriptor.isConformingCode(access);
        if (!Descriptor.isCode(access) || (conforming ? dpl > c.cpl : dpl != c.cpl)) {
            throw c.fault(Cpu.TS, error);
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, error);
        }
        SegmentLoad.commit(c, Cpu.CS, code, descriptor);
        int stack = tss.selectors[Cpu.SS];
        if (DescriptorTables.isNull(stack)) {
            throw c.fault(Cpu.TS, Descriptor.errorCode(stack) | ext);
        }
        long stackSegment = SegmentLoad.checkStack(c, stack, c.cpl, Cpu.TS, ext);
        SegmentLoad.commit(c, Cpu.SS, stack, stackSegment);
        for (int seg : DATA_SEGMENTS) {
            int selector = tss.selectors[seg];
            if (!DescriptorTables.isNull(selector)) {
                long data = SegmentLoad.checkData(c, selector, Cpu.TS);
                SegmentLoad.commit(c, seg, selector, data);
            }
        }
    }
}
