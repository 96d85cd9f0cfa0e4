package org.jvisor.emulator;

import java.util.function.LongBinaryOperator;
import org.jvisor.emulator.math.LaneMoves;
import org.jvisor.emulator.math.Lanes;
import org.jvisor.emulator.math.WideLanes;

/** Rows of the instruction table for packed integers and shuffles, SSE to SSSE3. */
final class SseIntegerForms {
    private SseIntegerForms() {}

    static void rows(InsnTable t) {
        arithmetic(t);
        compareAndLogic(t);
        packs(t);
        shifts(t);
        shuffles(t);
        elements(t);
        ssse3(t);
    }

    private static Form row(
            InsnTable t, String opcode, String name, String operands, Form.Factory f) {
        return t.add("66 0F " + opcode, name, operands, f).needs(Feature.SSE2);
    }

    private static Form hot(InsnTable t, String opcode, String name, Form.Factory f) {
        return row(t, opcode, name, "Vdq,Wdq", f);
    }

    private static Form lanes(InsnTable t, String opcode, String name, LongBinaryOperator op) {
        return row(t, opcode, name, "Vdq,Wdq", d -> new XmmInteger.Lanes(d, op));
    }

    private static Form pairs(InsnTable t, String opcode, String name, LongBinaryOperator op) {
        return row(t, opcode, name, "Vdq,Wdq", d -> new XmmInteger.Pairwise(d, op));
    }

    private static void arithmetic(InsnTable t) {
        lanes(t, "FC", "PADDB", Lanes::addB);
        lanes(t, "FD", "PADDW", Lanes::addW);
        hot(t, "FE", "PADDD", XmmHot.AddD::new);
        hot(t, "D4", "PADDQ", XmmHot.AddQ::new);
        lanes(t, "EC", "PADDSB", Lanes::addSatB);
        lanes(t, "ED", "PADDSW", Lanes::addSatW);
        lanes(t, "DC", "PADDUSB", Lanes::addSatUb);
        lanes(t, "DD", "PADDUSW", Lanes::addSatUw);
        lanes(t, "F8", "PSUBB", Lanes::subB);
        lanes(t, "F9", "PSUBW", Lanes::subW);
        lanes(t, "FA", "PSUBD", Lanes::subD);
        lanes(t, "FB", "PSUBQ", (a, b) -> a - b);
        lanes(t, "E8", "PSUBSB", Lanes::subSatB);
        lanes(t, "E9", "PSUBSW", Lanes::subSatW);
        lanes(t, "D8", "PSUBUSB", Lanes::subSatUb);
        lanes(t, "D9", "PSUBUSW", Lanes::subSatUw);
        lanes(t, "D5", "PMULLW", Lanes::mulLowW);
        lanes(t, "E4", "PMULHUW", Lanes::mulHighUw);
        lanes(t, "E5", "PMULHW", Lanes::mulHighW);
        lanes(t, "F4", "PMULUDQ", Lanes::mulUd);
        lanes(t, "F5", "PMADDWD", Lanes::mulAddW);
        lanes(t, "F6", "PSADBW", Lanes::sumOfDifferences);
        lanes(t, "E0", "PAVGB", Lanes::averageB);
        lanes(t, "E3", "PAVGW", Lanes::averageW);
        lanes(t, "DA", "PMINUB", Lanes::minUb);
        lanes(t, "DE", "PMAXUB", Lanes::maxUb);
        lanes(t, "EA", "PMINSW", Lanes::minSw);
        lanes(t, "EE", "PMAXSW", Lanes::maxSw);
    }

    private static void compareAndLogic(InsnTable t) {
        lanes(t, "64", "PCMPGTB", Lanes::greaterB);
        lanes(t, "65", "PCMPGTW", Lanes::greaterW);
        lanes(t, "66", "PCMPGTD", Lanes::greaterD);
        hot(t, "74", "PCMPEQB", XmmHot.EqualB::new);
        lanes(t, "75", "PCMPEQW", Lanes::equalW);
        lanes(t, "76", "PCMPEQD", Lanes::equalD);
        hot(t, "DB", "PAND", XmmHot.And::new);
        hot(t, "DF", "PANDN", XmmHot.AndNot::new);
        hot(t, "EB", "POR", XmmHot.Or::new);
        hot(t, "EF", "PXOR", XmmHot.Xor::new);
    }

    private static void packs(InsnTable t) {
        pairs(t, "63", "PACKSSWB", LaneMoves::packSsWb);
        pairs(t, "67", "PACKUSWB", LaneMoves::packUsWb);
        pairs(t, "6B", "PACKSSDW", LaneMoves::packSsDw);
        unpack(t, "60", "68", "BW", LaneMoves::unpackLowB, LaneMoves::unpackHighB);
        unpack(t, "61", "69", "WD", LaneMoves::unpackLowW, LaneMoves::unpackHighW);
        unpack(t, "62", "6A", "DQ", LaneMoves::unpackLowD, LaneMoves::unpackHighD);
        hot(t, "6C", "PUNPCKLQDQ", XmmHot.UnpackLowQ::new);
        general(t, "66 0F 6D", "PUNPCKHQDQ", WideLanes::unpackHighQ);
        t.add("NP 0F 14", "UNPCKLPS", "Vdq,Wdq", d -> unpackPs(d, 0)).needs(Feature.SSE);
        t.add("NP 0F 15", "UNPCKHPS", "Vdq,Wdq", d -> unpackPs(d, 1)).needs(Feature.SSE);
        hot(t, "14", "UNPCKLPD", XmmHot.UnpackLowQ::new);
        general(t, "66 0F 15", "UNPCKHPD", WideLanes::unpackHighQ);
    }

    private static void unpack(
            InsnTable t,
            String lowOpcode,
            String highOpcode,
            String suffix,
            LongBinaryOperator low,
            LongBinaryOperator high) {
        hot(t, lowOpcode, "PUNPCKL" + suffix, d -> new XmmInteger.Unpack(d, low, high, 0));
        hot(t, highOpcode, "PUNPCKH" + suffix, d -> new XmmInteger.Unpack(d, low, high, 1));
    }

    private static Insn unpackPs(Decoded d, int half) {
        return new XmmInteger.Unpack(d, LaneMoves::unpackLowD, LaneMoves::unpackHighD, half);
    }

    private static Form general(InsnTable t, String opcode, String name, WideLanes.Op op) {
        return t.add(opcode, name, "Vdq,Wdq", d -> new XmmInteger.General(d, op))
                .needs(Feature.SSE2);
    }

    private static void shifts(InsnTable t) {
        shift(t, "D1", "71 /2", "PSRLW", LaneMoves::shiftRightW);
        shift(t, "D2", "72 /2", "PSRLD", LaneMoves::shiftRightD);
        shift(t, "D3", "73 /2", "PSRLQ", LaneMoves::shiftRightQ);
        shift(t, "E1", "71 /4", "PSRAW", LaneMoves::shiftSignedW);
        shift(t, "E2", "72 /4", "PSRAD", LaneMoves::shiftSignedD);
        shift(t, "F1", "71 /6", "PSLLW", LaneMoves::shiftLeftW);
        shift(t, "F2", "72 /6", "PSLLD", LaneMoves::shiftLeftD);
        shift(t, "F3", "73 /6", "PSLLQ", LaneMoves::shiftLeftQ);
        row(t, "73 /3 reg", "PSRLDQ", "Udq,Ib", d -> bytes(d, WideLanes::shiftRightBytes));
        row(t, "73 /7 reg", "PSLLDQ", "Udq,Ib", d -> bytes(d, WideLanes::shiftLeftBytes));
    }

    private static Insn bytes(Decoded d, WideLanes.Op op) {
        return new XmmInteger.ShiftBytes(d, op);
    }

    private static void shift(
            InsnTable t, String opcode, String immediate, String name, LongBinaryOperator op) {
        row(t, opcode, name, "Vdq,Wdq", d -> new XmmInteger.Shift(d, op));
        row(t, immediate + " reg", name, "Udq,Ib", d -> new XmmInteger.ShiftImmediate(d, op));
    }

    private static Form immediate(
            InsnTable t, String opcode, String name, WideLanes.Op op, Feature feature) {
        return t.add(opcode, name, "Vdq,Wdq,Ib", d -> new XmmInteger.General(d, op)).needs(feature);
    }

    private static void shuffles(InsnTable t) {
        row(t, "70", "PSHUFD", "Vdq,Wdq,Ib", XmmHot.ShuffleD::new).w();
        immediate(t, "F3 0F 70", "PSHUFHW", WideLanes::shuffleHighW, Feature.SSE2).w();
        immediate(t, "F2 0F 70", "PSHUFLW", WideLanes::shuffleLowW, Feature.SSE2).w();
        immediate(t, "NP 0F C6", "SHUFPS", WideLanes::shufflePs, Feature.SSE);
        immediate(t, "66 0F C6", "SHUFPD", WideLanes::shufflePd, Feature.SSE2);
        general(t, "F3 0F 12", "MOVSLDUP", WideLanes::duplicateEven).w().needs(Feature.SSE3);
        general(t, "F3 0F 16", "MOVSHDUP", WideLanes::duplicateOdd).w().needs(Feature.SSE3);
    }

    private static void elements(InsnTable t) {
        row(t, "C4 reg", "PINSRW", "Vdq,Rd,Ib", d -> new XmmElements.Insert(d, 2));
        row(t, "C4 mem", "PINSRW", "Vdq,Mw,Ib", d -> new XmmElements.Insert(d, 2));
        row(t, "C5 reg", "PEXTRW", "Gd,Udq,Ib", XmmElements.ExtractW::new).w();
        row(t, "D7 reg", "PMOVMSKB", "Gd,Udq", XmmHot.MoveMaskB::new).w();
    }

    private static void ssse3(InsnTable t) {
        Feature f = Feature.SSSE3;
        general(t, "66 0F 38 00", "PSHUFB", WideLanes::shuffleB).needs(f);
        pairs(t, "38 01", "PHADDW", LaneMoves::addPairsW).needs(f);
        pairs(t, "38 02", "PHADDD", LaneMoves::addPairsD).needs(f);
        pairs(t, "38 03", "PHADDSW", LaneMoves::addPairsSatW).needs(f);
        lanes(t, "38 04", "PMADDUBSW", Lanes::mulAddUbSb).needs(f);
        pairs(t, "38 05", "PHSUBW", LaneMoves::subPairsW).needs(f);
        pairs(t, "38 06", "PHSUBD", LaneMoves::subPairsD).needs(f);
        pairs(t, "38 07", "PHSUBSW", LaneMoves::subPairsSatW).needs(f);
        lanes(t, "38 08", "PSIGNB", Lanes::signB).needs(f);
        lanes(t, "38 09", "PSIGNW", Lanes::signW).needs(f);
        lanes(t, "38 0A", "PSIGND", Lanes::signD).needs(f);
        lanes(t, "38 0B", "PMULHRSW", Lanes::mulRoundedW).needs(f);
        lanes(t, "38 1C", "PABSB", Lanes::absB).w().needs(f);
        lanes(t, "38 1D", "PABSW", Lanes::absW).w().needs(f);
        lanes(t, "38 1E", "PABSD", Lanes::absD).w().needs(f);
        immediate(t, "66 0F 3A 0F", "PALIGNR", WideLanes::align16, f);
    }
}
