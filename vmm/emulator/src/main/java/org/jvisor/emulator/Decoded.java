package org.jvisor.emulator;

import org.jspecify.annotations.Nullable;

/** What the decoder found out about one instruction; reused for the next. */
final class Decoded {
    /** The row of the table; null while none matches. */
    @Nullable Form form;

    /** {@link Cpu#MODE16} to {@link Cpu#MODE64}. */
    int mode;

    /** Operand size in bytes: 2, 4 or 8. */
    int opSize;

    /** Address size in bytes: 2, 4 or 8. */
    int addrSize;

    /** The last of F2 and F3, or 0. */
    int rep;

    boolean lock;
    boolean opSizePrefix;

    /** The REX byte, or 0. */
    int rex;

    /** Explicit segment prefix that counts in this mode, or -1. */
    int segPrefix;

    /** The opcode byte, with the bits of a register or condition. */
    int opcode;

    /** The ModRM byte, or -1. */
    int modrm;

    /** ModRM.mod; 3 where there is no ModRM but a register in {@link #rm}. */
    int mod;

    /** ModRM.reg with REX.R; a byte register as in {@link Cpu#reg8}. */
    int reg;

    /** ModRM.rm with REX.B if a register; a byte register as in {@link Cpu#reg8}. */
    int rm;

    /** Whether there is a ModRM memory operand. */
    boolean memory;

    /** Register numbers, {@link Cpu#ZERO} for none, base {@link Cpu#PAGE_RIP} for RIP-relative. */
    int base, index, scale;

    /** The segment of the memory operand, or of a string source. */
    int seg;

    /** Displacement; the selector of a far pointer; the second immediate of ENTER. */
    long disp;

    /** Immediate or branch displacement, sign-extended; offset of a far pointer. */
    long imm;

    /** Offset of the instruction and of the next one within the code page. */
    int start, end;

    /** Bytes of the memory operand, or of the first operand where that is no ModRM operand. */
    int memSize;

    /** Whether the memory operand is written. */
    boolean memWrite;

    /** The row; only once the decoder has finished. */
    Form theForm() {
        Form f = form;
        if (f == null) {
            throw new IllegalStateException("nothing decoded");
        }
        return f;
    }

    /** The condition code in the opcode's low four bits. */
    int condition() {
        return opcode & 15;
    }

    /** The size in bytes of operand {@code i}. */
    int size(int i) {
        return theForm().operands.get(i).bytes(opSize, rexW(), mode == Cpu.MODE64);
    }

    boolean rexW() {
        return (rex & 8) != 0;
    }
}
