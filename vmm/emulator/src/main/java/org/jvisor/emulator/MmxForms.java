package org.jvisor.emulator;

import java.util.function.LongBinaryOperator;
import org.jvisor.emulator.math.LaneMoves;
import org.jvisor.emulator.math.Lanes;

/** Rows of the instruction table for MMX, and for what SSE to SSSE3 added to it. */
final class MmxForms {
    private MmxForms() {}

    static void rows(InsnTable t) {
        moves(t);
        arithmetic(t);
        shifts(t);
        added(t);
        ssse3(t);
        mixed(t);
    }

    private static Form row(
            InsnTable t, String opcode, String name, String operands, Form.Factory f) {
        return t.add("NP 0F " + opcode, name, operands, f).needs(Feature.MMX);
    }

    private static Form lanes(InsnTable t, String opcode, String name, LongBinaryOperator op) {
        return row(t, opcode, name, "Pq,Qq", d -> new MmxOps.Lanes(d, op));
    }

    private static void moves(InsnTable t) {
        row(t, "6E", "MOVD", "Pq,Ey", MmxOps.FromGeneral::new).w();
        row(t, "7E", "MOVD", "Ey,Pq", MmxOps.ToGeneral::new).w();
        row(t, "6F", "MOVQ", "Pq,Qq", MmxOps.Load::new).w();
        row(t, "7F", "MOVQ", "Qq,Pq", MmxOps.Store::new).w();
        row(t, "77", "EMMS", "", MmxOps.Emms::new);
        row(t, "60", "PUNPCKLBW", "Pq,Qd", d -> new MmxOps.UnpackLow(d, LaneMoves::unpackLowB));
        row(t, "61", "PUNPCKLWD", "Pq,Qd", d -> new MmxOps.UnpackLow(d, LaneMoves::unpackLowW));
        row(t, "62", "PUNPCKLDQ", "Pq,Qd", d -> new MmxOps.UnpackLow(d, LaneMoves::unpackLowD));
        lanes(t, "68", "PUNPCKHBW", LaneMoves::unpackHighB);
        lanes(t, "69", "PUNPCKHWD", LaneMoves::unpackHighW);
        lanes(t, "6A", "PUNPCKHDQ", LaneMoves::unpackHighD);
        lanes(t, "63", "PACKSSWB", LaneMoves::packSsWb);
        lanes(t, "67", "PACKUSWB", LaneMoves::packUsWb);
        lanes(t, "6B", "PACKSSDW", LaneMoves::packSsDw);
    }

    private static void arithmetic(InsnTable t) {
        lanes(t, "64", "PCMPGTB", Lanes::greaterB);
        lanes(t, "65", "PCMPGTW", Lanes::greaterW);
        lanes(t, "66", "PCMPGTD", Lanes::greaterD);
        lanes(t, "74", "PCMPEQB", Lanes::equalB);
        lanes(t, "75", "PCMPEQW", Lanes::equalW);
        lanes(t, "76", "PCMPEQD", Lanes::equalD);
        lanes(t, "D5", "PMULLW", Lanes::mulLowW);
        lanes(t, "D8", "PSUBUSB", Lanes::subSatUb);
        lanes(t, "D9", "PSUBUSW", Lanes::subSatUw);
        lanes(t, "DB", "PAND", (a, b) -> a & b);
        lanes(t, "DC", "PADDUSB", Lanes::addSatUb);
        lanes(t, "DD", "PADDUSW", Lanes::addSatUw);
        lanes(t, "DF", "PANDN", (a, b) -> ~a & b);
        lanes(t, "E5", "PMULHW", Lanes::mulHighW);
        lanes(t, "E8", "PSUBSB", Lanes::subSatB);
        lanes(t, "E9", "PSUBSW", Lanes::subSatW);
        lanes(t, "EB", "POR", (a, b) -> a | b);
        lanes(t, "EC", "PADDSB", Lanes::addSatB);
        lanes(t, "ED", "PADDSW", Lanes::addSatW);
        lanes(t, "EF", "PXOR", (a, b) -> a ^ b);
        lanes(t, "F5", "PMADDWD", Lanes::mulAddW);
        lanes(t, "F8", "PSUBB", Lanes::subB);
        lanes(t, "F9", "PSUBW", Lanes::subW);
        lanes(t, "FA", "PSUBD", Lanes::subD);
        lanes(t, "FC", "PADDB", Lanes::addB);
        lanes(t, "FD", "PADDW", Lanes::addW);
        lanes(t, "FE", "PADDD", Lanes::addD);
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
    }

    private static void shift(
            InsnTable t, String opcode, String immediate, String name, LongBinaryOperator op) {
        lanes(t, opcode, name, op);
        row(t, immediate + " reg", name, "Nq,Ib", d -> new MmxOps.ShiftImmediate(d, op));
    }

    /** By SSE and SSE2. */
    private static void added(InsnTable t) {
        row(
                        t,
                        "70",
                        "PSHUFW",
                        "Pq,Qq,Ib",
                        d -> new MmxOps.Immediate(d, (a, b, i) -> LaneMoves.shuffleW(b, i)))
                .w()
                .needs(Feature.SSE);
        row(t, "C4 reg", "PINSRW", "Pq,Rd,Ib", MmxOps.InsertW::new).needs(Feature.SSE);
        row(t, "C4 mem", "PINSRW", "Pq,Mw,Ib", MmxOps.InsertW::new).needs(Feature.SSE);
        row(t, "C5 reg", "PEXTRW", "Gd,Nq,Ib", d -> new MmxOps.ToRegister(d, MmxForms::word))
                .w()
                .needs(Feature.SSE);
        row(
                        t,
                        "D7 reg",
                        "PMOVMSKB",
                        "Gd,Nq",
                        d -> new MmxOps.ToRegister(d, (a, i) -> LaneMoves.signMaskB(a)))
                .w()
                .needs(Feature.SSE);
        row(t, "E7 mem", "MOVNTQ", "Mq,Pq", MmxOps.Store::new).w().needs(Feature.SSE);
        row(t, "F7 reg", "MASKMOVQ", "Pq,Nq", MmxOps.MaskMove::new).ro().needs(Feature.SSE);
        lanes(t, "D4", "PADDQ", Long::sum).needs(Feature.SSE2);
        lanes(t, "FB", "PSUBQ", (a, b) -> a - b).needs(Feature.SSE2);
        lanes(t, "F4", "PMULUDQ", Lanes::mulUd).needs(Feature.SSE2);
        lanes(t, "DA", "PMINUB", Lanes::minUb).needs(Feature.SSE);
        lanes(t, "DE", "PMAXUB", Lanes::maxUb).needs(Feature.SSE);
        lanes(t, "E0", "PAVGB", Lanes::averageB).needs(Feature.SSE);
        lanes(t, "E3", "PAVGW", Lanes::averageW).needs(Feature.SSE);
        lanes(t, "E4", "PMULHUW", Lanes::mulHighUw).needs(Feature.SSE);
        lanes(t, "EA", "PMINSW", Lanes::minSw).needs(Feature.SSE);
        lanes(t, "EE", "PMAXSW", Lanes::maxSw).needs(Feature.SSE);
        lanes(t, "F6", "PSADBW", Lanes::sumOfDifferences).needs(Feature.SSE);
    }

    private static long word(long a, long imm) {
        return a >>> 16 * (imm & 3) & 0xffff;
    }

    private static void ssse3(InsnTable t) {
        lanes(t, "38 00", "PSHUFB", LaneMoves::shuffleB).needs(Feature.SSSE3);
        lanes(t, "38 01", "PHADDW", LaneMoves::addPairsW).needs(Feature.SSSE3);
        lanes(t, "38 02", "PHADDD", LaneMoves::addPairsD).needs(Feature.SSSE3);
        lanes(t, "38 03", "PHADDSW", LaneMoves::addPairsSatW).needs(Feature.SSSE3);
        lanes(t, "38 04", "PMADDUBSW", Lanes::mulAddUbSb).needs(Feature.SSSE3);
        lanes(t, "38 05", "PHSUBW", LaneMoves::subPairsW).needs(Feature.SSSE3);
        lanes(t, "38 06", "PHSUBD", LaneMoves::subPairsD).needs(Feature.SSSE3);
        lanes(t, "38 07", "PHSUBSW", LaneMoves::subPairsSatW).needs(Feature.SSSE3);
        lanes(t, "38 08", "PSIGNB", Lanes::signB).needs(Feature.SSSE3);
        lanes(t, "38 09", "PSIGNW", Lanes::signW).needs(Feature.SSSE3);
        lanes(t, "38 0A", "PSIGND", Lanes::signD).needs(Feature.SSSE3);
        lanes(t, "38 0B", "PMULHRSW", Lanes::mulRoundedW).needs(Feature.SSSE3);
        lanes(t, "38 1C", "PABSB", Lanes::absB).w().needs(Feature.SSSE3);
        lanes(t, "38 1D", "PABSW", Lanes::absW).w().needs(Feature.SSSE3);
        lanes(t, "38 1E", "PABSD", Lanes::absD).w().needs(Feature.SSSE3);
        row(t, "3A 0F", "PALIGNR", "Pq,Qq,Ib", d -> new MmxOps.Immediate(d, LaneMoves::align))
                .needs(Feature.SSSE3);
    }

    /** Between MMX and XMM registers. */
    private static void mixed(InsnTable t) {
        t.add("F3 0F D6 reg", "MOVQ2DQ", "Vdq,Nq", MmxSse.ToXmm::new).w().needs(Feature.SSE2);
        t.add("F2 0F D6 reg", "MOVDQ2Q", "Pq,Uq", MmxSse.FromXmm::new).w().needs(Feature.SSE2);
        row(t, "2A", "CVTPI2PS", "Vq,Qq", d -> new MmxSse.FromIntegers(d, false))
                .w()
                .needs(Feature.SSE);
        t.add("66 0F 2A", "CVTPI2PD", "Vdq,Qq", d -> new MmxSse.FromIntegers(d, true))
                .w()
                .needs(Feature.SSE2);
        row(t, "2C", "CVTTPS2PI", "Pq,Wq", d -> new MmxSse.ToIntegers(d, false, true))
                .w()
                .needs(Feature.SSE);
        row(t, "2D", "CVTPS2PI", "Pq,Wq", d -> new MmxSse.ToIntegers(d, false, false))
                .w()
                .needs(Feature.SSE);
        t.add("66 0F 2C", "CVTTPD2PI", "Pq,Wdq", d -> new MmxSse.ToIntegers(d, true, true))
                .w()
                .needs(Feature.SSE2);
        t.add("66 0F 2D", "CVTPD2PI", "Pq,Wdq", d -> new MmxSse.ToIntegers(d, true, false))
                .w()
                .needs(Feature.SSE2);
    }
}
