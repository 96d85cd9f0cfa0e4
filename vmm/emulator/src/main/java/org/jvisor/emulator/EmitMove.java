package org.jvisor.emulator;

import static org.jvisor.emulator.RegionLocals.EA;
import static org.jvisor.emulator.RegionLocals.I;
import static org.jvisor.emulator.RegionLocals.V;
import static org.jvisor.emulator.RegionLocals.V2;

import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import org.jvisor.emulator.Operand.Kind;

/**
 * Bytecode of what moves data without arithmetic: MOV, extensions, the stack, conditional moves.
 */
final class EmitMove {
    private static final ClassDesc LONG = ClassDesc.of("java.lang.Long");
    private static final ClassDesc INTEGER = ClassDesc.of("java.lang.Integer");

    private EmitMove() {}

    private static int size(Insn insn, int operand) {
        return insn.form
                .operands
                .get(operand)
                .bytes(insn.opSize, insn.opSize == 8, insn.mode == Cpu.MODE64);
    }

    /** MOV between general registers, memory and immediates; MOVNTI. */
    static boolean move(RegionAssembler a, Insn insn) {
        Kind to = insn.form.operands.get(0).kind();
        Kind from = insn.form.operands.get(1).kind();
        if (isSpecial(to) || isSpecial(from)) {
            return false;
        }
        int size = size(insn, 0);
        boolean load = insn.isMemory() && (from == Kind.E || from == Kind.O);
        if (load) {
            a.mark();
            a.readOperand(insn, size);
        } else if (insn.isMemory()) {
            a.mark();
            a.address(insn, 0);
            value(a, insn, from, size);
            a.write(size);
            a.endWrite();
            return true;
        } else if (to == Kind.G) { // the decoder has exchanged the registers
            a.push(insn.reg, size);
            a.pop(insn.rm, size);
            return true;
        } else if (from == Kind.I && size == 4) {
            a.b.loadConstant(insn.imm & 0xffff_ffffL);
            a.pop(insn.rm);
            return true;
        } else {
            value(a, insn, from, size);
        }
        a.pop(to == Kind.G ? insn.reg : to == Kind.FIXED ? Cpu.RAX : insn.rm, size);
        return true;
    }

    private static boolean isSpecial(Kind kind) {
        return kind == Kind.S || kind == Kind.C || kind == Kind.D;
    }

    /** Pushes a source that is a register or an immediate. */
    private static void value(RegionAssembler a, Insn insn, Kind from, int size) {
        switch (from) {
            case I -> {
                if (size == 8) {
                    a.b.loadConstant(insn.imm);
                } else {
                    a.b.loadConstant((int) insn.imm);
                }
            }
            case G -> a.push(insn.reg, size);
            case FIXED -> a.push(Cpu.RAX, size);
            default -> a.push(insn.rm, size);
        }
    }

    /** LEA. */
    static boolean lea(RegionAssembler a, Insn insn) {
        a.offset(insn, 0);
        if (insn.addrSize == 4) {
            a.b.loadConstant(0xffff_ffffL).land();
        } else if (insn.addrSize == 2) {
            a.b.loadConstant(0xffffL).land();
        }
        if (insn.opSize < 8) {
            a.b.l2i();
        }
        a.pop(insn.reg, insn.opSize);
        return true;
    }

    /** MOVZX, MOVSX, MOVSXD. */
    static boolean extend(RegionAssembler a, Insn insn) {
        int from = size(insn, 1);
        boolean sign = !insn.form.mnemonic.equals("MOVZX");
        if (insn.form.mnemonic.equals("MOVSXD")) {
            from = Math.min(4, insn.opSize);
        }
        if (insn.isMemory()) {
            a.mark();
            a.readOperand(insn, from);
        } else {
            a.push(insn.rm, from);
        }
        switch (from) {
            case 1 -> {
                if (sign) {
                    a.b.i2b();
                } else {
                    a.b.sipush(255).iand();
                }
            }
            case 2 -> {
                if (sign) {
                    a.b.i2s();
                } else {
                    a.b.i2c();
                }
            }
            default -> {}
        }
        if (insn.opSize == 8) {
            a.b.i2l();
        }
        a.pop(insn.reg, insn.opSize);
        return true;
    }

    /** CBW, CWDE, CDQE. */
    static boolean accumulator(RegionAssembler a, Insn insn) {
        a.push(Cpu.RAX, insn.opSize / 2);
        switch (insn.opSize) {
            case 8 -> a.b.i2l();
            case 4 -> a.b.i2s();
            default -> a.b.i2b();
        }
        a.pop(Cpu.RAX, insn.opSize);
        return true;
    }

    /** CWD, CDQ, CQO. */
    static boolean intoDx(RegionAssembler a, Insn insn) {
        a.push(Cpu.RAX, insn.opSize);
        switch (insn.opSize) {
            case 8 -> a.b.bipush(63).lshr();
            case 4 -> a.b.bipush(31).ishr();
            default -> a.b.i2s().bipush(15).ishr();
        }
        a.pop(Cpu.RDX, insn.opSize);
        return true;
    }

    /** XCHG. */
    static boolean exchange(RegionAssembler a, Insn insn) {
        if (insn.isMemory()) {
            return EmitAtomic.exchange(a, insn);
        }
        boolean short90 = insn.form.operands.get(1).kind() == Kind.FIXED;
        if (short90 && insn.rm == 0) {
            return true; // NOP
        }
        int size = size(insn, 0);
        int other = short90 ? Cpu.RAX : insn.reg;
        a.push(insn.rm, size);
        a.push(other, size);
        a.pop(insn.rm, size);
        a.pop(other, size);
        return true;
    }

    /** BSWAP of 32 and 64 bits. */
    static boolean byteSwap(RegionAssembler a, Insn insn) {
        if (insn.opSize == 2) {
            return false;
        }
        a.push(insn.rm, insn.opSize);
        if (insn.opSize == 8) {
            a.b.invokestatic(LONG, "reverseBytes", RegionAssembler.type("(J)J"));
        } else {
            a.b.invokestatic(INTEGER, "reverseBytes", RegionAssembler.type("(I)I"));
        }
        a.pop(insn.rm, insn.opSize);
        return true;
    }

    /** NOP and PREFETCH. */
    static boolean nothing(RegionAssembler a, Insn insn) {
        return true;
    }

    // ---- the stack, in 64-bit mode ----

    private static boolean plainStack(Insn insn) {
        return insn.mode == Cpu.MODE64 && insn.opSize == 8;
    }

    /** PUSH of a register, an immediate or memory. */
    static boolean push(RegionAssembler a, Insn insn) {
        if (!plainStack(insn)) {
            return false;
        }
        Kind kind = insn.form.operands.getFirst().kind();
        if (isSpecial(kind) || kind == Kind.FIXED) {
            return false;
        }
        a.mark();
        if (kind == Kind.I) {
            a.b.loadConstant(insn.imm);
        } else if (insn.isMemory()) {
            a.readOperand(insn, 8);
        } else {
            a.push(insn.rm);
        }
        pushValue(a);
        a.endWrite();
        return true;
    }

    /** Pops a long and pushes it on the guest's stack; {@link RegionAssembler#endWrite} follows. */
    static void pushValue(RegionAssembler a) {
        a.b.lstore(V);
        a.push(Cpu.RSP);
        a.b.loadConstant(-8L).ladd().lstore(EA);
        a.b.lload(EA).lload(V);
        a.write(8);
        a.b.lload(EA);
        a.pop(Cpu.RSP);
    }

    /** POP to a register. */
    static boolean pop(RegionAssembler a, Insn insn) {
        Kind kind = insn.form.operands.getFirst().kind();
        if (!plainStack(insn) || insn.isMemory() || isSpecial(kind) || kind == Kind.FIXED) {
            return false;
        }
        a.mark();
        popValue(a);
        a.push(Cpu.RSP);
        a.b.loadConstant(8L).ladd();
        a.pop(Cpu.RSP);
        a.pop(insn.rm);
        return true;
    }

    /** Pushes what is on top of the guest's stack. */
    static void popValue(RegionAssembler a) {
        a.push(Cpu.RSP);
        a.b.lstore(EA);
        a.read(EA, 8);
    }

    /** LEAVE. */
    static boolean leave(RegionAssembler a, Insn insn) {
        if (!plainStack(insn)) {
            return false;
        }
        a.mark();
        a.push(Cpu.RBP);
        a.b.lstore(EA);
        a.read(EA, 8);
        a.b.lload(EA).loadConstant(8L).ladd();
        a.pop(Cpu.RSP);
        a.pop(Cpu.RBP);
        return true;
    }

    // ---- conditional ----

    /** CMOVcc of 32 and 64 bits. */
    static boolean conditionalMove(RegionAssembler a, Insn insn) {
        int size = insn.opSize;
        if (size == 2) {
            return false;
        }
        if (insn.isMemory()) {
            a.mark();
            a.readOperand(insn, size);
            store(a, size);
        }
        Label take = a.b.newLabel();
        Label done = a.b.newLabel();
        EmitCondition.jump(a, insn.form.opcode & 15, take);
        a.push(insn.reg, size);
        a.b.goto_(done);
        a.b.labelBinding(take);
        if (!insn.isMemory()) {
            a.push(insn.rm, size);
        } else if (size == 8) {
            a.b.lload(V2);
        } else {
            a.b.iload(I);
        }
        a.b.labelBinding(done);
        a.pop(insn.reg, size);
        return true;
    }

    private static void store(RegionAssembler a, int size) {
        if (size == 8) {
            a.b.lstore(V2);
        } else {
            a.b.istore(I);
        }
    }

    /** SETcc. */
    static boolean conditionalSet(RegionAssembler a, Insn insn) {
        Label yes = a.b.newLabel();
        Label done = a.b.newLabel();
        EmitCondition.jump(a, insn.form.opcode & 15, yes);
        a.b.iconst_0().goto_(done);
        a.b.labelBinding(yes);
        a.b.iconst_1();
        a.b.labelBinding(done);
        if (insn.isMemory()) {
            a.b.istore(I);
            a.mark();
            a.address(insn, 0);
            a.b.iload(I);
            a.write(1);
            a.endWrite();
        } else {
            a.pop(insn.rm, 1);
        }
        return true;
    }
}
