package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.RAX;

/** DAA, DAS, AAA, AAS, AAM, AAD (SDM 2A). */
final class Decimal extends Insn {
    private final int opcode;

    Decimal(Decoded d) {
        super(d);
        opcode = d.opcode;
    }

    @Override
    void exec(Cpu c) {
        switch (opcode) {
            case 0x27 -> adjustPacked(c, 1);
            case 0x2f -> adjustPacked(c, -1);
            case 0x37 -> adjustAscii(c, 1);
            case 0x3f -> adjustAscii(c, -1);
            case 0xd4 -> multiply(c);
            default -> divide(c);
        }
    }

    private static void adjustPacked(Cpu c, int sign) {
        int flags = Flags.arithmetic(c);
        int old = c.reg8(RAX);
        int al = old;
        boolean cf = (flags & Cpu.CF) != 0;
        boolean carry = false;
        boolean af = (old & 15) > 9 || (flags & Cpu.AF) != 0;
        if (af) {
            al += 6 * sign;
            carry = cf || (al & ~0xff) != 0;
        }
        if (old > 0x99 || cf) {
            al += 0x60 * sign;
            carry = true;
        }
        c.setReg8(RAX, al);
        finish(c, al, af, carry);
    }

    private static void adjustAscii(Cpu c, int sign) {
        boolean af = (c.reg8(RAX) & 15) > 9 || (Flags.arithmetic(c) & Cpu.AF) != 0;
        if (af) {
            c.setReg(RAX, 2, c.r[RAX] + 0x106 * sign);
        }
        c.setReg8(RAX, c.reg8(RAX) & 15);
        finish(c, c.reg8(RAX), af, af);
    }

    private void multiply(Cpu c) {
        int base = (int) imm & 0xff;
        if (base == 0) {
            throw c.fault(Cpu.DE);
        }
        int al = c.reg8(RAX);
        c.setReg(RAX, 2, (al / base << 8) + al % base);
        Alu.logic(c, c.r[RAX], 1);
    }

    private void divide(Cpu c) {
        int al = c.reg8(RAX) + c.reg8(RAX + 32) * (int) imm & 0xff;
        c.setReg(RAX, 2, al);
        Alu.logic(c, al, 1);
    }

    private static void finish(Cpu c, int al, boolean af, boolean cf) {
        Alu.logic(c, al, 1);
        c.fCarry = (af ? 8 : 0) | (cf ? 3L << 62 : 0); // OF clear: bit 62 as CF
    }
}
