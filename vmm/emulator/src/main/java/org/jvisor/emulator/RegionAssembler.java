package org.jvisor.emulator;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.BitSet;

/**
 * Writes the method of a {@link Region}: the small sequences that all instructions are made of.
 * Operand values of 8 bytes are longs on the operand stack, smaller ones ints whose bits above
 * their size do not matter.
 */
final class RegionAssembler extends RegionLocals {
    private static final ClassDesc WIDE = ClassDesc.of("org.jvisor.emulator.RegionWide");

    /** Locals: address and value of the memory access being written. */
    private static final int MA = 30, MV = 32, MI = 34;

    /** Local: whether a write reached decoded code. */
    static final int STOP = 35;

    /** Local: {@link Mmu#slot} of the access. */
    private static final int SLOT = 36;

    private static final long PAGE_MASK = ~0xfffL;
    private static final ClassDesc ORDERED = ClassDesc.of("org.jvisor.emulator.Ordered");
    private static final long LOW32 = 0xffff_ffffL;

    /** Where a run ends with RIP set; flags and count are written there. */
    final Label leave;

    /** Where a run ends with RIP and flags written; the count is there. */
    final Label left;

    /** Where a run ends after an instruction whose write reached decoded code. */
    final Label stop;

    /** Handles a fault of an instruction executed as the interpreter would. */
    final Label faulted;

    /** Where a run ends before an instruction that the interpreter has to execute. */
    final Label miss;

    /** Where control goes on at the RIP in {@link #V}, in the region or not. */
    final Label dispatch;

    /** The blocks' labels by entry. */
    final Label[] labels;

    /** Instructions that are needed as objects. */
    final BitSet constants = new BitSet();

    /** The compiled class: holds the constants. */
    final ClassDesc self;

    /** The last flag-setting operation of the block, if its operands are still there. */
    FlagSource flags = FlagSource.UNKNOWN;

    /** SSE has been checked for in this block. */
    boolean sseChecked;

    /** So has been for MXCSR as {@link RegionFloat} needs it. */
    boolean quickChecked;

    RegionAssembler(CodeBuilder b, RegionPlan plan, ClassDesc self) {
        super(b, plan);
        this.self = self;
        leave = b.newLabel();
        left = b.newLabel();
        stop = b.newLabel();
        miss = b.newLabel();
        faulted = b.newLabel();
        dispatch = b.newLabel();
        labels = new Label[plan.blocks.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = b.newLabel();
        }
    }

    // ---- memory ----

    /** Must come before anything that may fault. */
    void mark() {
        b.loadConstant(at).istore(AT);
    }

    /** Pushes the linear address of an instruction's memory operand, {@code more} bytes on. */
    void address(Insn insn, int more) {
        if (insn.eaMode == Insn.EA_LEGACY) {
            storeRegisters(general(insn.base) | general(insn.index), 0);
            constant(at);
            b.aload(C).loadConstant((long) more);
            b.invokevirtual(INSN, "ea", type("(Lorg/jvisor/emulator/Cpu;J)J"));
            return;
        }
        offset(insn, more);
        if (insn.eaMode == Insn.EA_ADDR32) {
            b.loadConstant(LOW32).land();
        }
        if (insn.seg == Cpu.FS || insn.seg == Cpu.GS) {
            b.aload(C).getfield(CPU, "segBase", LONGS).loadConstant((int) insn.seg).laload().ladd();
        }
    }

    /** Pushes the offset of a memory operand within its segment, not cut to the address size. */
    void offset(Insn insn, long more) {
        long disp = insn.disp + more + (insn.base == Cpu.PAGE_RIP ? delta : 0);
        boolean any = false;
        if (insn.base != Cpu.ZERO) {
            push(insn.base);
            any = true;
        }
        if (insn.index != Cpu.ZERO) {
            push(insn.index);
            if (insn.scale > 0) {
                b.loadConstant((int) insn.scale).lshl();
            }
            if (any) {
                b.ladd();
            }
            any = true;
        }
        if (disp != 0 || !any) {
            b.loadConstant(disp);
            if (any) {
                b.ladd();
            }
        }
    }

    private static int general(int n) {
        return n < 16 ? 1 << n : 0;
    }

    /** Pushes what a read of the address in a local gives. Nothing else is on the stack. */
    void read(int addressLocal, int size) {
        b.lload(addressLocal).lstore(MA);
        read("read", size);
    }

    /** As {@link #read}, of what {@link #rewrite} will write. */
    void readRmw(int addressLocal, int size) {
        b.lload(addressLocal).lstore(MA);
        read("readRmw", size);
    }

    /**
     * Pushes the memory operand of an instruction; {@link #mark} comes before. Nothing else is on
     * the stack.
     */
    void readOperand(Insn insn, int size) {
        address(insn, 0);
        b.lstore(MA);
        read("read", size);
    }

    private void read(String name, int size) {
        String result = size == 8 ? "J" : "I";
        boolean change = name.equals("readRmw");
        if (plan.calls || change && plan.logged) {
            b.aload(C).aload(TLB).lload(MA);
            b.invokestatic(
                    MEMORY, name + 8 * size, type("(Lorg/jvisor/emulator/Cpu;[JJ)" + result));
        } else {
            mustHit(change, size - 1, PAGE_MASK);
            pushHost(0);
            b.invokestatic(ORDERED, "load" + 8 * size, type("(J)" + result));
        }
    }

    /**
     * Leaves unless the TLB has the page of the access at {@link #MA}. Written out instead of
     * called: HotSpot inlines only so much.
     *
     * @param change to write
     * @param last how many bytes come after the first
     * @param compared the bits of the address of which the page must be the rest
     */
    private void mustHit(boolean change, int last, long compared) {
        b.lload(MA).bipush(12).lushr().l2i().iconst_2().ishl().istore(SLOT);
        b.aload(TLB).iload(SLOT);
        if (change) {
            b.iconst_1().ior();
        }
        mask();
        b.laload().lload(MA);
        if (last > 0) {
            b.loadConstant((long) last).ladd();
        }
        b.loadConstant(compared).land().lcmp().ifne(miss);
    }

    /** Masks an index so that HotSpot knows it to be one of the TLB. */
    private void mask() {
        b.aload(TLB).arraylength().iconst_1().isub().iand();
    }

    /** Pushes where the access at {@link #MA}, which {@link #mustHit}, is on the host. */
    private void pushHost(int delta) {
        b.aload(TLB).iload(SLOT).iconst_2().ior();
        mask();
        b.laload().lload(MA).ladd();
        if (delta != 0) {
            b.loadConstant((long) delta).ladd();
        }
    }

    /**
     * Pops a value and an address and writes. Nothing else is on the stack; {@link #endWrite} must
     * come when everything else of the instruction is done.
     */
    void write(int size) {
        popAccess(size);
        if (!plan.calls && !plan.logged) {
            mustHit(true, size - 1, PAGE_MASK);
        }
        writeAccess(size);
    }

    /** As {@link #write}, of what was read by {@link #readRmw}. */
    void rewrite(int size) {
        popAccess(size);
        writeAccess(size);
    }

    private void popAccess(int size) {
        if (size == 8) {
            b.lstore(MV);
        } else {
            b.istore(MI);
        }
        b.lstore(MA);
    }

    private void writeAccess(int size) {
        boolean call = plan.calls || plan.logged;
        if (call) {
            b.aload(C).aload(TLB).lload(MA);
        } else {
            pushHost(0);
        }
        if (size == 8) {
            b.lload(MV);
        } else {
            b.iload(MI);
        }
        String value = size == 8 ? "J" : "I";
        if (call) {
            b.invokestatic(
                    MEMORY,
                    "write" + 8 * size,
                    type("(Lorg/jvisor/emulator/Cpu;[JJ" + value + ")Z"));
            b.istore(STOP);
        } else {
            b.invokestatic(ORDERED, "store" + 8 * size, type("(J" + value + ")V"));
        }
    }

    /** Keeps what was read for {@link #pushKept}. */
    void keep(int size) {
        if (size == 8) {
            b.lstore(MV);
        } else {
            b.istore(MI);
        }
    }

    void pushKept(int size) {
        if (size == 8) {
            b.lload(MV);
        } else {
            b.iload(MI);
        }
    }

    /** Pops the address of 16 bytes and pushes where they can be read on the host. */
    void wideSource(boolean aligned) {
        b.lstore(MA);
        if (plan.calls) {
            b.aload(C).aload(TLB).lload(MA);
            b.invokestatic(
                    WIDE,
                    aligned ? "aligned" : "unaligned",
                    type("(Lorg/jvisor/emulator/Cpu;[JJ)J"));
        } else {
            mustHitWide(false, aligned);
            pushHost(0);
        }
    }

    private void mustHitWide(boolean change, boolean aligned) {
        if (aligned) {
            mustHit(change, 0, PAGE_MASK | 15);
        } else {
            mustHit(change, 15, PAGE_MASK);
        }
    }

    /** Pops an address and writes an XMM register; as {@link #write}. */
    void writeWide(int xmm, boolean aligned) {
        b.lstore(MA);
        boolean call = plan.calls || plan.logged;
        if (call) {
            b.aload(C).aload(TLB).lload(MA);
            pushXmm(xmm, 0);
            pushXmm(xmm, 1);
            b.invokestatic(
                    WIDE,
                    aligned ? "writeAligned" : "write",
                    type("(Lorg/jvisor/emulator/Cpu;[JJJJ)Z"));
            b.istore(STOP);
            return;
        }
        mustHitWide(true, aligned);
        for (int half = 0; half < 2; half++) {
            pushHost(8 * half);
            pushXmm(xmm, half);
            b.invokestatic(ORDERED, "store64", type("(JJ)V"));
        }
    }

    /** Leaves the region if decoded code was written to. */
    void endWrite() {
        if (plan.calls || plan.logged) {
            b.iload(STOP).ifne(stop);
        }
    }

    // ---- other ----

    /** Pushes instruction {@code number} as an object. */
    void constant(int number) {
        constants.set(number);
        b.getstatic(self, name(number), INSN);
    }

    /** The field of an instruction. */
    static String name(int number) {
        return "i" + number;
    }

    void flagsCall(String name, String descriptor) {
        b.invokestatic(FLAGS, name, type(descriptor));
    }

    static MethodTypeDesc type(String descriptor) {
        return MethodTypeDesc.ofDescriptor(descriptor);
    }
}
