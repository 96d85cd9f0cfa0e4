package org.jvisor.emulator;

import java.util.function.LongBinaryOperator;
import org.jvisor.emulator.math.LaneMoves;
import org.jvisor.emulator.math.Lanes;
import org.jvisor.emulator.math.WideLanes;

/** Rows of the instruction table for SSE4.1 and SSE4.2, but for CRC32 and POPCNT. */
final class Sse4Forms {
    private Sse4Forms() {}

    static void rows(InsnTable t) {
        lanes(t);
        widening(t);
        blends(t);
        elements(t);
        floats(t);
        strings(t);
    }

    private static Form row(
            InsnTable t, String opcode, String name, String operands, Form.Factory f) {
        return t.add("66 0F " + opcode, name, operands, f).needs(Feature.SSE4_1);
    }

    private static Form lane(InsnTable t, String opcode, String name, LongBinaryOperator op) {
        return row(t, opcode, name, "Vdq,Wdq", d -> new XmmInteger.Lanes(d, op));
    }

    private static Form general(InsnTable t, String opcode, String name, WideLanes.Op op) {
        return row(t, opcode, name, "Vdq,Wdq", d -> new XmmInteger.General(d, op));
    }

    private static Form immediate(InsnTable t, String opcode, String name, WideLanes.Op op) {
        return row(t, opcode, name, "Vdq,Wdq,Ib", d -> new XmmInteger.General(d, op));
    }

    private static void lanes(InsnTable t) {
        lane(t, "38 28", "PMULDQ", Lanes::mulSd);
        lane(t, "38 38", "PMINSB", Lanes::minSb);
        lane(t, "38 39", "PMINSD", Lanes::minSd);
        lane(t, "38 3A", "PMINUW", Lanes::minUw);
        lane(t, "38 3B", "PMINUD", Lanes::minUd);
        lane(t, "38 3C", "PMAXSB", Lanes::maxSb);
        lane(t, "38 3D", "PMAXSD", Lanes::maxSd);
        lane(t, "38 3E", "PMAXUW", Lanes::maxUw);
        lane(t, "38 3F", "PMAXUD", Lanes::maxUd);
        lane(t, "38 40", "PMULLD", Lanes::mulLowD);
        general(t, "38 29", "PCMPEQQ", WideLanes::equalQ);
        general(t, "38 37", "PCMPGTQ", WideLanes::greaterQ).needs(Feature.SSE4_2);
        general(t, "38 41", "PHMINPOSUW", WideLanes::minimumPosition).w();
        row(
                t,
                "38 2B",
                "PACKUSDW",
                "Vdq,Wdq",
                d -> new XmmInteger.Pairwise(d, LaneMoves::packUsDw));
        row(t, "38 17", "PTEST", "Vdq,Wdq", SseCompare.PTest::new).ro().writes(Cpu.ARITH);
        row(t, "38 2A mem", "MOVNTDQA", "Vdq,Mdq", d -> new XmmMoves.Load(d, true)).w();
        immediate(t, "3A 42", "MPSADBW", WideLanes::multipleSums);
    }

    private static void widening(InsnTable t) {
        widen(t, "38 20", "PMOVSXBW", "Wq", WideLanes::signedBw);
        widen(t, "38 21", "PMOVSXBD", "Wd", WideLanes::signedBd);
        widen(t, "38 22", "PMOVSXBQ", "Ww", WideLanes::signedBq);
        widen(t, "38 23", "PMOVSXWD", "Wq", WideLanes::signedWd);
        widen(t, "38 24", "PMOVSXWQ", "Wd", WideLanes::signedWq);
        widen(t, "38 25", "PMOVSXDQ", "Wq", WideLanes::signedDq);
        widen(t, "38 30", "PMOVZXBW", "Wq", WideLanes::unsignedBw);
        widen(t, "38 31", "PMOVZXBD", "Wd", WideLanes::unsignedBd);
        widen(t, "38 32", "PMOVZXBQ", "Ww", WideLanes::unsignedBq);
        widen(t, "38 33", "PMOVZXWD", "Wq", WideLanes::unsignedWd);
        widen(t, "38 34", "PMOVZXWQ", "Wd", WideLanes::unsignedWq);
        widen(t, "38 35", "PMOVZXDQ", "Wq", WideLanes::unsignedDq);
    }

    private static void widen(
            InsnTable t, String opcode, String name, String source, WideLanes.Op op) {
        row(t, opcode, name, "Vdq," + source, d -> new XmmInteger.Widen(d, op)).w();
    }

    private static void blends(InsnTable t) {
        byXmm0(t, "38 10", "PBLENDVB", WideLanes::blendVariableB);
        byXmm0(t, "38 14", "BLENDVPS", WideLanes::blendVariablePs);
        byXmm0(t, "38 15", "BLENDVPD", WideLanes::blendVariablePd);
        immediate(t, "3A 0C", "BLENDPS", WideLanes::blendPs);
        immediate(t, "3A 0D", "BLENDPD", WideLanes::blendPd);
        immediate(t, "3A 0E", "PBLENDW", WideLanes::blendW);
    }

    private static void byXmm0(InsnTable t, String opcode, String name, WideLanes.Op op) {
        row(t, opcode, name, "Vdq,Wdq,XMM0", d -> new XmmInteger.General(d, op));
    }

    private static void elements(InsnTable t) {
        extract(t, "3A 14", "PEXTRB", "b", 1);
        extract(t, "3A 15", "PEXTRW", "w", 2);
        extract(t, "3A 17", "EXTRACTPS", "d", 4);
        row(t, "3A 16", "PEXTRD", "Ey,Vdq,Ib", d -> new XmmElements.Extract(d, d.rexW() ? 8 : 4))
                .w();
        row(t, "3A 20 reg", "PINSRB", "Vdq,Rd,Ib", d -> new XmmElements.Insert(d, 1));
        row(t, "3A 20 mem", "PINSRB", "Vdq,Mb,Ib", d -> new XmmElements.Insert(d, 1));
        row(t, "3A 22", "PINSRD", "Vdq,Ey,Ib", d -> new XmmElements.Insert(d, d.rexW() ? 8 : 4));
        row(t, "3A 21 reg", "INSERTPS", "Vdq,Udq,Ib", XmmElements.InsertPs::new);
        row(t, "3A 21 mem", "INSERTPS", "Vdq,Md,Ib", XmmElements.InsertPs::new);
    }

    private static void extract(InsnTable t, String opcode, String name, String letter, int size) {
        row(t, opcode + " reg", name, "Rd,Vdq,Ib", d -> new XmmElements.Extract(d, size)).w();
        row(
                        t,
                        opcode + " mem",
                        name,
                        "M" + letter + ",Vdq,Ib",
                        d -> new XmmElements.Extract(d, size))
                .w();
    }

    private static void floats(InsnTable t) {
        row(t, "3A 08", "ROUNDPS", "Vdq,Wdq,Ib", SseConvert.RoundPs::new).w();
        row(t, "3A 09", "ROUNDPD", "Vdq,Wdq,Ib", SseConvert.RoundPd::new).w();
        row(t, "3A 0A", "ROUNDSS", "Vd,Wd,Ib", d -> new SseConvert.RoundScalar(d, true));
        row(t, "3A 0B", "ROUNDSD", "Vq,Wq,Ib", d -> new SseConvert.RoundScalar(d, false));
        row(t, "3A 40", "DPPS", "Vdq,Wdq,Ib", SseHorizontal.DotPs::new);
        row(t, "3A 41", "DPPD", "Vdq,Wdq,Ib", SseHorizontal.DotPd::new);
    }

    private static void strings(InsnTable t) {
        compare(t, "3A 60", "PCMPESTRM", true, false);
        compare(t, "3A 61", "PCMPESTRI", true, true);
        compare(t, "3A 62", "PCMPISTRM", false, false);
        compare(t, "3A 63", "PCMPISTRI", false, true);
    }

    private static void compare(
            InsnTable t, String opcode, String name, boolean explicit, boolean index) {
        row(t, opcode, name, "Vdq,Wdq,Ib", d -> new XmmElements.Strings(d, explicit, index))
                .ro()
                .writes(Cpu.ARITH)
                .needs(Feature.SSE4_2);
    }
}
