package org.jvisor.emulator;

import org.jvisor.emulator.Form.Attr;
import org.jvisor.emulator.math.X87Functions;

/** Rows of the instruction table for the x87 FPU (SDM 2D §A.5). */
final class X87Forms {
    private static final String[] ARITH = {
        "FADD", "FMUL", "FCOM", "FCOMP", "FSUB", "FSUBR", "FDIV", "FDIVR"
    };

    private static final String[] INTEGER_ARITH = {
        "FIADD", "FIMUL", "FICOM", "FICOMP", "FISUB", "FISUBR", "FIDIV", "FIDIVR"
    };

    private X87Forms() {}

    static void rows(InsnTable t) {
        t.add("9B", "FWAIT", "", X87Control.Wait::new).needs(Feature.FPU);
        arithmetic(t);
        loadsAndStores(t);
        stack(t);
        compare(t);
        unary(t);
        control(t);
    }

    private static Form row(
            InsnTable t, String opcode, String mnemonic, String operands, Form.Factory f) {
        return t.add(opcode, mnemonic, operands, f).needs(Feature.FPU);
    }

    private static String st(String opcode, int first) {
        return opcode + " " + InsnTable.hex(first) + "+i";
    }

    private static void arithmetic(InsnTable t) {
        for (int i = 0; i < 8; i++) {
            int op = i;
            String mem = " /" + i + " mem";
            row(t, "D8" + mem, ARITH[i], "Md", d -> memory(d, op, X87Arith.M32)).ro();
            row(t, "DC" + mem, ARITH[i], "Mq", d -> memory(d, op, X87Arith.M64)).ro();
            row(t, "DA" + mem, INTEGER_ARITH[i], "Md", d -> memory(d, op, X87Arith.I32)).ro();
            row(t, "DE" + mem, INTEGER_ARITH[i], "Mw", d -> memory(d, op, X87Arith.I16)).ro();
            if (i == X87Arith.COM || i == X87Arith.COMP) {
                continue;
            }
            // With ST(i) as destination SUB and SUBR, DIV and DIVR change places in the encoding.
            int other = i >= 4 ? i ^ 1 : i;
            int first = 0xc0 + 8 * i;
            row(t, st("D8", first), ARITH[i], "ST,STi", d -> registers(d, op, false, false));
            row(t, st("DC", first), ARITH[other], "STi,ST", d -> registers(d, other, true, false));
            row(
                    t,
                    st("DE", first),
                    ARITH[other] + "P",
                    "STi,ST",
                    d -> registers(d, other, true, true));
        }
    }

    private static Insn memory(Decoded d, int op, int kind) {
        return new X87Arith.Memory(d, op, kind);
    }

    private static Insn registers(Decoded d, int op, boolean toSti, boolean pop) {
        return new X87Arith.Registers(d, op, toSti, pop);
    }

    private static void loadsAndStores(InsnTable t) {
        row(t, "D9 /0 mem", "FLD", "Md", d -> new X87Memory.Load(d, X87Memory.M32)).ro();
        row(t, "DD /0 mem", "FLD", "Mq", d -> new X87Memory.Load(d, X87Memory.M64)).ro();
        row(t, "DB /5 mem", "FLD", "Mt", d -> new X87Memory.Load(d, X87Memory.M80)).ro();
        row(t, "DF /0 mem", "FILD", "Mw", d -> new X87Memory.Load(d, X87Memory.I16)).ro();
        row(t, "DB /0 mem", "FILD", "Md", d -> new X87Memory.Load(d, X87Memory.I32)).ro();
        row(t, "DF /5 mem", "FILD", "Mq", d -> new X87Memory.Load(d, X87Memory.I64)).ro();
        row(t, "DF /4 mem", "FBLD", "Mt", d -> new X87Memory.Load(d, X87Memory.BCD)).ro();
        row(t, "D9 /2 mem", "FST", "Md", d -> store(d, X87Memory.M32, false)).w();
        row(t, "D9 /3 mem", "FSTP", "Md", d -> store(d, X87Memory.M32, true)).w();
        row(t, "DD /2 mem", "FST", "Mq", d -> store(d, X87Memory.M64, false)).w();
        row(t, "DD /3 mem", "FSTP", "Mq", d -> store(d, X87Memory.M64, true)).w();
        row(t, "DB /7 mem", "FSTP", "Mt", d -> store(d, X87Memory.M80, true)).w();
        row(t, "DF /2 mem", "FIST", "Mw", d -> store(d, X87Memory.I16, false)).w();
        row(t, "DF /3 mem", "FISTP", "Mw", d -> store(d, X87Memory.I16, true)).w();
        row(t, "DB /2 mem", "FIST", "Md", d -> store(d, X87Memory.I32, false)).w();
        row(t, "DB /3 mem", "FISTP", "Md", d -> store(d, X87Memory.I32, true)).w();
        row(t, "DF /7 mem", "FISTP", "Mq", d -> store(d, X87Memory.I64, true)).w();
        row(t, "DF /6 mem", "FBSTP", "Mt", d -> store(d, X87Memory.BCD, true)).w();
        row(t, "DF /1 mem", "FISTTP", "Mw", d -> truncate(d, X87Memory.I16))
                .w()
                .needs(Feature.SSE3);
        row(t, "DB /1 mem", "FISTTP", "Md", d -> truncate(d, X87Memory.I32))
                .w()
                .needs(Feature.SSE3);
        row(t, "DD /1 mem", "FISTTP", "Mq", d -> truncate(d, X87Memory.I64))
                .w()
                .needs(Feature.SSE3);
    }

    private static Insn store(Decoded d, int kind, boolean pop) {
        return new X87Memory.Store(d, kind, pop, false);
    }

    private static Insn truncate(Decoded d, int kind) {
        return new X87Memory.Store(d, kind, true, true);
    }

    private static void stack(InsnTable t) {
        row(t, "D9 C0+i", "FLD", "STi", X87Stack.Push::new);
        row(t, "D9 C8+i", "FXCH", "STi", X87Stack.Exchange::new);
        row(t, "DD C8+i", "FXCH", "STi", X87Stack.Exchange::new);
        row(t, "DF C8+i", "FXCH", "STi", X87Stack.Exchange::new);
        row(t, "DD D0+i", "FST", "STi", d -> new X87Stack.Store(d, false));
        row(t, "DD D8+i", "FSTP", "STi", d -> new X87Stack.Store(d, true));
        row(t, "D9 D8+i", "FSTPNCE", "STi", X87Stack.StoreUnchecked::new);
        row(t, "DF D0+i", "FSTP", "STi", d -> new X87Stack.Store(d, true));
        row(t, "DF D8+i", "FSTP", "STi", d -> new X87Stack.Store(d, true));
        row(t, "DD C0+i", "FFREE", "STi", d -> new X87Stack.Free(d, false));
        row(t, "DF C0+i", "FFREEP", "STi", d -> new X87Stack.Free(d, true));
        String[] names = {
            "FCMOVB", "FCMOVE", "FCMOVBE", "FCMOVU", "FCMOVNB", "FCMOVNE", "FCMOVNBE"
        };
        int[] conditions = {2, 4, 6, 10, 3, 5, 7};
        for (int i = 0; i < 7; i++) {
            int condition = conditions[i];
            String opcode = i < 4 ? "DA" : "DB";
            row(
                            t,
                            st(opcode, 0xc0 + 8 * (i & 3)),
                            names[i],
                            "ST,STi",
                            d -> new X87Stack.Move(d, condition))
                    .reads(Cpu.CF | Cpu.ZF | Cpu.PF)
                    .needs(Feature.CMOV);
        }
        row(t, "DB D8+i", "FCMOVNU", "ST,STi", d -> new X87Stack.Move(d, 11))
                .reads(Cpu.PF)
                .needs(Feature.CMOV);
    }

    private static void compare(InsnTable t) {
        row(t, "D8 D0+i", "FCOM", "STi", d -> new X87Arith.Compare(d, false, 0));
        row(t, "DC D0+i", "FCOM", "STi", d -> new X87Arith.Compare(d, false, 0));
        row(t, "D8 D8+i", "FCOMP", "STi", d -> new X87Arith.Compare(d, false, 1));
        row(t, "DC D8+i", "FCOMP", "STi", d -> new X87Arith.Compare(d, false, 1));
        row(t, "DE D0+i", "FCOMP", "STi", d -> new X87Arith.Compare(d, false, 1));
        row(t, "DE D9", "FCOMPP", "", d -> new X87Arith.Compare(d, false, 2));
        row(t, "DD E0+i", "FUCOM", "STi", d -> new X87Arith.Compare(d, true, 0));
        row(t, "DD E8+i", "FUCOMP", "STi", d -> new X87Arith.Compare(d, true, 1));
        row(t, "DA E9", "FUCOMPP", "", d -> new X87Arith.Compare(d, true, 2));
        int all = Cpu.ARITH;
        row(t, "DB F0+i", "FCOMI", "ST,STi", d -> new X87Arith.CompareFlags(d, false, false))
                .writes(all);
        row(t, "DF F0+i", "FCOMIP", "ST,STi", d -> new X87Arith.CompareFlags(d, false, true))
                .writes(all);
        row(t, "DB E8+i", "FUCOMI", "ST,STi", d -> new X87Arith.CompareFlags(d, true, false))
                .writes(all);
        row(t, "DF E8+i", "FUCOMIP", "ST,STi", d -> new X87Arith.CompareFlags(d, true, true))
                .writes(all);
    }

    private static void unary(InsnTable t) {
        row(t, "D9 E0", "FCHS", "", d -> new X87Unary.Sign(d, true));
        row(t, "D9 E1", "FABS", "", d -> new X87Unary.Sign(d, false));
        row(t, "D9 E4", "FTST", "", X87Unary.Test::new);
        row(t, "D9 E5", "FXAM", "", X87Unary.Examine::new);
        constant(t, 0xe8, "FLD1", 0x3fff, 0x8000_0000_0000_0000L, false, true);
        constant(t, 0xe9, "FLDL2T", 0x4000, 0xd49a_784b_cd1b_8afeL, false, false);
        constant(t, 0xea, "FLDL2E", 0x3fff, 0xb8aa_3b29_5c17_f0bbL, true, false);
        constant(t, 0xeb, "FLDPI", 0x4000, 0xc90f_daa2_2168_c234L, true, false);
        constant(t, 0xec, "FLDLG2", 0x3ffd, 0x9a20_9a84_fbcf_f798L, true, false);
        constant(t, 0xed, "FLDLN2", 0x3ffe, 0xb172_17f7_d1cf_79abL, true, false);
        constant(t, 0xee, "FLDZ", 0, 0, false, true);
        function(t, "D9 F0", "F2XM1", 1, (m, e, s, e1, s1) -> m.exponentialMinusOne(e, s))
                .with(Attr.UNDEFINED);
        function(t, "D9 FA", "FSQRT", 1, (m, e, s, e1, s1) -> m.squareRoot(e, s));
        function(t, "D9 FC", "FRNDINT", 1, (m, e, s, e1, s1) -> m.roundToInteger(e, s));
        function(t, "D9 FD", "FSCALE", 2, X87Functions::scale);
        popping(t, "D9 F1", "FYL2X", X87Functions::logarithm);
        popping(t, "D9 F3", "FPATAN", X87Functions::arcTangent);
        popping(t, "D9 F9", "FYL2XP1", X87Functions::logarithmPlusOne);
        row(t, "D9 F2", "FPTAN", "", d -> new X87Unary.Two(d, X87Unary.Two.TAN))
                .with(Attr.UNDEFINED);
        row(t, "D9 F4", "FXTRACT", "", d -> new X87Unary.Two(d, X87Unary.Two.EXTRACT));
        row(t, "D9 FB", "FSINCOS", "", d -> new X87Unary.Two(d, X87Unary.Two.SINCOS))
                .with(Attr.UNDEFINED);
        row(t, "D9 F5", "FPREM1", "", d -> new X87Unary.Remainder(d, true));
        row(t, "D9 F8", "FPREM", "", d -> new X87Unary.Remainder(d, false));
        row(t, "D9 FE", "FSIN", "", d -> new X87Unary.Angle(d, false)).with(Attr.UNDEFINED);
        row(t, "D9 FF", "FCOS", "", d -> new X87Unary.Angle(d, true)).with(Attr.UNDEFINED);
    }

    private static void constant(
            InsnTable t, int modrm, String name, int se, long down, boolean up, boolean exact) {
        row(
                t,
                "D9 " + InsnTable.hex(modrm),
                name,
                "",
                d -> new X87Unary.Constant(d, se, down, up, exact));
    }

    private static Form function(
            InsnTable t, String opcode, String name, int operands, X87Unary.Function f) {
        return row(t, opcode, name, "", d -> new X87Unary.Replace(d, operands, f));
    }

    /** The last bit of transcendental results is implementation-specific (SDM 1 §8.3.10). */
    private static void popping(InsnTable t, String opcode, String name, X87Unary.Function f) {
        row(t, opcode, name, "", d -> new X87Unary.ReplacePop(d, f)).with(Attr.UNDEFINED);
    }

    private static void control(InsnTable t) {
        row(t, "D9 D0", "FNOP", "", d -> new X87Stack.Rotate(d, 0));
        row(t, "D9 F6", "FDECSTP", "", d -> new X87Stack.Rotate(d, -1));
        row(t, "D9 F7", "FINCSTP", "", d -> new X87Stack.Rotate(d, 1));
        // FNENI, FNDISI and FNSETPM of older coprocessors do nothing.
        row(t, "DB E0", "FNENI", "", d -> simple(d, false, (c, f) -> {}));
        row(t, "DB E1", "FNDISI", "", d -> simple(d, false, (c, f) -> {}));
        row(t, "DB E4", "FNSETPM", "", d -> simple(d, false, (c, f) -> {}));
        row(t, "DB E2", "FNCLEX", "", d -> simple(d, false, X87Control::clearExceptions));
        row(t, "DB E3", "FNINIT", "", d -> simple(d, false, (c, f) -> f.init()));
        row(t, "DF E0", "FNSTSW", "AX", d -> simple(d, false, (c, f) -> c.setReg(0, 2, f.status())))
                .w();
        row(t, "D9 /5 mem", "FLDCW", "Mw", X87Control.LoadControl::new).ro();
        row(t, "D9 /7 mem", "FNSTCW", "Mw", d -> new X87Control.StoreWord(d, true)).w();
        row(t, "DD /7 mem", "FNSTSW", "Mw", d -> new X87Control.StoreWord(d, false)).w();
        row(t, "D9 /4 mem", "FLDENV", "Menv", d -> environment(d, false, false)).ro();
        row(t, "D9 /6 mem", "FNSTENV", "Menv", d -> environment(d, true, false)).w();
        row(t, "DD /4 mem", "FRSTOR", "Mfsave", d -> environment(d, false, true)).ro();
        row(t, "DD /6 mem", "FNSAVE", "Mfsave", d -> environment(d, true, true)).w();
        t.add("NP 0F AE /0 mem", "FXSAVE", "Mfx", d -> new Fxsave(d, false))
                .w()
                .needs(Feature.FXSR);
        t.add("NP 0F AE /1 mem", "FXRSTOR", "Mfx", d -> new Fxsave(d, true))
                .ro()
                .needs(Feature.FXSR);
    }

    private static Insn simple(Decoded d, boolean waits, X87Control.Action action) {
        return new X87Control.Simple(d, waits, action);
    }

    private static Insn environment(Decoded d, boolean store, boolean registers) {
        return new X87Control.Environment(d, store, registers);
    }
}
