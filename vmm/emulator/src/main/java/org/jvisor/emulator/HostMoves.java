package org.jvisor.emulator;

import static org.jvisor.emulator.HostAssembler.MAP0;
import static org.jvisor.emulator.HostAssembler.MAP_0F;
import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RBP;
import static org.jvisor.emulator.HostAssembler.RCX;
import static org.jvisor.emulator.HostAssembler.RDX;
import static org.jvisor.emulator.HostAssembler.prefix;
import static org.jvisor.emulator.HostInteger.kind;
import static org.jvisor.emulator.HostInteger.size;

import org.jvisor.emulator.Operand.Kind;

/** Host code of what moves integers: MOV, extensions, the stack, exchanges, conditional moves. */
final class HostMoves {
    private HostMoves() {}

    private static boolean isSpecial(Kind kind) {
        return kind == Kind.S || kind == Kind.C || kind == Kind.D;
    }

    /** MOV between general registers, memory and immediates; MOVNTI. */
    static boolean move(HostEmitter e, Insn insn) {
        Kind to = kind(insn, 0);
        Kind from = kind(insn, 1);
        if (isSpecial(to) || isSpecial(from)) {
            return false;
        }
        int size = size(insn, 0);
        boolean memory = insn.isMemory() || from == Kind.O || to == Kind.O;
        if (!memory) {
            return toRegister(e, insn, size, from);
        }
        if (!e.isAddressable(insn)) {
            return false;
        }
        int opcode = size == 1 ? 0 : 1;
        if (from == Kind.E || from == Kind.O) {
            e.address(insn, size, false);
            int g = to == Kind.FIXED ? Cpu.RAX : insn.reg;
            int register = size < 4 ? e.get(g, RCX) : e.target(g, RCX);
            e.a.memory(prefix(size), size, MAP0, 0x8a | opcode, register, RAX, 0);
            e.put(g, register);
            return true;
        }
        e.address(insn, size, true);
        if (from == Kind.I) {
            e.a.memory(prefix(size), size, MAP0, 0xc6 | opcode, 0, RAX, 0);
            e.a.immediate(size, insn.imm);
        } else {
            int register = e.get(from == Kind.FIXED ? Cpu.RAX : insn.reg, RCX);
            e.a.memory(prefix(size), size, MAP0, 0x88 | opcode, register, RAX, 0);
        }
        return true;
    }

    private static boolean toRegister(HostEmitter e, Insn insn, int size, Kind from) {
        int g = insn.rm; // the decoder has exchanged the registers of the other direction
        if (from == Kind.I && size >= 4) {
            int register = e.target(g, RCX);
            e.a.constant(register, size == 4 ? insn.imm & 0xffff_ffffL : insn.imm);
            e.put(g, register);
            return true;
        }
        int register = size < 4 ? e.get(g, RCX) : e.target(g, RCX);
        int opcode = size == 1 ? 0 : 1;
        if (from == Kind.I) {
            e.a.registers(prefix(size), size, MAP0, 0xc6 | opcode, 0, register);
            e.a.immediate(size, insn.imm);
        } else {
            int source = e.get(insn.reg, RDX);
            e.a.registers(prefix(size), size, MAP0, 0x88 | opcode, source, register);
        }
        e.put(g, register);
        return true;
    }

    /** LEA. */
    static boolean lea(HostEmitter e, Insn insn) {
        if (insn.addrSize == 2
                || insn.opSize == 2
                || insn.disp + e.delta != (int) (insn.disp + e.delta)) {
            return false;
        }
        int register = e.target(insn.reg, RCX);
        int size = Math.min(insn.opSize, insn.addrSize);
        e.offset(insn, register, size);
        e.put(insn.reg, register);
        return true;
    }

    /** MOVZX, MOVSX, MOVSXD. */
    static boolean extend(HostEmitter e, Insn insn) {
        int from = size(insn, 1);
        boolean doubleword = insn.form.mnemonic.equals("MOVSXD");
        if (insn.opSize == 2) {
            return false;
        }
        int map = doubleword ? MAP0 : MAP_0F;
        int opcode = insn.form.opcode;
        if (doubleword && insn.opSize == 4) {
            opcode = 0x8b;
        }
        int operandSize = insn.opSize;
        if (insn.isMemory()) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            e.address(insn, doubleword ? 4 : from, false);
            int register = e.target(insn.reg, RCX);
            e.a.memory(0, operandSize, map, opcode, register, RAX, 0);
            e.put(insn.reg, register);
            return true;
        }
        int source = e.get(insn.rm, RDX);
        if (from == 1 && operandSize == 4 && source >= 4 && source < 8) {
            e.a.move(RDX, source); // else it would be AH to BH
            source = RDX;
        }
        int register = e.target(insn.reg, RCX);
        e.a.registers(0, operandSize, map, opcode, register, source);
        e.put(insn.reg, register);
        return true;
    }

    /** CBW, CWDE, CDQE. */
    static boolean accumulator(HostEmitter e, Insn insn) {
        e.a.move(RAX, e.get(Cpu.RAX, RAX));
        if (insn.opSize == 2) {
            e.a.int8(0x66);
        } else if (insn.opSize == 8) {
            e.a.int8(0x48);
        }
        e.a.int8(0x98);
        e.put(Cpu.RAX, RAX);
        return true;
    }

    /** CDQ, CQO. */
    static boolean intoDx(HostEmitter e, Insn insn) {
        if (insn.opSize == 2) {
            return false;
        }
        e.a.move(RAX, e.get(Cpu.RAX, RAX));
        HostInteger.sign(e.a, insn.opSize);
        e.put(Cpu.RDX, RDX);
        return true;
    }

    /** BSWAP of 32 and 64 bits. */
    static boolean byteSwap(HostEmitter e, Insn insn) {
        if (insn.opSize == 2) {
            return false;
        }
        int register = e.get(insn.rm, RCX);
        int bits = (insn.opSize == 8 ? 8 : 0) | register >> 3;
        e.a.int8(0x40 | bits);
        e.a.int8(0x0f);
        e.a.int8(0xc8 | register & 7);
        e.put(insn.rm, register);
        return true;
    }

    /** NOP and PREFETCH. */
    static boolean nothing(HostEmitter e, Insn insn) {
        return true;
    }

    /** LFENCE, MFENCE, SFENCE. */
    static boolean fence(HostEmitter e, Insn insn) {
        e.a.int8(0x0f);
        e.a.int8(0xae);
        e.a.int8(0xc0 | insn.form.ext << 3);
        return true;
    }

    // ---- exchanges ----

    /** XCHG. */
    static boolean exchange(HostEmitter e, Insn insn) {
        int size = size(insn, 0);
        int opcode = size == 1 ? 0x86 : 0x87;
        if (insn.isMemory()) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            e.address(insn, size, true, true);
            e.a.move(RCX, e.get(insn.reg, RCX));
            e.a.memory(prefix(size), size, MAP0, opcode, RCX, RAX, 0);
            e.put(insn.reg, RCX);
            return true;
        }
        boolean accumulator = kind(insn, 1) == Kind.FIXED;
        int one = e.get(insn.rm, RCX);
        int other = e.get(accumulator ? Cpu.RAX : insn.reg, RDX);
        if (accumulator ? insn.rm == 0 : insn.rm == insn.reg) {
            if (!accumulator && size == 4) {
                e.a.registers(0, 4, MAP0, 0x8b, one, one);
                e.put(insn.rm, one);
            }
            return true;
        }
        e.a.registers(prefix(size), size, MAP0, opcode, other, one);
        e.put(insn.rm, one);
        e.put(accumulator ? Cpu.RAX : insn.reg, other);
        return true;
    }

    /** XADD to memory. */
    static boolean exchangeAdd(HostEmitter e, Insn insn) {
        int size = size(insn, 0);
        if (!insn.isMemory() || !e.isAddressable(insn)) {
            return false;
        }
        e.address(insn, size, true);
        e.a.move(RCX, e.get(insn.reg, RCX));
        if (insn.lock) {
            e.a.int8(0xf0);
        }
        e.a.memory(prefix(size), size, MAP_0F, size == 1 ? 0xc0 : 0xc1, RCX, RAX, 0);
        e.put(insn.reg, RCX);
        e.produced();
        return true;
    }

    /** CMPXCHG with memory. */
    static boolean compareExchange(HostEmitter e, Insn insn) {
        int size = size(insn, 0);
        if (!insn.isMemory() || !e.isAddressable(insn)) {
            return false;
        }
        e.address(insn, size, true);
        e.a.move(RDX, RAX);
        e.a.move(RAX, e.get(Cpu.RAX, RAX));
        int source = e.get(insn.reg, RCX);
        if (insn.lock) {
            e.a.int8(0xf0);
        }
        e.a.memory(prefix(size), size, MAP_0F, size == 1 ? 0xb0 : 0xb1, source, RDX, 0);
        e.put(Cpu.RAX, RAX);
        e.produced();
        return true;
    }

    // ---- the stack ----

    /** PUSH of a register, an immediate or memory. */
    static boolean push(HostEmitter e, Insn insn) {
        Kind kind = kind(insn, 0);
        if (insn.opSize != e.word || isSpecial(kind) || kind == Kind.FIXED) {
            return false;
        }
        if (insn.isMemory() && kind != Kind.I && kind != Kind.Z) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            e.address(insn, e.word, false);
            e.loadWord(RDX, RAX);
            e.a.store(RDX, RBP, 8 * HostState.SPARE);
            pushPlace(e);
            e.a.load(RDX, RBP, 8 * HostState.SPARE);
            e.storeWord(RDX, RAX);
        } else {
            e.clobber();
            pushPlace(e);
            if (kind == Kind.I) {
                e.a.memory(0, e.word, MAP0, 0xc7, 0, RAX, 0);
                e.a.int32((int) insn.imm);
            } else {
                e.storeWord(e.get(insn.rm, RCX), RAX);
            }
        }
        pushed(e);
        return true;
    }

    /** The host address of the place below the guest's stack in RAX. */
    static void pushPlace(HostEmitter e) {
        e.leaWord(RAX, e.get(Cpu.RSP, RAX), -e.word);
        e.translate(e.word, true, false);
    }

    /** Moves RSP down. */
    static void pushed(HostEmitter e) {
        moveStack(e, -e.word);
    }

    static void moveStack(HostEmitter e, int by) {
        int rsp = e.get(Cpu.RSP, RAX);
        e.leaWord(rsp, rsp, by);
        e.put(Cpu.RSP, rsp);
    }

    /** POP to a register. */
    static boolean pop(HostEmitter e, Insn insn) {
        Kind kind = kind(insn, 0);
        if (insn.opSize != e.word || isSpecial(kind) || kind == Kind.FIXED) {
            return false;
        }
        if (kind == Kind.E && insn.isMemory()) {
            return false;
        }
        popValue(e);
        moveStack(e, e.word);
        e.put(insn.rm, RDX);
        return true;
    }

    /** What is on top of the guest's stack in RDX. */
    static void popValue(HostEmitter e) {
        e.clobber();
        e.a.move(RAX, e.get(Cpu.RSP, RAX));
        e.translate(e.word, false, false);
        e.loadWord(RDX, RAX);
    }

    /** LEAVE. */
    static boolean leave(HostEmitter e, Insn insn) {
        if (insn.opSize != e.word) {
            return false;
        }
        e.clobber();
        e.a.move(RAX, e.get(Cpu.RBP, RAX));
        e.translate(e.word, false, false);
        e.loadWord(RDX, RAX);
        e.leaWord(RCX, e.get(Cpu.RBP, RCX), e.word);
        e.put(Cpu.RSP, RCX);
        e.put(Cpu.RBP, RDX);
        return true;
    }

    // ---- conditional ----

    /** CMOVcc. */
    static boolean conditionalMove(HostEmitter e, Insn insn) {
        int size = insn.opSize;
        if (size == 2) {
            return false;
        }
        if (insn.isMemory()) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            e.address(insn, size, false);
            int base = e.wantBeside(true);
            int to = e.get(insn.reg, RCX);
            e.a.memory(0, size, MAP_0F, insn.form.opcode, to, base, 0);
            e.put(insn.reg, to);
            return true;
        }
        e.want();
        int to = e.get(insn.reg, RCX);
        e.a.registers(0, size, MAP_0F, insn.form.opcode, to, e.get(insn.rm, RDX));
        e.put(insn.reg, to);
        return true;
    }

    /** SETcc. */
    static boolean conditionalSet(HostEmitter e, Insn insn) {
        if (insn.isMemory()) {
            if (!e.isAddressable(insn)) {
                return false;
            }
            e.address(insn, 1, true);
            int base = e.wantBeside(true);
            e.a.memory(0, 1, MAP_0F, insn.form.opcode, 0, base, 0);
            return true;
        }
        e.want();
        int to = e.get(insn.rm, RCX);
        e.a.registers(0, 1, MAP_0F, insn.form.opcode, 0, to);
        e.put(insn.rm, to);
        return true;
    }
}
