package org.jvisor.emulator;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which instructions have bytecode of their own, by mnemonic; the others are interpreted. */
final class Emitters {
    /** Writes the bytecode of an instruction. */
    @FunctionalInterface
    interface Emitter {
        /**
         * Writes it.
         *
         * @return false, with nothing written, if this form of it has no bytecode
         */
        boolean emit(RegionAssembler a, Insn insn);
    }

    private static final Map<String, Emitter> BY_MNEMONIC = new HashMap<>();

    static {
        add(EmitInteger::arithmetic, "ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP", "TEST");
        add(EmitInteger::oneOperand, "INC", "DEC", "NEG", "NOT");
        add(EmitMultiply::multiply, "MUL", "IMUL");
        add(EmitMultiply::divide, "DIV", "IDIV");
        add(EmitMove::move, "MOV", "MOVNTI");
        add(EmitMove::lea, "LEA");
        add(EmitMove::extend, "MOVZX", "MOVSX", "MOVSXD");
        add(EmitMove::accumulator, "CBW");
        add(EmitMove::intoDx, "CWD");
        add(EmitMove::exchange, "XCHG");
        add(EmitMove::byteSwap, "BSWAP");
        add(EmitMove::nothing, "NOP", "PREFETCH", "PREFETCHW");
        add(EmitMove::push, "PUSH");
        add(EmitMove::pop, "POP");
        add(EmitMove::leave, "LEAVE");
        add(EmitShift::shift, "ROL", "ROR", "SHL", "SHR", "SAR");
        add(EmitShift::bit, "BT", "BTS", "BTR", "BTC");
        for (int cc = 0; cc < 16; cc++) {
            String condition = OneByteMap.condition(cc);
            add(EmitMove::conditionalMove, "CMOV" + condition);
            add(EmitMove::conditionalSet, "SET" + condition);
        }
    }

    private Emitters() {}

    private static void add(Emitter emitter, String... mnemonics) {
        for (String mnemonic : mnemonics) {
            BY_MNEMONIC.put(mnemonic, emitter);
        }
    }

    /** The emitter of an instruction that does not end a block, or null. */
    static @Nullable Emitter of(Insn insn) {
        return BY_MNEMONIC.get(insn.form.mnemonic);
    }
}
