package org.jvisor.emulator;

import static org.jvisor.emulator.RegionAssembler.type;
import static org.jvisor.emulator.RegionLocals.C;
import static org.jvisor.emulator.RegionLocals.EA;

import java.lang.constant.ClassDesc;
import org.jvisor.emulator.Operand.Kind;

/** What the bytecode of SSE instructions is made of, and that of moves. */
final class EmitSse {
    static final ClassDesc WIDE = ClassDesc.of("org.jvisor.emulator.RegionWide");

    private static final long LOW32 = 0xffff_ffffL;

    private EmitSse() {}

    // ---- operands ----

    /** Must come first: the instruction may fault, and SSE must be allowed. */
    static void begin(RegionAssembler a) {
        a.mark();
        if (!a.sseChecked) {
            a.b.aload(C);
            a.b.invokestatic(WIDE, "allowed", type("(Lorg/jvisor/emulator/Cpu;)Z"));
            a.b.ifeq(a.miss);
            a.sseChecked = true;
        }
    }

    /** Whether an operand is an MMX register: not for here. */
    static boolean isMmx(Insn insn) {
        for (Operand o : insn.form.operands) {
            switch (o.kind()) {
                case P, Q, N -> {
                    return true;
                }
                default -> {}
            }
        }
        return false;
    }

    static Kind kind(Insn insn, int operand) {
        return insn.form.operands.get(operand).kind();
    }

    /** Begins an instruction and makes its 16-byte source ready for {@link #pushSource}. */
    static void source(RegionAssembler a, Insn insn, boolean aligned) {
        begin(a);
        if (insn.isMemory()) {
            a.address(insn, 0);
            a.wideSource(aligned);
            a.b.lstore(EA);
        }
    }

    /** Pushes half of the source, once at most. */
    static void pushSource(RegionAssembler a, Insn insn, int half) {
        if (insn.isMemory()) {
            a.b.lload(EA);
            if (half != 0) {
                a.b.loadConstant(8L).ladd();
            }
            a.b.invokestatic(WIDE, "get", type("(J)J"));
        } else {
            a.pushXmm(insn.rm & 15, half);
        }
    }

    /** Begins an instruction and makes its source ready for {@link #pushScalar}. */
    static void scalar(RegionAssembler a, Insn insn, int size) {
        begin(a);
        if (insn.isMemory()) {
            a.readOperand(insn, size);
            a.keep(size);
        }
    }

    /** Pushes a source of 8 bytes, or of 4 as an int. */
    static void pushScalar(RegionAssembler a, Insn insn, int size) {
        if (insn.isMemory()) {
            a.pushKept(size);
        } else {
            a.pushXmm(insn.rm & 15, 0);
            if (size == 4) {
                a.b.l2i();
            }
        }
    }

    static int destination(Insn insn) {
        return insn.reg & 15;
    }

    /** Pops the high and then the low half of the destination. */
    static void popDestination(RegionAssembler a, Insn insn) {
        a.popXmm(destination(insn), 1);
        a.popXmm(destination(insn), 0);
    }

    // ---- moves of 16 bytes ----

    static boolean moveUnaligned(RegionAssembler a, Insn insn) {
        return move(a, insn, false);
    }

    static boolean moveAligned(RegionAssembler a, Insn insn) {
        return move(a, insn, true);
    }

    private static boolean move(RegionAssembler a, Insn insn, boolean aligned) {
        if (isMmx(insn)) {
            return false;
        }
        if (kind(insn, 0) == Kind.V) {
            source(a, insn, aligned);
            pushSource(a, insn, 0);
            pushSource(a, insn, 1);
            popDestination(a, insn);
            return true;
        }
        begin(a);
        if (!insn.isMemory()) {
            a.pushXmm(destination(insn), 0);
            a.popXmm(insn.rm & 15, 0);
            a.pushXmm(destination(insn), 1);
            a.popXmm(insn.rm & 15, 1);
            return true;
        }
        a.address(insn, 0);
        a.writeWide(destination(insn), aligned);
        a.endWrite();
        return true;
    }

    // ---- moves of less ----

    /** MOVSD. */
    static boolean moveDouble(RegionAssembler a, Insn insn) {
        if (kind(insn, 0) != Kind.V) {
            begin(a);
            return storeHalf(a, insn, 0);
        }
        scalar(a, insn, 8);
        pushScalar(a, insn, 8);
        a.popXmm(destination(insn), 0);
        if (insn.isMemory()) {
            a.b.lconst_0();
            a.popXmm(destination(insn), 1);
        }
        return true;
    }

    /** MOVQ of XMM registers. */
    static boolean moveQuad(RegionAssembler a, Insn insn) {
        if (isMmx(insn)) {
            return false;
        }
        if (kind(insn, 0) != Kind.V) {
            begin(a);
            storeHalf(a, insn, 0);
            if (!insn.isMemory()) {
                a.b.lconst_0();
                a.popXmm(insn.rm & 15, 1);
            }
            return true;
        }
        scalar(a, insn, 8);
        pushScalar(a, insn, 8);
        a.popXmm(destination(insn), 0);
        a.b.lconst_0();
        a.popXmm(destination(insn), 1);
        return true;
    }

    /** Stores half of ModRM.reg to memory or to the low half of a register. */
    private static boolean storeHalf(RegionAssembler a, Insn insn, int half) {
        if (insn.isMemory()) {
            a.address(insn, 0);
            a.pushXmm(destination(insn), half);
            a.write(8);
            a.endWrite();
        } else {
            a.pushXmm(destination(insn), half);
            a.popXmm(insn.rm & 15, 0);
        }
        return true;
    }

    /** MOVSS. */
    static boolean moveSingle(RegionAssembler a, Insn insn) {
        begin(a);
        boolean load = kind(insn, 0) == Kind.V;
        int to = load ? destination(insn) : insn.rm & 15;
        int from = load ? insn.rm & 15 : destination(insn);
        if (!insn.isMemory()) {
            a.pushXmm(to, 0);
            a.b.loadConstant(~LOW32).land();
            a.pushXmm(from, 0);
            a.b.loadConstant(LOW32).land().lor();
            a.popXmm(to, 0);
        } else if (load) {
            a.readOperand(insn, 4);
            a.b.i2l().loadConstant(LOW32).land();
            a.popXmm(to, 0);
            a.b.lconst_0();
            a.popXmm(to, 1);
        } else {
            a.address(insn, 0);
            a.pushXmm(from, 0);
            a.b.l2i();
            a.write(4);
            a.endWrite();
        }
        return true;
    }

    /** MOVD and its 64-bit form. */
    static boolean moveGeneral(RegionAssembler a, Insn insn) {
        if (isMmx(insn)) {
            return false;
        }
        begin(a);
        int size = insn.opSize == 8 ? 8 : 4;
        if (kind(insn, 0) == Kind.V) {
            if (insn.isMemory()) {
                a.readOperand(insn, size);
            } else {
                a.push(insn.rm, size);
            }
            if (size == 4) {
                a.b.i2l().loadConstant(LOW32).land();
            }
            a.popXmm(destination(insn), 0);
            a.b.lconst_0();
            a.popXmm(destination(insn), 1);
            return true;
        }
        if (insn.isMemory()) {
            a.address(insn, 0);
        }
        a.pushXmm(destination(insn), 0);
        if (size == 4) {
            a.b.l2i();
        }
        if (insn.isMemory()) {
            a.write(size);
            a.endWrite();
        } else {
            a.pop(insn.rm, size);
        }
        return true;
    }

    /** MOVLPS and MOVLPD. */
    static boolean moveLow(RegionAssembler a, Insn insn) {
        return moveHalf(a, insn, 0);
    }

    /** MOVHPS and MOVHPD. */
    static boolean moveHigh(RegionAssembler a, Insn insn) {
        return moveHalf(a, insn, 1);
    }

    private static boolean moveHalf(RegionAssembler a, Insn insn, int half) {
        begin(a);
        if (kind(insn, 0) != Kind.V) {
            return storeHalf(a, insn, half);
        }
        a.readOperand(insn, 8);
        a.popXmm(destination(insn), half);
        return true;
    }

    /** MOVDDUP. */
    static boolean duplicate(RegionAssembler a, Insn insn) {
        scalar(a, insn, 8);
        pushScalar(a, insn, 8);
        a.b.dup2();
        popDestination(a, insn);
        return true;
    }
}
