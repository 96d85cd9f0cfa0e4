package org.jvisor.emulator;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.BitSet;

/**
 * Writes the method of a {@link Region}: where things are in its locals, and the small sequences
 * that all instructions are made of. Operand values of 8 bytes are longs on the operand stack,
 * smaller ones ints whose bits above their size do not matter.
 */
final class RegionAssembler {
    static final ClassDesc CPU = ClassDesc.of("org.jvisor.emulator.Cpu");
    static final ClassDesc INSN = ClassDesc.of("org.jvisor.emulator.Insn");
    static final ClassDesc FAULT = ClassDesc.of("org.jvisor.emulator.GuestFault");
    static final ClassDesc REGION = ClassDesc.of("org.jvisor.emulator.Region");
    static final ClassDesc MEMORY = ClassDesc.of("org.jvisor.emulator.RegionMemory");
    static final ClassDesc FLAGS = ClassDesc.of("org.jvisor.emulator.RegionFlags");

    private static final ClassDesc WIDE = ClassDesc.of("org.jvisor.emulator.RegionWide");
    private static final ClassDesc MMU = ClassDesc.of("org.jvisor.emulator.Mmu");
    private static final ClassDesc SSE = ClassDesc.of("org.jvisor.emulator.Sse");
    private static final ClassDesc LONGS = ConstantDescs.CD_long.arrayType();

    /** Locals: this, the CPU, the number of the running instruction, the general registers. */
    static final int THIS = 0, C = 1, AT = 2, R = 3;

    /** Locals: the TLB view, RIP of the page, instructions of finished blocks. */
    static final int TLB = 4, PAGE = 5, COUNT = 7;

    /** Locals: the lazy flags as in {@link Flags}, the XMM registers' array. */
    static final int RES = 8, CARRY = 10, X = 12;

    /** Locals: operands and result of the last flag-setting operation, as ints and as longs. */
    static final int INT_A = 13, INT_B = 14, INT_R = 15, LONG_A = 16, LONG_B = 18, LONG_R = 20;

    /** Locals: an effective address and other temporaries. */
    static final int EA = 22, V = 24, V2 = 26, I = 28;

    /** Locals: address and value of the memory access being written. */
    private static final int MA = 30, MV = 32, MI = 34;

    /** Local: whether a write reached decoded code. */
    static final int STOP = 35;

    /** Local: {@link Mmu#slot} of the access. */
    private static final int SLOT = 36;

    private static final int FIRST_REGISTER = 37;
    private static final long PAGE_MASK = ~0xfffL;
    private static final ClassDesc ORDERED = ClassDesc.of("org.jvisor.emulator.Ordered");
    private static final long LOW32 = 0xffff_ffffL;

    final CodeBuilder b;
    final RegionPlan plan;

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

    /** The registers that have locals, as masks. */
    final int generalUsed, xmmUsed;

    /** Those whose locals may be newer than the CPU, as masks, and those found to be so far. */
    final int generalWritten, xmmWritten;

    private int generalPopped, xmmPopped;

    /** Where registers are; only those used have locals, for HotSpot handles all at every call. */
    private final int[] generalLocal = new int[16], xmmLocal = new int[16];

    /** The number of the instruction being written. */
    int at;

    /** How far its page is from the first block's. */
    int delta;

    /** The last flag-setting operation of the block, if its operands are still there. */
    FlagSource flags = FlagSource.UNKNOWN;

    /** SSE has been checked for in this block. */
    boolean sseChecked;

    /** So has been for MXCSR as {@link RegionFloat} needs it. */
    boolean quickChecked;

    RegionAssembler(CodeBuilder b, RegionPlan plan, ClassDesc self) {
        this.b = b;
        this.plan = plan;
        this.self = self;
        generalUsed = plan.registers();
        xmmUsed = plan.xmm();
        generalWritten = plan.written();
        xmmWritten = plan.xmmWritten();
        int local = FIRST_REGISTER;
        for (int n = 0; n < 16; n++) {
            generalLocal[n] = local;
            local += 2 * (generalUsed >> n & 1);
        }
        for (int n = 0; n < 16; n++) {
            xmmLocal[n] = local;
            local += 4 * (xmmUsed >> n & 1);
        }
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

    // ---- locals ----

    /** Loads every register of the masks from the CPU into its local. */
    void loadRegisters(int general, int xmm) {
        for (int n = 0; n < 16; n++) {
            if ((general >> n & 1) != 0) {
                b.aload(R).loadConstant(n).laload().lstore(generalLocal[n]);
            }
        }
        for (int n = 0; n < 16; n++) {
            if ((xmm >> n & 1) != 0) {
                b.aload(X).loadConstant(2 * n).laload().lstore(xmmLocal[n]);
                b.aload(X).loadConstant(2 * n + 1).laload().lstore(xmmLocal[n] + 2);
            }
        }
    }

    /** Stores every register of the masks from its local into the CPU. */
    void storeRegisters(int general, int xmm) {
        if (general != 0) {
            b.aload(C).getfield(CPU, "r", LONGS).astore(R);
        }
        for (int n = 15; n >= 0; n--) { // the highest first: one check of the bounds is enough
            if ((general >> n & 1) != 0) {
                b.aload(R).loadConstant(n).lload(generalLocal[n]).lastore();
            }
        }
        for (int n = 15; n >= 0; n--) {
            if ((xmm >> n & 1) != 0) {
                b.aload(X).loadConstant(2 * n + 1).lload(xmmLocal[n] + 2).lastore();
                b.aload(X).loadConstant(2 * n).lload(xmmLocal[n]).lastore();
            }
        }
    }

    /** Makes the page of the instruction, or the first one, the current page. */
    void setPage(boolean ofInsn) {
        if (delta != 0) {
            b.aload(R).loadConstant(Cpu.PAGE_RIP).lload(PAGE);
            if (ofInsn) {
                b.loadConstant((long) delta).ladd();
            }
            b.lastore();
        }
    }

    /** Stores every register that may be newer than the CPU's. */
    void storeRegisters() {
        storeRegisters(generalWritten, xmmWritten);
    }

    /** As {@link #storeRegisters()}, when all instructions are written. */
    void storeRegistersAtEnd() {
        storeRegisters(generalPopped, xmmPopped);
    }

    /** Loads registers that an interpreted instruction may have changed. */
    void reload(int general, int xmm) {
        loadRegisters(general & generalUsed, xmm & xmmUsed);
    }

    /** Loads the view of memory, the page's RIP and the register files. */
    void loadContext(boolean withXmm) {
        b.aload(C).getfield(CPU, "r", LONGS).astore(R);
        loadView();
        b.aload(R).loadConstant(Cpu.PAGE_RIP).laload().lstore(PAGE);
        if (withXmm) {
            b.aload(C).getfield(CPU, "sse", SSE).getfield(SSE, "xmm", LONGS).astore(X);
        }
    }

    void loadView() {
        b.aload(C).getfield(CPU, "mem", MMU).getfield(MMU, "tlb", LONGS).astore(TLB);
    }

    void loadFlags() {
        b.aload(C).getfield(CPU, "fRes", ConstantDescs.CD_long).lstore(RES);
        b.aload(C).getfield(CPU, "fCarry", ConstantDescs.CD_long).lstore(CARRY);
    }

    void storeFlags() {
        b.aload(C).lload(RES).putfield(CPU, "fRes", ConstantDescs.CD_long);
        b.aload(C).lload(CARRY).putfield(CPU, "fCarry", ConstantDescs.CD_long);
    }

    /** Adds finished instructions to the CPU's count. */
    void storeCount() {
        b.aload(C).dup().getfield(CPU, "executed", ConstantDescs.CD_long);
        b.iload(COUNT).i2l().ladd().putfield(CPU, "executed", ConstantDescs.CD_long);
    }

    /** RIP becomes an offset in the page of the instruction. */
    void setRip(long offset) {
        b.aload(C);
        pushRip(offset);
        b.putfield(CPU, "rip", ConstantDescs.CD_long);
    }

    /** Pushes the RIP of an offset in the page of the instruction. */
    void pushRip(long offset) {
        b.lload(PAGE).loadConstant(delta + offset).ladd();
        if (plan.page.mode != Cpu.MODE64) {
            b.loadConstant(LOW32).land();
        }
    }

    // ---- general registers ----

    /** Pushes a whole register, 0 for {@link Cpu#ZERO}. */
    void push(int n) {
        if (n == Cpu.ZERO) {
            b.lconst_0();
        } else if (n == Cpu.PAGE_RIP) {
            b.lload(PAGE);
        } else {
            b.lload(generalLocal[n]);
        }
    }

    /** Pops a long into a whole register. */
    void pop(int n) {
        if ((generalWritten >> n & 1) == 0) {
            throw new IllegalStateException("register %d of %s".formatted(n, plan.insns[at].form));
        }
        generalPopped |= 1 << n;
        b.lstore(generalLocal[n]);
    }

    /** Pushes a register's value of 1, 2, 4 or 8 bytes; byte registers as in {@link Cpu#reg8}. */
    void push(int n, int size) {
        if (size == 8) {
            push(n);
        } else if (size == 1 && n >= 32) {
            push(n - 32);
            b.bipush(8).lushr().l2i();
        } else {
            push(n);
            b.l2i();
        }
    }

    /** Pops a value into a register of 1, 2, 4 or 8 bytes. */
    void pop(int n, int size) {
        switch (size) {
            case 8 -> pop(n);
            case 4 -> {
                b.i2l().loadConstant(LOW32).land();
                pop(n);
            }
            case 2 -> {
                b.i2l().loadConstant(0xffffL).land();
                merge(n, ~0xffffL);
            }
            default -> {
                b.i2l().loadConstant(0xffL).land();
                if (n < 16) {
                    merge(n, ~0xffL);
                } else {
                    b.bipush(8).lshl();
                    merge(n - 32, ~0xff00L);
                }
            }
        }
    }

    private void merge(int n, long keep) {
        push(n);
        b.loadConstant(keep).land().lor();
        pop(n);
    }

    // ---- XMM registers ----

    /** Pushes the low (0) or high (1) half of an XMM register. */
    void pushXmm(int n, int half) {
        b.lload(xmmLocal[n] + 2 * half);
    }

    /** Pops a long into half of an XMM register. */
    void popXmm(int n, int half) {
        xmmPopped |= 1 << n;
        b.lstore(xmmLocal[n] + 2 * half);
    }

    // ---- memory ----

    /** Keeps an XMM register that is about to be changed in the CPU. */
    void changeXmm(int n) {
        xmmPopped |=
                1 << n; // also what {@link #reload} then gives must not be older than the CPU's
        storeRegisters(0, 1 << n);
    }

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
