package org.jvisor.emulator;

import static org.jvisor.emulator.HostAssembler.MAP0;
import static org.jvisor.emulator.HostAssembler.MAP_0F;
import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RCX;
import static org.jvisor.emulator.HostAssembler.RDX;
import static org.jvisor.emulator.HostAssembler.prefix;

import java.util.List;
import org.jvisor.emulator.Operand.Kind;

/** Host code of integer arithmetic, shifts and bit operations. */
final class HostInteger {
    private static final List<String> GROUP1 =
            List.of("ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP");
    private static final int LOCK = 0xf0;

    private HostInteger() {}

    /** Bytes of an operand. */
    static int size(Insn insn, int operand) {
        return insn.form
                .operands
                .get(operand)
                .bytes(insn.opSize, insn.opSize == 8, insn.mode == Cpu.MODE64);
    }

    static Kind kind(Insn insn, int operand) {
        return insn.form.operands.get(operand).kind();
    }

    /** Whether one of its operands is AH, CH, DH or BH. */
    static boolean usesHighByte(Insn insn) {
        boolean high = false;
        for (Operand o : insn.form.operands) {
            high |= o.kind() == Kind.G && insn.reg >= 32;
            high |= (o.kind() == Kind.E && insn.mod == 3 || o.kind() == Kind.Z) && insn.rm >= 32;
        }
        return high;
    }

    /** ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST. */
    static boolean arithmetic(HostEmitter e, Insn insn) {
        int operation = GROUP1.indexOf(insn.form.mnemonic); // -1 for TEST
        int size = size(insn, 0);
        boolean carries = operation == 2 || operation == 3;
        boolean writes = operation >= 0 && operation < 7;
        Kind first = kind(insn, 0);
        Kind second = kind(insn, 1);
        int opcode = operation < 0 ? 0x84 : 8 * operation;
        opcode += size == 1 ? 0 : 1;
        if (insn.isMemory()) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            boolean toMemory = first == Kind.E;
            e.address(insn, size, toMemory && writes);
            int base = e.wantBeside(carries);
            if (second == Kind.I) {
                lock(e, insn);
                immediate(e, insn, operation, size, base, true);
            } else {
                int register = e.get(insn.reg, RCX);
                lock(e, insn);
                int from = toMemory || operation < 0 ? opcode : opcode + 2;
                e.a.memory(prefix(size), size, MAP0, from, register, base, 0);
                if (!toMemory && writes) {
                    e.put(insn.reg, register);
                }
            }
            e.produced();
            return true;
        }
        if (carries) {
            e.want();
        } else {
            e.overwrite();
        }
        // the decoder has exchanged the registers of some
        boolean exchanged = first == Kind.G && size >= 4 && !carries;
        boolean toReg = first == Kind.G && !exchanged;
        int to = first == Kind.FIXED ? Cpu.RAX : toReg ? insn.reg : insn.rm;
        int register = e.get(to, RCX);
        if (second == Kind.I) {
            immediate(e, insn, operation, size, register, false);
        } else {
            int from = e.get(toReg ? insn.rm : insn.reg, RDX);
            e.a.registers(prefix(size), size, MAP0, opcode, from, register);
        }
        if (writes) {
            e.put(to, register);
        }
        e.produced();
        return true;
    }

    private static void lock(HostEmitter e, Insn insn) {
        if (insn.lock) {
            e.a.int8(LOCK);
        }
    }

    private static void immediate(
            HostEmitter e, Insn insn, int operation, int size, int rm, boolean memory) {
        long imm = insn.imm;
        boolean small = size > 1 && operation >= 0 && imm == (byte) imm;
        int opcode = operation < 0 ? 0xf6 : 0x80;
        opcode += small ? 3 : size == 1 ? 0 : 1;
        int reg = Math.max(operation, 0);
        if (memory) {
            e.a.memory(prefix(size), size, MAP0, opcode, reg, rm, 0);
        } else {
            e.a.registers(prefix(size), size, MAP0, opcode, reg, rm);
        }
        e.a.immediate(small ? 1 : size, imm);
    }

    /** INC, DEC, NEG, NOT. */
    static boolean oneOperand(HostEmitter e, Insn insn) {
        int size = size(insn, 0);
        String name = insn.form.mnemonic;
        boolean keepsCarry = name.equals("INC") || name.equals("DEC");
        boolean flags = !name.equals("NOT");
        int reg =
                switch (name) {
                    case "INC" -> 0;
                    case "DEC" -> 1;
                    case "NOT" -> 2;
                    default -> 3;
                };
        int opcode = (keepsCarry ? 0xfe : 0xf6) + (size == 1 ? 0 : 1);
        if (insn.isMemory()) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            e.address(insn, size, true);
            int base = e.wantBeside(keepsCarry && e.plan.flagsNeeded[e.at]);
            lock(e, insn);
            e.a.memory(prefix(size), size, MAP0, opcode, reg, base, 0);
        } else {
            if (keepsCarry) {
                e.wantIfKept();
            } else if (flags) {
                e.overwrite();
            }
            int register = e.get(insn.rm, RCX);
            e.a.registers(prefix(size), size, MAP0, opcode, reg, register);
            e.put(insn.rm, register);
        }
        if (flags) {
            e.produced();
        }
        return true;
    }

    /** ROL, ROR, RCL, RCR, SHL, SHR, SAR. */
    static boolean shift(HostEmitter e, Insn insn) {
        int size = size(insn, 0);
        boolean byCl = kind(insn, 1) == Kind.FIXED && insn.form.operands.get(1).text().equals("CL");
        int count = (int) insn.imm & (size == 8 ? 63 : 31); // 1 in the forms without an immediate
        boolean keeps = byCl || insn.form.ext < 4 || count == 0;
        boolean reads = insn.form.ext == 2 || insn.form.ext == 3;
        int opcode = (byCl ? 0xd2 : 0xc0) + (size == 1 ? 0 : 1);
        int register = RDX;
        if (insn.isMemory()) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            e.address(insn, size, true);
            int base = e.wantBeside(reads || keeps && e.plan.flagsNeeded[e.at]);
            if (byCl) {
                e.a.move(RCX, e.get(Cpu.RCX, RCX));
            }
            e.a.memory(prefix(size), size, MAP0, opcode, insn.form.ext, base, 0);
        } else {
            if (reads) {
                e.want();
            } else if (keeps) {
                e.wantIfKept();
            } else {
                e.clobber();
            }
            if (byCl) {
                e.a.move(RCX, e.get(Cpu.RCX, RCX));
            }
            register = e.get(insn.rm, RDX);
            e.a.registers(prefix(size), size, MAP0, opcode, insn.form.ext, register);
        }
        if (!byCl) {
            e.a.int8(count);
        }
        if (!insn.isMemory()) {
            e.put(insn.rm, register);
        }
        e.produced();
        return true;
    }

    /** SHLD and SHRD of registers. */
    static boolean shiftDouble(HostEmitter e, Insn insn) {
        boolean byCl = kind(insn, 2) == Kind.FIXED;
        int count = (int) insn.imm & (insn.opSize == 8 ? 63 : 31);
        if (insn.isMemory() || insn.opSize == 2) {
            return false;
        }
        if (byCl || count == 0) {
            e.wantIfKept();
        } else {
            e.clobber();
        }
        if (byCl) {
            e.a.move(RCX, e.get(Cpu.RCX, RCX));
        }
        int to = e.get(insn.rm, RDX);
        int from = e.get(insn.reg, RAX);
        e.a.registers(0, insn.opSize, MAP_0F, insn.form.opcode, from, to);
        if (!byCl) {
            e.a.int8(count);
        }
        e.put(insn.rm, to);
        e.produced();
        return true;
    }

    /** BT, BTS, BTR, BTC. */
    static boolean bit(HostEmitter e, Insn insn) {
        int size = insn.opSize;
        boolean immediate = kind(insn, 1) == Kind.I;
        boolean writes = !insn.form.mnemonic.equals("BT");
        int which = List.of("BT", "BTS", "BTR", "BTC").indexOf(insn.form.mnemonic);
        int opcode = immediate ? 0xba : 0xa3 + 8 * which;
        if (insn.isMemory()) {
            boolean wraps = insn.eaMode == Insn.EA_ADDR32 && !immediate;
            if (!e.isAddressable(insn) || size == 2 || wraps) {
                return false;
            }
            e.clobber();
            e.linear(insn);
            if (!immediate) {
                // the operand that holds the bit
                int index = e.get(insn.reg, RCX);
                e.a.registers(0, 8, MAP0, size == 8 ? 0x8b : 0x63, RCX, index);
                e.a.registers(0, 8, MAP0, 0xc1, 7, RCX); // SAR
                e.a.int8(size == 8 ? 6 : 5);
                e.a.lea(RAX, RAX, RCX, size == 8 ? 3 : 2, 0);
            }
            e.translate(size, writes, insn.lock);
            e.a.move(RDX, RAX);
            if (!immediate) {
                e.a.move(RCX, e.get(insn.reg, RCX));
                e.a.group1(4, 4, RCX, 8 * size - 1);
            }
            e.wantIfKept();
            lock(e, insn);
            if (immediate) {
                e.a.memory(0, size, MAP_0F, opcode, 4 + which, RDX, 0);
                e.a.int8((int) insn.imm & 8 * size - 1);
            } else {
                e.a.memory(0, size, MAP_0F, opcode, RCX, RDX, 0);
            }
            e.produced();
            return true;
        }
        e.wantIfKept();
        int register = e.get(insn.rm, RDX);
        if (immediate) {
            e.a.registers(prefix(size), size, MAP_0F, opcode, 4 + which, register);
            e.a.int8((int) insn.imm & 8 * size - 1);
        } else {
            int index = e.get(insn.reg, RCX);
            e.a.registers(prefix(size), size, MAP_0F, opcode, index, register);
        }
        if (writes) {
            e.put(insn.rm, register);
        }
        e.produced();
        return true;
    }

    /** BSF, BSR. */
    static boolean scan(HostEmitter e, Insn insn) {
        if (!source(e, insn)) {
            return false;
        }
        int to = e.get(insn.reg, RCX); // a source of 0 leaves it as it is
        e.a.registers(prefix(insn.opSize), insn.opSize, MAP_0F, insn.form.opcode, to, RDX);
        e.put(insn.reg, to);
        e.produced();
        return true;
    }

    /** POPCNT. */
    static boolean count(HostEmitter e, Insn insn) {
        if (insn.opSize == 2 || !source(e, insn)) {
            return false;
        }
        int to = e.target(insn.reg, RCX);
        e.a.registers(0xf3, insn.opSize, MAP_0F, 0xb8, to, RDX);
        e.put(insn.reg, to);
        e.produced();
        return true;
    }

    /** The second operand in RDX. */
    private static boolean source(HostEmitter e, Insn insn) {
        if (!insn.isMemory()) {
            e.clobber();
            e.a.move(RDX, e.get(insn.rm, RDX));
            return true;
        }
        if (!e.isAddressable(insn)) {
            return false;
        }
        e.address(insn, insn.opSize, false);
        e.a.memory(prefix(insn.opSize), insn.opSize, MAP0, 0x8b, RDX, RAX, 0);
        return true;
    }

    /** IMUL with two or three operands, MUL and IMUL with one. */
    static boolean multiply(HostEmitter e, Insn insn) {
        int count = insn.form.operands.size();
        return count == 1 ? multiplyWide(e, insn) : multiplyInto(e, insn, count == 3);
    }

    private static boolean multiplyInto(HostEmitter e, Insn insn, boolean immediate) {
        int size = insn.opSize;
        boolean small = insn.imm == (byte) insn.imm;
        int opcode = immediate ? small ? 0x6b : 0x69 : 0xaf;
        int map = immediate ? MAP0 : MAP_0F;
        if (insn.isMemory()) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            e.address(insn, size, false);
            int to = immediate && size != 2 ? e.target(insn.reg, RCX) : e.get(insn.reg, RCX);
            e.a.memory(prefix(size), size, map, opcode, to, RAX, 0);
            if (immediate) {
                e.a.immediate(small ? 1 : size, insn.imm);
            }
            e.put(insn.reg, to);
        } else {
            e.clobber();
            int from = e.get(insn.rm, RDX);
            int to = immediate && size != 2 ? e.target(insn.reg, RCX) : e.get(insn.reg, RCX);
            e.a.registers(prefix(size), size, map, opcode, to, from);
            if (immediate) {
                e.a.immediate(small ? 1 : size, insn.imm);
            }
            e.put(insn.reg, to);
        }
        e.produced();
        return true;
    }

    private static boolean multiplyWide(HostEmitter e, Insn insn) {
        int size = size(insn, 0);
        if (size < 4 || !operand(e, insn, size)) {
            return false;
        }
        e.a.move(RAX, e.get(Cpu.RAX, RAX));
        e.a.registers(0, size, MAP0, 0xf7, insn.form.ext, RCX);
        e.put(Cpu.RAX, RAX);
        e.put(Cpu.RDX, RDX);
        e.produced();
        return true;
    }

    /** The operand of {@link #multiplyWide} and {@link #divide} in RCX. */
    private static boolean operand(HostEmitter e, Insn insn, int size) {
        if (!insn.isMemory()) {
            e.clobber();
            e.a.registers(0, size, MAP0, 0x8b, RCX, e.get(insn.rm, RCX));
            return true;
        }
        if (!e.isAddressable(insn)) {
            return false;
        }
        e.address(insn, size, false);
        e.a.memory(0, size, MAP0, 0x8b, RCX, RAX, 0);
        return true;
    }

    /** DIV and IDIV whose quotient surely fits; the flags stay, as the interpreter leaves them. */
    static boolean divide(HostEmitter e, Insn insn) {
        int size = size(insn, 0);
        if (size < 4 || !operand(e, insn, size)) {
            return false;
        }
        HostAssembler a = e.a;
        if (insn.form.ext == 6) {
            a.move(RDX, e.get(Cpu.RDX, RDX));
            a.registers(0, size, MAP0, 0x3b, RDX, RCX); // CMP
            a.jump(HostAssembler.ABOVE_EQUAL, e.toJava());
            a.move(RAX, e.get(Cpu.RAX, RAX));
        } else {
            a.memory(0, size, MAP0, 0x8d, RDX, RCX, 1); // LEA: 0 and -1 become 1 and 0
            a.group1(7, size, RDX, 1);
            a.jump(HostAssembler.BELOW_EQUAL, e.toJava());
            a.move(RAX, e.get(Cpu.RAX, RAX));
            sign(a, size);
            if (e.hostOf(Cpu.RDX) != HostAssembler.NONE) {
                a.registers(0, size, MAP0, 0x3b, RDX, e.hostOf(Cpu.RDX));
            } else {
                a.memory(0, size, MAP0, 0x3b, RDX, HostAssembler.RBP, 8 * Cpu.RDX);
            }
            a.jump(HostAssembler.NOT_EQUAL, e.toJava());
        }
        a.registers(0, size, MAP0, 0xf7, insn.form.ext, RCX);
        e.put(Cpu.RAX, RAX);
        e.put(Cpu.RDX, RDX);
        return true;
    }

    /** CDQ or CQO. */
    static void sign(HostAssembler a, int size) {
        if (size == 8) {
            a.int8(0x48);
        }
        a.int8(0x99);
    }

    /** CLC, STC, CMC. */
    static boolean carry(HostEmitter e, Insn insn) {
        if (insn.form.mnemonic.equals("CMC")) {
            e.want();
        } else {
            e.wantIfKept();
        }
        e.a.int8(insn.form.opcode);
        e.produced();
        return true;
    }
}
