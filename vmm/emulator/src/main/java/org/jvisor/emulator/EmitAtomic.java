package org.jvisor.emulator;

import static org.jvisor.emulator.RegionAssembler.type;
import static org.jvisor.emulator.RegionLocals.C;
import static org.jvisor.emulator.RegionLocals.CPU;
import static org.jvisor.emulator.RegionLocals.EA;
import static org.jvisor.emulator.RegionLocals.INT_A;
import static org.jvisor.emulator.RegionLocals.INT_B;
import static org.jvisor.emulator.RegionLocals.LONG_A;
import static org.jvisor.emulator.RegionLocals.LONG_B;

import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;

/** Bytecode of read-modify-writes of memory in one step, by {@link Atomics}. */
final class EmitAtomic {
    private static final ClassDesc ATOMICS = ClassDesc.of("org.jvisor.emulator.Atomics");

    private EmitAtomic() {}

    static void markAddress(RegionAssembler a, Insn insn) {
        a.mark();
        a.address(insn, 0);
        a.b.lstore(EA);
    }

    /** Pushes B, whose bits above the size do not matter, as a long. */
    private static void pushB(RegionAssembler a, int size) {
        if (size == 8) {
            a.b.lload(LONG_B);
        } else {
            a.b.iload(INT_B).i2l();
        }
    }

    /** Combines B into memory at EA; what was there becomes A. */
    static void update(RegionAssembler a, int operation, int size) {
        a.b.aload(C).lload(EA).loadConstant(operation);
        pushB(a, size);
        a.b.loadConstant(size);
        a.b.invokestatic(ATOMICS, "update", type("(Lorg/jvisor/emulator/Cpu;JIJI)J"));
        if (size < 8) {
            a.b.l2i();
        }
        EmitInteger.storeA(a, size);
    }

    /** Comes last: the region is left if decoded code was written to. */
    static void finish(RegionAssembler a) {
        a.b.aload(C).getfield(CPU, "codeDropped", ConstantDescs.CD_boolean).ifne(a.stop);
    }

    private static int size(Insn insn) {
        Operand first = insn.form.operands.getFirst();
        return first.bytes(insn.opSize, insn.opSize == 8, insn.mode == Cpu.MODE64);
    }

    private static void load(RegionAssembler a, int size, boolean second) {
        if (size == 8) {
            a.b.lload(second ? LONG_B : LONG_A);
        } else {
            a.b.iload(second ? INT_B : INT_A);
        }
    }

    /** XCHG with memory. */
    static boolean exchange(RegionAssembler a, Insn insn) {
        int size = size(insn);
        markAddress(a, insn);
        a.push(insn.reg, size);
        EmitInteger.storeB(a, size);
        update(a, Atomics.EXCHANGE, size);
        load(a, size, false);
        a.pop(insn.reg, size);
        a.flags = FlagSource.UNKNOWN; // A and B are others now
        finish(a);
        return true;
    }

    /** XADD with LOCK. */
    static boolean exchangeAdd(RegionAssembler a, Insn insn) {
        if (!insn.lock) {
            return false;
        }
        int size = size(insn);
        markAddress(a, insn);
        a.push(insn.reg, size);
        EmitInteger.storeB(a, size);
        update(a, Alu.ADD, size);
        load(a, size, false);
        a.pop(insn.reg, size);
        EmitInteger.compute(a, Alu.ADD, size);
        EmitInteger.setFlags(a, Alu.ADD, size);
        finish(a);
        return true;
    }

    /** CMPXCHG with LOCK. */
    static boolean compareExchange(RegionAssembler a, Insn insn) {
        if (!insn.lock) {
            return false;
        }
        int size = size(insn);
        markAddress(a, insn);
        a.push(Cpu.RAX, size);
        EmitInteger.storeA(a, size);
        a.b.aload(C).lload(EA);
        load(a, size, false);
        wide(a, size);
        a.push(insn.reg, size);
        wide(a, size);
        a.b.loadConstant(size);
        a.b.invokestatic(ATOMICS, "compareExchange", type("(Lorg/jvisor/emulator/Cpu;JJJI)J"));
        if (size < 8) {
            a.b.l2i();
        }
        EmitInteger.storeB(a, size);
        Label equal = a.b.newLabel();
        load(a, size, false);
        load(a, size, true);
        if (size == 8) {
            a.b.lcmp().ifeq(equal);
        } else {
            a.b.if_icmpeq(equal);
        }
        load(a, size, true);
        a.pop(Cpu.RAX, size);
        a.b.labelBinding(equal);
        EmitInteger.compute(a, Alu.SUB, size);
        EmitInteger.setFlags(a, Alu.SUB, size);
        finish(a);
        return true;
    }

    private static void wide(RegionAssembler a, int size) {
        if (size < 8) {
            a.b.i2l();
        }
    }
}
