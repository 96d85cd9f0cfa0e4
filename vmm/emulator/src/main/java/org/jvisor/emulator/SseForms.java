package org.jvisor.emulator;

import java.util.function.Function;

/** Rows of the instruction table for SSE to SSE3: moves and floating point. */
final class SseForms {
    private SseForms() {}

    static void rows(InsnTable t) {
        moves(t);
        halves(t);
        stores(t);
        arithmetic(t);
        logic(t);
        compare(t);
        convert(t);
        horizontal(t);
        SseIntegerForms.rows(t);
        Sse4Forms.rows(t);
    }

    private static Form sse(InsnTable t, String opcode, String name, String ops, Form.Factory f) {
        return t.add(opcode, name, ops, f).needs(Feature.SSE);
    }

    private static Form sse2(InsnTable t, String opcode, String name, String ops, Form.Factory f) {
        return t.add(opcode, name, ops, f).needs(Feature.SSE2);
    }

    private static Form sse3(InsnTable t, String opcode, String name, String ops, Form.Factory f) {
        return t.add(opcode, name, ops, f).needs(Feature.SSE3);
    }

    private static Insn load(Decoded d) {
        return new XmmMoves.Load(d, false);
    }

    private static Insn loadAligned(Decoded d) {
        return new XmmMoves.Load(d, true);
    }

    private static Insn store(Decoded d) {
        return new XmmMoves.Store(d, false);
    }

    private static Insn storeAligned(Decoded d) {
        return new XmmMoves.Store(d, true);
    }

    private static void moves(InsnTable t) {
        sse(t, "NP 0F 10", "MOVUPS", "Vdq,Wdq", SseForms::load).w();
        sse2(t, "66 0F 10", "MOVUPD", "Vdq,Wdq", SseForms::load).w();
        sse(t, "NP 0F 11", "MOVUPS", "Wdq,Vdq", SseForms::store).w();
        sse2(t, "66 0F 11", "MOVUPD", "Wdq,Vdq", SseForms::store).w();
        sse(t, "NP 0F 28", "MOVAPS", "Vdq,Wdq", SseForms::loadAligned).w();
        sse2(t, "66 0F 28", "MOVAPD", "Vdq,Wdq", SseForms::loadAligned).w();
        sse(t, "NP 0F 29", "MOVAPS", "Wdq,Vdq", SseForms::storeAligned).w();
        sse2(t, "66 0F 29", "MOVAPD", "Wdq,Vdq", SseForms::storeAligned).w();
        sse2(t, "66 0F 6F", "MOVDQA", "Vdq,Wdq", SseForms::loadAligned).w();
        sse2(t, "F3 0F 6F", "MOVDQU", "Vdq,Wdq", SseForms::load).w();
        sse2(t, "66 0F 7F", "MOVDQA", "Wdq,Vdq", SseForms::storeAligned).w();
        sse2(t, "F3 0F 7F", "MOVDQU", "Wdq,Vdq", SseForms::store).w();
        sse3(t, "F2 0F F0 mem", "LDDQU", "Vdq,Mdq", SseForms::load).w();
        sse(t, "F3 0F 10", "MOVSS", "Vd,Wd", XmmMoves.LoadSs::new);
        sse2(t, "F2 0F 10", "MOVSD", "Vq,Wq", XmmMoves.LoadSd::new);
        sse(t, "F3 0F 11", "MOVSS", "Wd,Vd", XmmMoves.StoreSs::new).w();
        sse2(t, "F2 0F 11", "MOVSD", "Wq,Vq", XmmMoves.StoreSd::new).w();
        sse2(t, "66 0F 6E", "MOVD", "Vdq,Ey", XmmMoves.FromGeneral::new).w();
        sse2(t, "66 0F 7E", "MOVD", "Ey,Vdq", XmmMoves.ToGeneral::new).w();
        sse2(t, "F3 0F 7E", "MOVQ", "Vdq,Wq", d -> new XmmMoves.MovQ(d, false)).w();
        sse2(t, "66 0F D6", "MOVQ", "Wq,Vq", d -> new XmmMoves.MovQ(d, true)).w();
        sse(t, "NP 0F 50 reg", "MOVMSKPS", "Gd,Udq", XmmElements.MoveMaskPs::new).w();
        sse2(t, "66 0F 50 reg", "MOVMSKPD", "Gd,Udq", XmmElements.MoveMaskPd::new).w();
        sse(t, "NP 0F AE /2 mem", "LDMXCSR", "Md", XmmElements.LdMxcsr::new).ro();
        sse(t, "NP 0F AE /3 mem", "STMXCSR", "Md", XmmElements.StMxcsr::new).w();
    }

    private static void halves(InsnTable t) {
        sse(t, "NP 0F 12 mem", "MOVLPS", "Vq,Mq", d -> new XmmMoves.LoadHalf(d, 0));
        sse(t, "NP 0F 12 reg", "MOVHLPS", "Vdq,Udq", XmmHot.HighToLow::new);
        sse2(t, "66 0F 12 mem", "MOVLPD", "Vq,Mq", d -> new XmmMoves.LoadHalf(d, 0));
        sse(t, "NP 0F 13 mem", "MOVLPS", "Mq,Vq", XmmMoves.StoreSd::new).w();
        sse2(t, "66 0F 13 mem", "MOVLPD", "Mq,Vq", XmmMoves.StoreSd::new).w();
        sse(t, "NP 0F 16 mem", "MOVHPS", "Vdq,Mq", d -> new XmmMoves.LoadHalf(d, 1));
        sse(t, "NP 0F 16 reg", "MOVLHPS", "Vdq,Udq", XmmHot.UnpackLowQ::new);
        sse2(t, "66 0F 16 mem", "MOVHPD", "Vdq,Mq", d -> new XmmMoves.LoadHalf(d, 1));
        sse(t, "NP 0F 17 mem", "MOVHPS", "Mq,Vdq", XmmMoves.StoreHigh::new).w();
        sse2(t, "66 0F 17 mem", "MOVHPD", "Mq,Vdq", XmmMoves.StoreHigh::new).w();
        sse3(t, "F2 0F 12", "MOVDDUP", "Vdq,Wq", XmmMoves.MovDdup::new).w();
    }

    /** Stores with a non-temporal hint, which memory here does not take. */
    private static void stores(InsnTable t) {
        sse(t, "NP 0F 2B mem", "MOVNTPS", "Mdq,Vdq", SseForms::storeAligned).w();
        sse2(t, "66 0F 2B mem", "MOVNTPD", "Mdq,Vdq", SseForms::storeAligned).w();
        sse2(t, "66 0F E7 mem", "MOVNTDQ", "Mdq,Vdq", SseForms::storeAligned).w();
        sse2(t, "66 0F F7 reg", "MASKMOVDQU", "Vdq,Udq", XmmMoves.MaskMove::new).ro();
    }

    private static void arithmetic(InsnTable t) {
        row(t, "51", "SQRT", SseArith.SQRT, true);
        row(t, "58", "ADD", SseArith.ADD, false);
        row(t, "59", "MUL", SseArith.MUL, false);
        row(t, "5C", "SUB", SseArith.SUB, false);
        row(t, "5D", "MIN", SseArith.MIN, false);
        row(t, "5E", "DIV", SseArith.DIV, false);
        row(t, "5F", "MAX", SseArith.MAX, false);
        // The last bits of these two are implementation-specific.
        approximate(t, "52", "RSQRT", SseArith.RSQRT);
        approximate(t, "53", "RCP", SseArith.RCP);
    }

    private static void row(InsnTable t, String opcode, String name, int op, boolean unary) {
        Form ps = sse(t, "NP 0F " + opcode, name + "PS", "Vdq,Wdq", d -> new SseArith.Ps(d, op));
        Form pd = sse2(t, "66 0F " + opcode, name + "PD", "Vdq,Wdq", d -> new SseArith.Pd(d, op));
        Function<Decoded, Insn> sd =
                switch (op) {
                    case SseArith.ADD -> SseArith.AddSd::new;
                    case SseArith.SUB -> SseArith.SubSd::new;
                    case SseArith.MUL -> SseArith.MulSd::new;
                    case SseArith.DIV -> SseArith.DivSd::new;
                    default -> d -> new SseArith.Sd(d, op);
                };
        sse(t, "F3 0F " + opcode, name + "SS", "Vd,Wd", d -> new SseArith.Ss(d, op));
        Form sdRow = sse2(t, "F2 0F " + opcode, name + "SD", "Vq,Wq", sd::apply);
        if (unary) {
            ps.w();
            pd.w();
            sdRow.w();
        }
    }

    private static void approximate(InsnTable t, String opcode, String name, int op) {
        sse(t, "NP 0F " + opcode, name + "PS", "Vdq,Wdq", d -> new SseArith.Ps(d, op))
                .w()
                .with(Form.Attr.UNDEFINED);
        sse(t, "F3 0F " + opcode, name + "SS", "Vd,Wd", d -> new SseArith.Ss(d, op))
                .with(Form.Attr.UNDEFINED);
    }

    private static void logic(InsnTable t) {
        sse(t, "NP 0F 54", "ANDPS", "Vdq,Wdq", XmmHot.And::new);
        sse2(t, "66 0F 54", "ANDPD", "Vdq,Wdq", XmmHot.And::new);
        sse(t, "NP 0F 55", "ANDNPS", "Vdq,Wdq", XmmHot.AndNot::new);
        sse2(t, "66 0F 55", "ANDNPD", "Vdq,Wdq", XmmHot.AndNot::new);
        sse(t, "NP 0F 56", "ORPS", "Vdq,Wdq", XmmHot.Or::new);
        sse2(t, "66 0F 56", "ORPD", "Vdq,Wdq", XmmHot.Or::new);
        sse(t, "NP 0F 57", "XORPS", "Vdq,Wdq", XmmHot.Xor::new);
        sse2(t, "66 0F 57", "XORPD", "Vdq,Wdq", XmmHot.Xor::new);
    }

    private static void compare(InsnTable t) {
        int all = Cpu.ARITH;
        sse(t, "NP 0F 2E", "UCOMISS", "Vd,Wd", d -> new SseCompare.ComiSs(d, true))
                .ro()
                .writes(all);
        sse2(t, "66 0F 2E", "UCOMISD", "Vq,Wq", d -> new SseCompare.ComiSd(d, true))
                .ro()
                .writes(all);
        sse(t, "NP 0F 2F", "COMISS", "Vd,Wd", d -> new SseCompare.ComiSs(d, false))
                .ro()
                .writes(all);
        sse2(t, "66 0F 2F", "COMISD", "Vq,Wq", d -> new SseCompare.ComiSd(d, false))
                .ro()
                .writes(all);
        sse(t, "NP 0F C2", "CMPPS", "Vdq,Wdq,Ib", SseCompare.CmpPs::new);
        sse2(t, "66 0F C2", "CMPPD", "Vdq,Wdq,Ib", SseCompare.CmpPd::new);
        sse(t, "F3 0F C2", "CMPSS", "Vd,Wd,Ib", SseCompare.CmpSs::new);
        sse2(t, "F2 0F C2", "CMPSD", "Vq,Wq,Ib", SseCompare.CmpSd::new);
    }

    private static void convert(InsnTable t) {
        sse(t, "F3 0F 2A", "CVTSI2SS", "Vd,Ey", SseConvert.IntToSs::new);
        sse2(t, "F2 0F 2A", "CVTSI2SD", "Vq,Ey", SseConvert.IntToSd::new);
        sse(t, "F3 0F 2C", "CVTTSS2SI", "Gy,Wd", d -> new SseConvert.SsToInt(d, true)).w();
        sse2(t, "F2 0F 2C", "CVTTSD2SI", "Gy,Wq", d -> new SseConvert.SdToInt(d, true)).w();
        sse(t, "F3 0F 2D", "CVTSS2SI", "Gy,Wd", d -> new SseConvert.SsToInt(d, false)).w();
        sse2(t, "F2 0F 2D", "CVTSD2SI", "Gy,Wq", d -> new SseConvert.SdToInt(d, false)).w();
        sse2(t, "NP 0F 5A", "CVTPS2PD", "Vdq,Wq", d -> new SseConvert.Widen(d, false)).w();
        sse2(t, "66 0F 5A", "CVTPD2PS", "Vdq,Wdq", SseConvert.PdToPs::new).w();
        sse2(t, "F3 0F 5A", "CVTSS2SD", "Vq,Wd", SseConvert.SsToSd::new);
        sse2(t, "F2 0F 5A", "CVTSD2SS", "Vd,Wq", SseConvert.SdToSs::new);
        sse2(t, "NP 0F 5B", "CVTDQ2PS", "Vdq,Wdq", SseConvert.IntToPs::new).w();
        sse2(t, "66 0F 5B", "CVTPS2DQ", "Vdq,Wdq", d -> new SseConvert.PsToInt(d, false)).w();
        sse2(t, "F3 0F 5B", "CVTTPS2DQ", "Vdq,Wdq", d -> new SseConvert.PsToInt(d, true)).w();
        sse2(t, "F3 0F E6", "CVTDQ2PD", "Vdq,Wq", d -> new SseConvert.Widen(d, true)).w();
        sse2(t, "66 0F E6", "CVTTPD2DQ", "Vdq,Wdq", d -> new SseConvert.PdToInt(d, true)).w();
        sse2(t, "F2 0F E6", "CVTPD2DQ", "Vdq,Wdq", d -> new SseConvert.PdToInt(d, false)).w();
    }

    private static void horizontal(InsnTable t) {
        int add = SseArith.ADD;
        int sub = SseArith.SUB;
        sse3(t, "66 0F 7C", "HADDPD", "Vdq,Wdq", d -> new SseHorizontal.PairsPd(d, add));
        sse3(t, "F2 0F 7C", "HADDPS", "Vdq,Wdq", d -> new SseHorizontal.PairsPs(d, add));
        sse3(t, "66 0F 7D", "HSUBPD", "Vdq,Wdq", d -> new SseHorizontal.PairsPd(d, sub));
        sse3(t, "F2 0F 7D", "HSUBPS", "Vdq,Wdq", d -> new SseHorizontal.PairsPs(d, sub));
        sse3(t, "66 0F D0", "ADDSUBPD", "Vdq,Wdq", SseHorizontal.AddSubPd::new);
        sse3(t, "F2 0F D0", "ADDSUBPS", "Vdq,Wdq", SseHorizontal.AddSubPs::new);
    }
}
