package org.jvisor.emulator;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;

/**
 * Where things are in the locals of a {@link Region}'s method, and how registers, flags and RIP get
 * there from the CPU and back.
 */
abstract class RegionLocals {
    static final ClassDesc CPU = ClassDesc.of("org.jvisor.emulator.Cpu");
    static final ClassDesc INSN = ClassDesc.of("org.jvisor.emulator.Insn");
    static final ClassDesc FAULT = ClassDesc.of("org.jvisor.emulator.GuestFault");
    static final ClassDesc REGION = ClassDesc.of("org.jvisor.emulator.Region");
    static final ClassDesc MEMORY = ClassDesc.of("org.jvisor.emulator.RegionMemory");
    static final ClassDesc FLAGS = ClassDesc.of("org.jvisor.emulator.RegionFlags");

    private static final ClassDesc MMU = ClassDesc.of("org.jvisor.emulator.Mmu");
    private static final ClassDesc SSE = ClassDesc.of("org.jvisor.emulator.Sse");
    static final ClassDesc LONGS = ConstantDescs.CD_long.arrayType();

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

    /** The first local that is not one of those here and in {@link RegionAssembler}. */
    private static final int FIRST_REGISTER = 37;

    private static final long LOW32 = 0xffff_ffffL;

    final CodeBuilder b;
    final RegionPlan plan;

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

    RegionLocals(CodeBuilder b, RegionPlan plan) {
        this.b = b;
        this.plan = plan;
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

    /** Keeps an XMM register that is about to be changed in the CPU. */
    void changeXmm(int n) {
        xmmPopped |= 1 << n;
        storeRegisters(0, 1 << n);
    }
}
