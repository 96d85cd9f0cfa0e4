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
        add(EmitBits::shiftDouble, "SHLD", "SHRD");
        add(EmitBits::scan, "BSF", "BSR", "POPCNT");
        add(EmitAtomic::exchangeAdd, "XADD");
        add(EmitAtomic::compareExchange, "CMPXCHG");
        sse();
        for (int cc = 0; cc < 16; cc++) {
            String condition = OneByteMap.condition(cc);
            add(EmitMove::conditionalMove, "CMOV" + condition);
            add(EmitMove::conditionalSet, "SET" + condition);
        }
    }

    private Emitters() {}

    private static void sse() {
        add(EmitSse::moveUnaligned, "MOVUPS", "MOVUPD", "MOVDQU", "LDDQU");
        add(EmitSse::moveAligned, "MOVAPS", "MOVAPD", "MOVDQA", "MOVNTPS", "MOVNTPD", "MOVNTDQ");
        add(EmitSse::moveAligned, "MOVNTDQA");
        add(EmitSse::moveDouble, "MOVSD");
        add(EmitSse::moveSingle, "MOVSS");
        add(EmitSse::moveQuad, "MOVQ");
        add(EmitSse::moveGeneral, "MOVD");
        add(EmitSse::moveLow, "MOVLPS", "MOVLPD");
        add(EmitSse::moveHigh, "MOVHPS", "MOVHPD");
        add(EmitSse::duplicate, "MOVDDUP");
        add(EmitSseFloat::scalarDouble, "ADDSD", "SUBSD", "MULSD", "DIVSD", "SQRTSD");
        add(EmitSseFloat::scalarDouble, "MINSD", "MAXSD");
        add(EmitSseFloat::scalarSingle, "ADDSS", "SUBSS", "MULSS", "DIVSS", "SQRTSS");
        add(EmitSseFloat::scalarSingle, "MINSS", "MAXSS");
        for (String name : new String[] {"ADD", "SUB", "MUL", "DIV", "SQRT", "MIN", "MAX"}) {
            add(EmitSseFloat::packedDouble, name + "PD");
            add(EmitSseFloat::packedSingle, name + "PS");
        }
        add(EmitSseFloat::compareDouble, "UCOMISD", "COMISD");
        add(EmitSseFloat::compareSingle, "UCOMISS", "COMISS");
        add(EmitSseFloat::doubleFromInteger, "CVTSI2SD");
        add(EmitSseFloat::singleFromInteger, "CVTSI2SS");
        add(EmitSseFloat::doubleToInteger, "CVTSD2SI", "CVTTSD2SI");
        add(EmitSseFloat::singleToInteger, "CVTSS2SI", "CVTTSS2SI");
        add(EmitSseFloat::widen, "CVTSS2SD");
        add(EmitSseFloat::narrow, "CVTSD2SS");
        add(EmitSseFloat::doublesFromIntegers, "CVTDQ2PD");
        add(EmitSseInteger::bitwise, "PAND", "PANDN", "POR", "PXOR", "PADDQ", "PSUBQ");
        for (String type : new String[] {"PS", "PD"}) {
            for (String name : new String[] {"AND", "ANDN", "OR", "XOR"}) {
                add(EmitSseInteger::bitwise, name + type);
            }
        }
        add(EmitSseInteger::lanes, EmitSseInteger.laneMnemonics());
        add(EmitSseInteger::shift, EmitSseInteger.shiftMnemonics());
        add(EmitSseInteger::general, EmitSseInteger.generalMnemonics());
        for (String type : new String[] {"BW", "WD", "DQ"}) {
            add(EmitSseInteger::unpack, "PUNPCKL" + type, "PUNPCKH" + type);
        }
        add(EmitSseInteger::unpack, "UNPCKLPS", "UNPCKHPS");
        add(EmitSseInteger::pack, "PACKSSWB", "PACKUSWB", "PACKSSDW", "PACKUSDW");
        add(EmitSseInteger::unpackLowQuad, "PUNPCKLQDQ", "UNPCKLPD", "MOVLHPS");
        add(EmitSseInteger::unpackHighQuad, "PUNPCKHQDQ", "UNPCKHPD");
        add(EmitSseInteger::highToLow, "MOVHLPS");
        add(EmitSseInteger::shuffleDoubles, "SHUFPD");
        add(EmitSseInteger::shuffleDoublewords, "PSHUFD");
        add(EmitSseInteger::shuffleWords, "PSHUFLW", "PSHUFHW");
        add(EmitSseInteger::shiftBytes, "PSLLDQ", "PSRLDQ");
        add(EmitSseInteger::mask, "PMOVMSKB", "MOVMSKPD", "MOVMSKPS");
        add(EmitSseInteger::test, "PTEST");
        add(EmitSseInteger::insert, "PINSRB", "PINSRW", "PINSRD");
        add(EmitSseInteger::extract, "PEXTRB", "PEXTRW", "PEXTRD");
    }

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
