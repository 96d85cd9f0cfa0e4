package org.jvisor.emulator;

import static org.jvisor.emulator.RegionAssembler.type;
import static org.jvisor.emulator.RegionLocals.C;
import static org.jvisor.emulator.RegionLocals.CARRY;
import static org.jvisor.emulator.RegionLocals.EA;
import static org.jvisor.emulator.RegionLocals.I;
import static org.jvisor.emulator.RegionLocals.INT_R;
import static org.jvisor.emulator.RegionLocals.RES;
import static org.jvisor.emulator.RegionLocals.V;
import static org.jvisor.emulator.RegionLocals.V2;

import java.lang.constant.ClassDesc;
import org.jvisor.emulator.Operand.Kind;

/** Bytecode of shifts of memory and of small registers, of bit tests in memory and of scans. */
final class EmitBits {
    private static final ClassDesc BITS = ClassDesc.of("org.jvisor.emulator.RegionBits");
    private static final ClassDesc ATOMICS = ClassDesc.of("org.jvisor.emulator.Atomics");
    private static final ClassDesc LONG = ClassDesc.of("java.lang.Long");

    private EmitBits() {}

    /** Pushes the E operand as a zero-extended long; a memory operand's address is in EA. */
    private static void pushWide(RegionAssembler a, Insn insn, int size, boolean change) {
        if (!insn.isMemory()) {
            a.push(insn.rm, size);
        } else if (change) {
            a.readRmw(EA, size);
        } else {
            a.read(EA, size);
        }
        zeroExtend(a, size);
    }

    private static void zeroExtend(RegionAssembler a, int size) {
        if (size < 8) {
            a.b.i2l().loadConstant(-1L >>> 64 - 8 * size).land();
        }
    }

    private static void markAddress(RegionAssembler a, Insn insn) {
        if (insn.isMemory()) {
            a.mark();
            a.address(insn, 0);
            a.b.lstore(EA);
        }
    }

    /** Pops a long and writes it to the E operand; {@link #finish} comes last. */
    private static void store(RegionAssembler a, Insn insn, int size) {
        if (size < 8) {
            a.b.l2i();
        }
        if (!insn.isMemory()) {
            a.pop(insn.rm, size);
            return;
        }
        if (size < 8) {
            a.b.istore(I);
            a.b.lload(EA).iload(I);
        } else {
            a.b.lstore(V2);
            a.b.lload(EA).lload(V2);
        }
        a.rewrite(size);
    }

    private static void finish(RegionAssembler a, Insn insn) {
        if (insn.isMemory()) {
            a.endWrite();
        }
    }

    // ---- shifts ----

    /** Group 2 on memory or on 8 and 16 bits. */
    static boolean shift(RegionAssembler a, Insn insn) {
        int operation = insn.form.ext;
        if (operation == 2 || operation == 3) {
            return false;
        }
        Operand first = insn.form.operands.getFirst();
        int size = first.bytes(insn.opSize, insn.opSize == 8, insn.mode == Cpu.MODE64);
        Operand count = insn.form.operands.get(1);
        boolean byCl = count.kind() == Kind.FIXED && count.text().equals("CL");
        int mask = size == 8 ? 63 : 31;
        int n = (int) insn.imm & mask;
        markAddress(a, insn);
        pushWide(a, insn, size, true);
        a.b.lstore(V);
        if (byCl) {
            a.push(Cpu.RCX, 4);
            a.b.loadConstant(mask).iand().istore(INT_R);
        }
        a.b.loadConstant(operation);
        operands(a, byCl, n, size);
        a.b.invokestatic(BITS, "shift", type("(IJII)J"));
        store(a, insn, size);
        if (a.plan.flagsNeeded[a.at]) {
            flags(a, operation, byCl, n, size, "carry", CARRY);
            flags(a, operation, byCl, n, size, "result", RES);
        }
        a.flags = FlagSource.UNKNOWN;
        finish(a, insn);
        return true;
    }

    private static void operands(RegionAssembler a, boolean byCl, int n, int size) {
        a.b.lload(V);
        if (byCl) {
            a.b.iload(INT_R);
        } else {
            a.b.loadConstant(n);
        }
        a.b.loadConstant(size);
    }

    private static void flags(
            RegionAssembler a,
            int operation,
            boolean byCl,
            int n,
            int size,
            String method,
            int local) {
        a.b.loadConstant(operation);
        operands(a, byCl, n, size);
        a.b.lload(local).invokestatic(BITS, method, type("(IJIIJ)J")).lstore(local);
    }

    /** SHLD and SHRD of 32 and 64 bits by an immediate. */
    static boolean shiftDouble(RegionAssembler a, Insn insn) {
        int size = insn.opSize;
        int n = (int) insn.imm & (size == 8 ? 63 : 31);
        if (size == 2 || n == 0 || insn.form.operands.get(2).kind() == Kind.FIXED) {
            return false;
        }
        boolean left = insn.form.mnemonic.equals("SHLD");
        markAddress(a, insn);
        pushWide(a, insn, size, true);
        a.b.lstore(V);
        a.b.lload(V);
        a.push(insn.reg, size);
        zeroExtend(a, size);
        a.b.loadConstant(n).loadConstant(size);
        a.b.invokestatic(BITS, left ? "left" : "right", type("(JJII)J"));
        a.b.lstore(RegionLocals.LONG_R).lload(RegionLocals.LONG_R);
        store(a, insn, size);
        if (a.plan.flagsNeeded[a.at]) {
            a.b.lload(V).lload(RegionLocals.LONG_R).loadConstant(n).loadConstant(size);
            a.b.invokestatic(BITS, left ? "leftCarry" : "rightCarry", type("(JJII)J"));
            a.b.lstore(CARRY).lload(RegionLocals.LONG_R);
            if (size == 4) {
                a.b.l2i().i2l();
            }
            a.b.lstore(RES);
        }
        a.flags = FlagSource.UNKNOWN;
        finish(a, insn);
        return true;
    }

    // ---- bit tests in memory ----

    /** BT, BTS, BTR, BTC of memory. */
    static boolean bit(RegionAssembler a, Insn insn) {
        int size = insn.opSize;
        boolean immediate = insn.form.operands.get(1).kind() == Kind.I;
        boolean flat = insn.eaMode == Insn.EA_FLAT64 || insn.eaMode == Insn.EA_SEG64;
        if (size == 2 || !flat) {
            return false;
        }
        int mask = 8 * size - 1;
        a.mark();
        a.address(insn, 0);
        if (immediate) {
            a.b.lstore(EA).loadConstant((int) insn.imm & mask).istore(INT_R);
        } else {
            // the bit's number reaches beyond the operand, in steps of its size
            a.push(insn.reg, size);
            if (size == 4) {
                a.b.i2l();
            }
            a.b.dup2().l2i().loadConstant(mask).iand().istore(INT_R);
            a.b.loadConstant(size == 8 ? 6 : 5).lshr().loadConstant(size == 8 ? 3 : 2).lshl();
            a.b.ladd().lstore(EA);
        }
        String name = insn.form.mnemonic;
        if (insn.lock) {
            a.b.aload(C).lload(EA).loadConstant(operation(name));
            pushMask(a, name);
            a.b.loadConstant(size);
            a.b.invokestatic(ATOMICS, "update", type("(Lorg/jvisor/emulator/Cpu;JIJI)J"));
            a.b.lstore(V);
        } else if (name.equals("BT")) {
            pushWide(a, insn, size, false);
            a.b.lstore(V);
        } else {
            pushWide(a, insn, size, true);
            a.b.lstore(V).lload(V);
            pushMask(a, name);
            switch (name) {
                case "BTS" -> a.b.lor();
                case "BTR" -> a.b.land();
                default -> a.b.lxor();
            }
            store(a, insn, size);
        }
        if (a.plan.flagsNeeded[a.at]) {
            a.b.lload(CARRY).lload(V).iload(INT_R).lushr().lconst_1().land();
            a.flagsCall("withCarry", "(JJ)J");
            a.b.lstore(CARRY);
        }
        a.flags = FlagSource.UNKNOWN;
        if (insn.lock) {
            EmitAtomic.finish(a);
        } else if (!name.equals("BT")) {
            finish(a, insn);
        }
        return true;
    }

    private static int operation(String name) {
        return switch (name) {
            case "BTS" -> Alu.OR;
            case "BTR" -> Alu.AND;
            default -> Alu.XOR;
        };
    }

    private static void pushMask(RegionAssembler a, String name) {
        a.b.lconst_1().iload(INT_R).lshl();
        if (name.equals("BTR")) {
            a.b.loadConstant(-1L).lxor();
        }
    }

    // ---- scans ----

    /** BSF, BSR, POPCNT of 32 and 64 bits. */
    static boolean scan(RegionAssembler a, Insn insn) {
        int size = insn.opSize;
        if (size == 2) {
            return false;
        }
        markAddress(a, insn);
        pushWide(a, insn, size, false);
        a.b.lstore(V);
        String name = insn.form.mnemonic;
        if (name.equals("POPCNT")) {
            a.b.lload(V).invokestatic(LONG, "bitCount", type("(J)I")).i2l();
        } else {
            a.push(insn.reg);
            a.b.lload(V);
            a.b.invokestatic(BITS, name.equals("BSF") ? "forward" : "reverse", type("(JJ)J"));
        }
        a.pop(insn.reg);
        a.b.lload(V).invokestatic(BITS, "any", type("(J)I")).istore(INT_R);
        if (a.plan.flagsNeeded[a.at]) {
            a.b.iload(INT_R).i2l().lstore(RES);
            if (name.equals("POPCNT")) { // PF is clear, which 0 as a result would not give
                a.b.iload(INT_R).iconst_1().ixor().i2l().lstore(CARRY);
            } else {
                a.b.lconst_0().lstore(CARRY);
            }
        }
        a.flags = new FlagSource(FlagSource.Kind.RESULT, 4);
        return true;
    }
}
