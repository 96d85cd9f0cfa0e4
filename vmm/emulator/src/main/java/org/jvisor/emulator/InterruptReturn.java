package org.jvisor.emulator;

import java.lang.invoke.VarHandle;

/** IRET in all its forms (SDM 2A IRET). */
final class InterruptReturn {
    /** What IRET restores at any privilege level and operand size. */
    private static final int ALWAYS = Cpu.ARITH | Cpu.TF | Cpu.DF | Cpu.NT;

    /** What only a 32-bit or 64-bit IRET restores. */
    private static final int WIDE = Cpu.RF | Cpu.AC | Cpu.ID;

    private InterruptReturn() {}

    /**
     * Executes IRET.
     *
     * @param size operand size: 2, 4 or 8 bytes
     * @param nextRip saved if a task switch results
     */
    static void execute(Cpu c, int size, long nextRip) {
        VarHandle.fullFence(); // it serialises (SDM 3A §9.3)
        c.nmiBlocked = false; // even if it faults (SDM 3A §6.7.1)
        if ((c.cr0 & ControlBits.CR0_PE) == 0) {
            real(c, size);
        } else if (c.v86()) {
            fromV86(c, size);
        } else if ((c.rflags & Cpu.NT) != 0) {
            if (c.longMode) {
                throw c.gp();
            }
            TaskSwitch.back(c, nextRip);
        } else {
            fromProtected(c, size);
        }
    }

    private static void real(Cpu c, int size) {
        StackCursor stack = c.stack;
        stack.current();
        long rip = stack.pop(size);
        int selector = (int) stack.pop(size) & 0xffff;
        int image = (int) stack.pop(size);
        CodeSegment.jumpReal(c, selector, rip);
        stack.store();
        int restored = ALWAYS | Cpu.IF | Cpu.IOPL | (size == 2 ? 0 : WIDE);
        merge(c, image, restored);
    }

    private static void fromV86(Cpu c, int size) {
        boolean vme = (c.cr4 & ControlBits.CR4_VME) != 0;
        boolean trusted = (c.rflags & Cpu.IOPL) == Cpu.IOPL;
        if (!trusted && (!vme || size != 2)) {
            throw c.gp();
        }
        StackCursor stack = c.stack;
        stack.current();
        long rip = stack.pop(size);
        int selector = (int) stack.pop(size) & 0xffff;
        int image = (int) stack.pop(size);
        boolean wantsInterrupts = (image & Cpu.IF) != 0;
        if (!trusted && ((image & Cpu.TF) != 0 || wantsInterrupts && (c.rflags & Cpu.VIP) != 0)) {
            throw c.gp();
        }
        CodeSegment.jumpReal(c, selector, rip);
        stack.store();
        if (trusted) {
            merge(c, image, ALWAYS | Cpu.IF | (size == 2 ? 0 : WIDE));
        } else {
            merge(c, image & ~Cpu.VIF | (wantsInterrupts ? Cpu.VIF : 0), ALWAYS | Cpu.VIF);
        }
    }

    private static void fromProtected(Cpu c, int size) {
        StackCursor stack = c.stack;
        stack.current();
        long rip = stack.pop(size);
        int selector = (int) stack.pop(size) & 0xffff;
        int image = (int) stack.pop(size);
        if (!c.longMode && size == 4 && (image & Cpu.VM) != 0 && c.cpl == 0) {
            toV86(c, rip, selector, image);
            return;
        }
        long segment = CodeSegment.checkReturn(c, selector);
        int rpl = selector & 3;
        if (rpl != c.cpl || c.is64()) {
            withStack(c, size, rip, selector, segment, image);
            return;
        }
        CodeSegment.checkOffset(c, segment, rip, 0);
        DescriptorTables.markAccessed(c, selector, segment);
        int restored = restored(c, size);
        CodeSegment.commit(c, selector, segment, rpl);
        stack.store();
        merge(c, image, restored);
        c.rip = rip;
    }

    /** To a less privileged level, or from 64-bit code to any: SS and rSP are popped too. */
    private static void withStack(
            Cpu c, int size, long rip, int selector, long segment, int image) {
        StackCursor stack = c.stack;
        int rpl = selector & 3;
        long rsp = stack.pop(size);
        int stackSelector = (int) stack.pop(size) & 0xffff;
        boolean to64 = CodeSegment.is64(c, segment);
        long stackSegment = OuterStack.check(c, stackSelector, rpl, to64);
        CodeSegment.checkOffset(c, segment, rip, 0);
        DescriptorTables.markAccessed(c, selector, segment);
        OuterStack.markAccessed(c, stackSelector, stackSegment);
        int restored = restored(c, size);
        boolean outer = rpl != c.cpl;
        CodeSegment.commit(c, selector, segment, rpl);
        OuterStack.commit(c, stackSelector, stackSegment, rsp, to64);
        merge(c, image, restored);
        c.rip = rip;
        if (outer) {
            SegmentLoad.dropPrivileged(c);
        }
    }

    /** What the present privilege level lets IRET restore. */
    private static int restored(Cpu c, int size) {
        int restored = ALWAYS | (size == 2 ? 0 : WIDE);
        if (c.cpl <= (c.rflags & Cpu.IOPL) >> 12) {
            restored |= Cpu.IF;
        }
        if (c.cpl == 0) {
            restored |= Cpu.IOPL | (size == 2 ? 0 : Cpu.VIF | Cpu.VIP);
        }
        return restored;
    }

    private static void toV86(Cpu c, long rip, int selector, int image) {
        StackCursor stack = c.stack;
        long esp = stack.pop(4);
        int ss = (int) stack.pop(4) & 0xffff;
        int es = (int) stack.pop(4) & 0xffff;
        int ds = (int) stack.pop(4) & 0xffff;
        int fs = (int) stack.pop(4) & 0xffff;
        int gs = (int) stack.pop(4) & 0xffff;
        if (rip > 0xffff) {
            throw c.gp();
        }
        c.setFlags(image);
        c.setCpl(3);
        SegmentLoad.loadReal(c, Cpu.CS, selector);
        SegmentLoad.loadReal(c, Cpu.SS, ss);
        SegmentLoad.loadReal(c, Cpu.ES, es);
        SegmentLoad.loadReal(c, Cpu.DS, ds);
        SegmentLoad.loadReal(c, Cpu.FS, fs);
        SegmentLoad.loadReal(c, Cpu.GS, gs);
        c.r[Cpu.RSP] = esp;
        c.rip = rip;
    }

    private static void merge(Cpu c, int image, int restored) {
        c.setFlags(c.flags() & ~restored | image & restored);
    }
}
