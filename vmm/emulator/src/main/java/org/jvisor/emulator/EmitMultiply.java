package org.jvisor.emulator;

import static org.jvisor.emulator.RegionAssembler.type;
import static org.jvisor.emulator.RegionLocals.C;
import static org.jvisor.emulator.RegionLocals.CARRY;
import static org.jvisor.emulator.RegionLocals.LONG_A;
import static org.jvisor.emulator.RegionLocals.LONG_B;
import static org.jvisor.emulator.RegionLocals.LONG_R;
import static org.jvisor.emulator.RegionLocals.RES;
import static org.jvisor.emulator.RegionLocals.V;

import java.lang.constant.ClassDesc;

/** Bytecode of MUL, one-operand IMUL, DIV and IDIV of 32 and 64 bits. */
final class EmitMultiply {
    private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");
    private static final ClassDesc DIVISION = ClassDesc.of("org.jvisor.emulator.RegionDivision");
    private static final long LOW32 = 0xffff_ffffL;

    private EmitMultiply() {}

    private static int size(Insn insn) {
        Operand operand = insn.form.operands.getFirst();
        return operand.bytes(insn.opSize, insn.opSize == 8, insn.mode == Cpu.MODE64);
    }

    /** MUL, and IMUL with any operands. */
    static boolean multiply(RegionAssembler a, Insn insn) {
        if (insn.form.operands.size() > 1) {
            return EmitInteger.multiply(a, insn);
        }
        int size = size(insn);
        if (size < 4) {
            return false;
        }
        boolean signed = insn.form.mnemonic.equals("IMUL");
        operand(a, insn, size, signed);
        a.b.lstore(LONG_B);
        accumulator(a, size, signed);
        a.b.lstore(LONG_A);
        a.b.lload(LONG_A).lload(LONG_B).lmul().lstore(LONG_R);
        if (size == 8) {
            a.b.lload(LONG_A).lload(LONG_B);
            a.b.invokestatic(MATH, signed ? "multiplyHigh" : "unsignedMultiplyHigh", type("(JJ)J"));
            a.b.lstore(V);
            a.b.lload(LONG_R);
            a.pop(Cpu.RAX);
            a.b.lload(V);
            a.pop(Cpu.RDX);
        } else {
            a.b.lload(LONG_R).loadConstant(LOW32).land();
            a.pop(Cpu.RAX);
            a.b.lload(LONG_R).bipush(32).lushr();
            a.pop(Cpu.RDX);
        }
        if (a.plan.flagsNeeded[a.at]) {
            a.b.lload(LONG_R);
            if (size == 4) {
                a.b.l2i().i2l();
            }
            a.b.lstore(RES);
            if (size == 8) {
                a.b.lload(LONG_R).lload(V);
                a.flagsCall(signed ? "highSigned" : "highUnsigned", "(JJ)J");
            } else {
                a.b.lload(LONG_R);
                a.flagsCall(signed ? "highSigned" : "highUnsigned", "(J)J");
            }
            a.b.lstore(CARRY);
        }
        a.flags = FlagSource.UNKNOWN;
        return true;
    }

    /** Pushes the operand as a long. */
    private static void operand(RegionAssembler a, Insn insn, int size, boolean signed) {
        if (insn.isMemory()) {
            a.mark();
            a.readOperand(insn, size);
        } else {
            a.push(insn.rm, size);
        }
        extend(a, size, signed);
    }

    private static void accumulator(RegionAssembler a, int size, boolean signed) {
        a.push(Cpu.RAX, size);
        extend(a, size, signed);
    }

    private static void extend(RegionAssembler a, int size, boolean signed) {
        if (size == 4) {
            a.b.i2l();
            if (!signed) {
                a.b.loadConstant(LOW32).land();
            }
        }
    }

    /** DIV and IDIV. */
    static boolean divide(RegionAssembler a, Insn insn) {
        int size = size(insn);
        if (size < 4) {
            return false;
        }
        boolean signed = insn.form.mnemonic.equals("IDIV");
        a.mark();
        operand(a, insn, size, signed);
        a.b.lstore(LONG_B);
        if (size == 8) {
            a.push(Cpu.RAX);
        } else {
            a.push(Cpu.RDX);
            a.b.bipush(32).lshl();
            a.push(Cpu.RAX);
            a.b.loadConstant(LOW32).land().lor();
        }
        a.b.lstore(LONG_A);
        a.b.aload(C);
        if (size == 8) {
            a.push(Cpu.RDX);
        }
        a.b.lload(LONG_A).lload(LONG_B);
        String name = signed ? "signed" : "unsigned";
        a.b.invokestatic(
                DIVISION,
                name + 8 * size,
                type("(Lorg/jvisor/emulator/Cpu;JJ" + (size == 8 ? "J" : "") + ")J"));
        a.b.lstore(LONG_R);
        a.b.lload(LONG_A).lload(LONG_R).lload(LONG_B).lmul().lsub().lstore(V);
        a.b.lload(LONG_R);
        part(a, size);
        a.pop(Cpu.RAX);
        a.b.lload(V);
        part(a, size);
        a.pop(Cpu.RDX);
        a.flags = FlagSource.UNKNOWN; // its operands' locals were used
        return true;
    }

    private static void part(RegionAssembler a, int size) {
        if (size == 4) {
            a.b.loadConstant(LOW32).land();
        }
    }
}
