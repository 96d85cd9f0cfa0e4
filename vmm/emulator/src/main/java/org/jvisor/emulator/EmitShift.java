package org.jvisor.emulator;

import static org.jvisor.emulator.RegionLocals.CARRY;
import static org.jvisor.emulator.RegionLocals.I;
import static org.jvisor.emulator.RegionLocals.INT_R;
import static org.jvisor.emulator.RegionLocals.LONG_R;
import static org.jvisor.emulator.RegionLocals.RES;
import static org.jvisor.emulator.RegionLocals.V;

import java.lang.classfile.Label;
import org.jvisor.emulator.Operand.Kind;

/** Bytecode of shifts and rotations of 32- and 64-bit registers, and of bit tests on registers. */
final class EmitShift {
    private EmitShift() {}

    /** Group 2 on a register. */
    static boolean shift(RegionAssembler a, Insn insn) {
        Operand first = insn.form.operands.getFirst();
        int size = first.bytes(insn.opSize, insn.opSize == 8, insn.mode == Cpu.MODE64);
        int operation = insn.form.ext;
        if (insn.isMemory() || size < 4) {
            return EmitBits.shift(a, insn);
        }
        if (operation == 2 || operation == 3) {
            return false;
        }
        Operand count = insn.form.operands.get(1);
        if (count.kind() == Kind.FIXED && count.text().equals("CL")) {
            return operation >= 4 ? byCl(a, insn, operation, size) : EmitBits.shift(a, insn);
        }
        int n = (int) insn.imm & (size == 8 ? 63 : 31); // 1 in the forms without an immediate
        if (n == 0) {
            a.push(insn.rm, size);
            a.pop(insn.rm, size);
            return true;
        }
        if (operation < 2) {
            return rotate(a, insn, operation, size, n);
        }
        a.push(insn.rm, size);
        storeOperand(a, size);
        loadOperand(a, size);
        a.b.loadConstant(n);
        apply(a, operation, size == 8);
        storeResult(a, size);
        loadResult(a, size);
        a.pop(insn.rm, size);
        if (a.plan.flagsNeeded[a.at]) {
            loadOperand(a, size);
            a.b.loadConstant(n);
            loadResult(a, size);
            a.flagsCall(carries(operation), size == 8 ? "(JIJ)J" : "(III)J");
            a.b.lstore(CARRY);
            result(a, size);
        }
        a.flags = new FlagSource(FlagSource.Kind.RESULT, size);
        return true;
    }

    private static String carries(int operation) {
        return switch (operation) {
            case 5 -> "right";
            case 7 -> "arithmetic";
            default -> "left";
        };
    }

    private static void apply(RegionAssembler a, int operation, boolean wide) {
        switch (operation) {
            case 5 -> {
                if (wide) {
                    a.b.lushr();
                } else {
                    a.b.iushr();
                }
            }
            case 7 -> {
                if (wide) {
                    a.b.lshr();
                } else {
                    a.b.ishr();
                }
            }
            default -> {
                if (wide) {
                    a.b.lshl();
                } else {
                    a.b.ishl();
                }
            }
        }
    }

    /** A count of 0 leaves the flags alone. */
    private static boolean byCl(RegionAssembler a, Insn insn, int operation, int size) {
        boolean wide = size == 8;
        a.push(Cpu.RCX, 4);
        a.b.bipush(wide ? 63 : 31).iand().istore(I);
        a.push(insn.rm, size);
        storeOperand(a, size);
        loadOperand(a, size);
        a.b.iload(I);
        apply(a, operation, wide);
        storeResult(a, size);
        loadResult(a, size);
        a.pop(insn.rm, size);
        if (a.plan.flagsNeeded[a.at]) {
            Label none = a.b.newLabel();
            a.b.iload(I).ifeq(none);
            loadOperand(a, size);
            a.b.iload(I);
            loadResult(a, size);
            a.flagsCall(carries(operation), wide ? "(JIJ)J" : "(III)J");
            a.b.lstore(CARRY);
            result(a, size);
            a.b.labelBinding(none);
        }
        a.flags = FlagSource.UNKNOWN;
        return true;
    }

    private static boolean rotate(RegionAssembler a, Insn insn, int operation, int size, int n) {
        boolean wide = size == 8;
        a.push(insn.rm, size);
        a.b.loadConstant(operation == 0 ? n : 8 * size - n);
        a.flagsCall("rotate", wide ? "(JI)J" : "(II)I");
        storeResult(a, size);
        loadResult(a, size);
        a.pop(insn.rm, size);
        if (a.plan.flagsNeeded[a.at]) {
            a.b.lload(CARRY);
            loadResult(a, size);
            a.flagsCall(operation == 0 ? "rotatedLeft" : "rotatedRight", wide ? "(JJ)J" : "(JI)J");
            a.b.lstore(CARRY);
        }
        a.flags = FlagSource.UNKNOWN;
        return true;
    }

    /** BT, BTS, BTR, BTC of a register. */
    static boolean bit(RegionAssembler a, Insn insn) {
        int size = insn.opSize;
        if (insn.isMemory()) {
            return EmitBits.bit(a, insn);
        }
        if (size == 2) {
            return false;
        }
        boolean immediate = insn.form.operands.get(1).kind() == Kind.I;
        if (immediate) {
            a.b.loadConstant((int) insn.imm & 8 * size - 1);
        } else {
            a.push(insn.reg, 4);
            a.b.bipush(8 * size - 1).iand();
        }
        a.b.istore(I);
        a.push(insn.rm);
        a.b.iload(I).lushr().lconst_1().land().lstore(V);
        if (!insn.form.mnemonic.equals("BT")) {
            a.push(insn.rm);
            a.b.lconst_1().iload(I).lshl();
            switch (insn.form.mnemonic) {
                case "BTS" -> a.b.lor();
                case "BTR" -> a.b.loadConstant(-1L).lxor().land();
                default -> a.b.lxor();
            }
            if (size == 4) {
                a.b.l2i();
            }
            a.pop(insn.rm, size);
        }
        if (a.plan.flagsNeeded[a.at]) {
            a.b.lload(CARRY).lload(V);
            a.flagsCall("withCarry", "(JJ)J");
            a.b.lstore(CARRY);
        }
        a.flags = FlagSource.UNKNOWN;
        return true;
    }

    // the operand in V or I2, the result where conditions look for it

    private static final int INT_OPERAND = RegionLocals.INT_A;

    private static void storeOperand(RegionAssembler a, int size) {
        if (size == 8) {
            a.b.lstore(V);
        } else {
            a.b.istore(INT_OPERAND);
        }
    }

    private static void loadOperand(RegionAssembler a, int size) {
        if (size == 8) {
            a.b.lload(V);
        } else {
            a.b.iload(INT_OPERAND);
        }
    }

    private static void storeResult(RegionAssembler a, int size) {
        if (size == 8) {
            a.b.lstore(LONG_R);
        } else {
            a.b.istore(INT_R);
        }
    }

    private static void loadResult(RegionAssembler a, int size) {
        EmitInteger.loadResult(a, size);
    }

    private static void result(RegionAssembler a, int size) {
        loadResult(a, size);
        if (size == 4) {
            a.b.i2l();
        }
        a.b.lstore(RES);
    }
}
