package org.jvisor.emulator;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A generated instruction: the bytes, and what the generator chose for its operands.
 *
 * @param form its row in the table
 * @param bytes the instruction
 * @param mode {@link Cpu#MODE16} to {@link Cpu#MODE64}
 * @param address where it lies
 * @param opSize operand size in bytes
 * @param rep F2 or F3 where it repeats, else 0
 * @param lock whether it has a LOCK prefix
 * @param rex the REX byte, or 0
 * @param reg ModRM.reg with REX.R
 * @param rm ModRM.rm with REX.B if a register, or the opcode's register; else -1
 * @param memory its memory operand
 * @param memSize bytes of the memory operand
 * @param imm the immediate
 */
record Encoding(
        Form form,
        byte[] bytes,
        int mode,
        long address,
        int opSize,
        int addrSize,
        int rep,
        boolean lock,
        int rex,
        int reg,
        int rm,
        @Nullable MemoryOperand memory,
        int memSize,
        long imm) {
    /** The register a byte operand with this number is part of. */
    int container(int number) {
        return rex == 0 && number >= 4 && number < 8 ? number - 4 : number;
    }

    String hex() {
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    boolean is(String... mnemonics) {
        for (String mnemonic : mnemonics) {
            if (form.mnemonic.equals(mnemonic)) {
                return true;
            }
        }
        return false;
    }
}
