package org.jvisor.emulator;

/** Far JMP, CALL and RET: direct, through gates, and to tasks (SDM 2A CALL, JMP, 2B RET). */
final class FarTransfers {
    private FarTransfers() {}

    // ---- JMP ----

    /**
     * Executes a far JMP.
     *
     * @param offset already cut to the operand size
     * @param nextRip saved if a task switch results
     */
    static void jump(Cpu c, int selector, long offset, long nextRip) {
        if (!c.protectedMode()) {
            CodeSegment.jumpReal(c, selector, offset);
            return;
        }
        if (DescriptorTables.isNull(selector)) {
            throw c.gp();
        }
        long descriptor = DescriptorTables.read(c, selector, Cpu.GP, 0);
        if (Descriptor.isCode(Descriptor.access(descriptor))) {
            CodeSegment.checkDirect(c, selector, descriptor);
            CodeSegment.checkOffset(c, descriptor, offset, 0);
            DescriptorTables.markAccessed(c, selector, descriptor);
            CodeSegment.commit(c, selector, descriptor, c.cpl);
            c.rip = offset;
            return;
        }
        switch (systemTarget(c, selector, descriptor)) {
            case Descriptor.CALL_GATE16, Descriptor.CALL_GATE32 ->
                    jumpThroughGate(c, selector, descriptor);
            case Descriptor.TASK_GATE -> TaskSwitch.jumpGate(c, selector, descriptor, nextRip);
            default -> TaskSwitch.jump(c, selector, descriptor, nextRip);
        }
    }

    private static void jumpThroughGate(Cpu c, int gateSelector, long gate) {
        int selector = Descriptor.gateSelector(gate);
        long target = gateTarget(c, gateSelector, gate);
        long segment = gateSegment(c, gate);
        int access = Descriptor.access(segment);
        int dpl = Descriptor.dpl(access);
        if (Descriptor.isConformingCode(access) ? dpl > c.cpl : dpl != c.cpl) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        checkPresent(c, selector, access);
        CodeSegment.checkOffset(c, segment, target, 0);
        DescriptorTables.markAccessed(c, selector, segment);
        CodeSegment.commit(c, selector, segment, c.cpl);
        c.rip = target;
    }

    // ---- CALL ----

    /**
     * Executes a far CALL.
     *
     * @param offset already cut to the operand size
     * @param size operand size: 2, 4 or 8 bytes
     * @param nextRip the return address
     */
    static void call(Cpu c, int selector, long offset, int size, long nextRip) {
        StackCursor stack = c.stack;
        if (!c.protectedMode()) {
            stack.current();
            pushReturn(c, size, nextRip);
            CodeSegment.jumpReal(c, selector, offset);
            stack.store();
            return;
        }
        if (DescriptorTables.isNull(selector)) {
            throw c.gp();
        }
        long descriptor = DescriptorTables.read(c, selector, Cpu.GP, 0);
        if (Descriptor.isCode(Descriptor.access(descriptor))) {
            CodeSegment.checkDirect(c, selector, descriptor);
            callSameLevel(c, selector, descriptor, offset, size, nextRip);
            return;
        }
        switch (systemTarget(c, selector, descriptor)) {
            case Descriptor.CALL_GATE16, Descriptor.CALL_GATE32 ->
                    callThroughGate(c, selector, descriptor, nextRip);
            case Descriptor.TASK_GATE -> TaskSwitch.callGate(c, selector, descriptor, nextRip);
            default -> TaskSwitch.call(c, selector, descriptor, nextRip);
        }
    }

    private static void callSameLevel(
            Cpu c, int selector, long segment, long target, int size, long nextRip) {
        StackCursor stack = c.stack;
        stack.current();
        pushReturn(c, size, nextRip);
        CodeSegment.checkOffset(c, segment, target, 0);
        DescriptorTables.markAccessed(c, selector, segment);
        CodeSegment.commit(c, selector, segment, c.cpl);
        stack.store();
        c.rip = target;
    }

    private static void callThroughGate(Cpu c, int gateSelector, long gate, long nextRip) {
        int selector = Descriptor.gateSelector(gate);
        long target = gateTarget(c, gateSelector, gate);
        long segment = gateSegment(c, gate);
        int access = Descriptor.access(segment);
        int dpl = Descriptor.dpl(access);
        if (dpl > c.cpl) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        checkPresent(c, selector, access);
        boolean wide = Descriptor.systemType(Descriptor.access(gate)) == Descriptor.CALL_GATE32;
        int size = c.longMode ? 8 : wide ? 4 : 2;
        if (Descriptor.isConformingCode(access) || dpl == c.cpl) {
            callSameLevel(c, selector, segment, target, size, nextRip);
        } else if (c.longMode) {
            callInner64(c, selector, segment, target, dpl, nextRip);
        } else {
            int parameters = Descriptor.gateParameters(gate);
            callInner(c, selector, segment, target, dpl, size, parameters, nextRip);
        }
    }

    private static void callInner(
            Cpu c,
            int selector,
            long segment,
            long target,
            int level,
            int size,
            int parameters,
            long nextRip) {
        int stackSelector = TaskState.stackSelector(c, level, 0);
        long stackPointer = TaskState.stackPointer(c, level, 0);
        if (DescriptorTables.isNull(stackSelector)) {
            throw c.fault(Cpu.TS, 0);
        }
        long stackSegment = SegmentLoad.checkStack(c, stackSelector, level, Cpu.TS, 0);
        CodeSegment.checkOffset(c, segment, target, 0);
        StackCursor old = c.otherStack;
        old.current();
        StackCursor stack = c.stack;
        stack.of(stackSegment, stackPointer, Descriptor.errorCode(stackSelector));
        int from = c.cpl;
        try {
            c.setCpl(level);
            stack.push(size, c.segSel[Cpu.SS]);
            stack.push(size, c.r[Cpu.RSP]);
            for (int i = parameters - 1; i >= 0; i--) {
                c.setCpl(from); // the parameters are read with the caller's rights
                long parameter = old.peek((long) i * size, size);
                c.setCpl(level);
                stack.push(size, parameter);
            }
            pushReturn(c, size, nextRip);
            DescriptorTables.markAccessed(c, stackSelector, stackSegment);
            DescriptorTables.markAccessed(c, selector, segment);
        } catch (GuestFault f) {
            c.setCpl(from);
            throw f;
        }
        CodeSegment.commit(c, selector, segment, level);
        SegmentLoad.set(c, Cpu.SS, stackSelector, stackSegment);
        stack.store();
        c.rip = target;
    }

    private static void callInner64(
            Cpu c, int selector, long segment, long target, int level, long nextRip) {
        long rsp = TaskState.stackPointer64(c, level, 0);
        CodeSegment.checkOffset(c, segment, target, 0);
        StackCursor stack = c.stack;
        stack.flat(rsp, 0);
        int from = c.cpl;
        c.setCpl(level);
        try {
            stack.push(8, c.segSel[Cpu.SS]);
            stack.push(8, c.r[Cpu.RSP]);
            pushReturn(c, 8, nextRip);
            DescriptorTables.markAccessed(c, selector, segment);
        } catch (GuestFault f) {
            c.setCpl(from);
            throw f;
        }
        CodeSegment.commit(c, selector, segment, level);
        SegmentLoad.setNullStack(c, level, level);
        stack.store();
        c.rip = target;
    }

    private static void pushReturn(Cpu c, int size, long nextRip) {
        c.stack.push(size, c.segSel[Cpu.CS]);
        c.stack.push(size, nextRip);
    }

    // ---- gates ----

    /** Checks that a system descriptor is something to transfer to; returns its type. */
    private static int systemTarget(Cpu c, int selector, long descriptor) {
        int access = Descriptor.access(descriptor);
        int type = Descriptor.systemType(access);
        boolean known =
                switch (type) {
                    case Descriptor.CALL_GATE32 -> true;
                    case Descriptor.CALL_GATE16,
                            Descriptor.TASK_GATE,
                            Descriptor.TSS16,
                            Descriptor.TSS32 ->
                            !c.longMode;
                    default -> false;
                };
        int dpl = Descriptor.dpl(access);
        if (!known || dpl < c.cpl || dpl < (selector & 3)) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        boolean tss = type == Descriptor.TSS16 || type == Descriptor.TSS32;
        if (tss && (selector & DescriptorTables.TI) != 0) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, Descriptor.errorCode(selector));
        }
        return type;
    }

    /** The offset a call gate holds; in long mode the gate takes two entries. */
    private static long gateTarget(Cpu c, int gateSelector, long gate) {
        long target = Descriptor.gateOffset(gate);
        if (c.longMode) {
            long high = DescriptorTables.readHigh(c, gateSelector, Cpu.GP, 0);
            if ((high >>> 40 & 0x1f) != 0) {
                throw c.fault(Cpu.GP, Descriptor.errorCode(gateSelector));
            }
            return target | high << 32;
        }
        int type = Descriptor.systemType(Descriptor.access(gate));
        return type == Descriptor.CALL_GATE16 ? target & 0xffff : target;
    }

    /** The code segment a call gate names, checked for being code. */
    private static long gateSegment(Cpu c, long gate) {
        int selector = Descriptor.gateSelector(gate);
        if (DescriptorTables.isNull(selector)) {
            throw c.gp();
        }
        long segment = DescriptorTables.read(c, selector, Cpu.GP, 0);
        int access = Descriptor.access(segment);
        int sizes = access & (Descriptor.LONG | Descriptor.BIG);
        if (!Descriptor.isCode(access) || c.longMode && sizes != Descriptor.LONG) {
            throw c.fault(Cpu.GP, Descriptor.errorCode(selector));
        }
        return segment;
    }

    private static void checkPresent(Cpu c, int selector, int access) {
        if (!Descriptor.present(access)) {
            throw c.fault(Cpu.NP, Descriptor.errorCode(selector));
        }
    }

    // ---- RET ----

    /**
     * Executes a far RET.
     *
     * @param size operand size: 2, 4 or 8 bytes
     * @param parameters bytes to drop from the stack, on both stacks when the level changes
     */
    static void ret(Cpu c, int size, int parameters) {
        StackCursor stack = c.stack;
        stack.current();
        long rip = stack.pop(size);
        int selector = (int) stack.pop(size) & 0xffff;
        if (!c.protectedMode()) {
            CodeSegment.jumpReal(c, selector, rip);
            stack.skip(parameters);
            stack.store();
            return;
        }
        long segment = CodeSegment.checkReturn(c, selector);
        int rpl = selector & 3;
        stack.skip(parameters);
        if (rpl == c.cpl) {
            CodeSegment.checkOffset(c, segment, rip, 0);
            DescriptorTables.markAccessed(c, selector, segment);
            CodeSegment.commit(c, selector, segment, rpl);
            stack.store();
            c.rip = rip;
            return;
        }
        long rsp = stack.pop(size);
        int stackSelector = (int) stack.pop(size) & 0xffff;
        boolean to64 = CodeSegment.is64(c, segment);
        long stackSegment = OuterStack.check(c, stackSelector, rpl, to64);
        CodeSegment.checkOffset(c, segment, rip, 0);
        DescriptorTables.markAccessed(c, selector, segment);
        OuterStack.markAccessed(c, stackSelector, stackSegment);
        CodeSegment.commit(c, selector, segment, rpl);
        OuterStack.commit(c, stackSelector, stackSegment, rsp + parameters, to64);
        c.rip = rip;
        SegmentLoad.dropPrivileged(c);
    }
}
