package org.jvisor.emulator;

import org.jvisor.emulator.math.FloatCore;
import org.jvisor.emulator.math.X87Float;
import org.jvisor.emulator.math.X87Functions;

/** Instructions on the top of the stack: constants, signs, roots, functions. */
final class X87Unary {
    private X87Unary() {}

    /** Computes with ST(0), or ST(0) and ST(1), leaving the result in the {@link X87Functions}. */
    @FunctionalInterface
    interface Function {
        /** Computes. */
        void apply(X87Functions m, int se, long sig, int se1, long sig1);
    }

    /** Replaces ST(0): FSQRT, FRNDINT, F2XM1; with two operands FSCALE. */
    static final class Replace extends X87Insn {
        private final Function function;
        private final int operands;

        Replace(Decoded d, int operands, Function function) {
            super(d);
            this.function = function;
            this.operands = operands;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            if (f.missing(operands - 1)) {
                if (f.stackFault(false)) {
                    f.setDefaultNan(0);
                }
                return;
            }
            int a = f.top;
            int b = f.st(1);
            function.apply(f.math, f.se[a], f.sig[a], f.se[b], f.sig[b]);
            if (f.commit()) {
                f.set(0, f.math.se, f.math.sig);
            }
        }
    }

    /** Replaces ST(1) and pops: FPATAN, FYL2X, FYL2XP1. */
    static final class ReplacePop extends X87Insn {
        private final Function function;

        ReplacePop(Decoded d, Function function) {
            super(d);
            this.function = function;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            if (f.missing(1)) {
                if (f.stackFault(false)) {
                    f.setDefaultNan(1);
                    f.pop();
                }
                return;
            }
            int a = f.top;
            int b = f.st(1);
            function.apply(f.math, f.se[b], f.sig[b], f.se[a], f.sig[a]);
            if (f.commit()) {
                f.set(1, f.math.se, f.math.sig);
                f.pop();
            }
        }
    }

    /** FPREM and FPREM1. */
    static final class Remainder extends X87Insn {
        private final boolean nearest;

        Remainder(Decoded d, boolean nearest) {
            super(d);
            this.nearest = nearest;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            f.fsw &= ~Fpu.C2;
            if (f.missing(1)) {
                if (f.stackFault(false)) {
                    f.setDefaultNan(0);
                }
                return;
            }
            X87Functions m = f.math;
            int a = f.top;
            int b = f.st(1);
            m.remainder(f.se[a], f.sig[a], f.se[b], f.sig[b], nearest);
            m.roundedUp = false;
            if (!f.commit()) {
                return;
            }
            f.set(0, m.se, m.sig);
            int q = m.quotient;
            if (q >= 0) {
                f.fsw =
                        f.fsw & ~Fpu.CONDITIONS
                                | (m.partial ? Fpu.C2 : 0)
                                | ((q & 4) != 0 ? Fpu.C0 : 0)
                                | ((q & 2) != 0 ? Fpu.C3 : 0)
                                | ((q & 1) != 0 ? Fpu.C1 : 0);
            }
        }
    }

    /** FSIN and FCOS. */
    static final class Angle extends X87Insn {
        private final boolean cosine;

        Angle(Decoded d, boolean cosine) {
            super(d);
            this.cosine = cosine;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            f.fsw &= ~Fpu.C2; // even where the stack is empty
            if (f.empty(0)) {
                if (f.stackFault(false)) {
                    f.setDefaultNan(0);
                }
                return;
            }
            X87Functions m = f.math;
            if (cosine) {
                m.cosine(f.se[f.top], f.sig[f.top]);
            } else {
                m.sine(f.se[f.top], f.sig[f.top]);
            }
            f.fsw |= m.outOfRange ? Fpu.C2 : 0;
            if (f.commit() && !m.outOfRange) {
                f.set(0, m.se, m.sig);
            }
        }
    }

    /** FSINCOS, FPTAN and FXTRACT: replace ST(0) and push. */
    static final class Two extends X87Insn {
        /** Which. */
        static final int SINCOS = 0, TAN = 1, EXTRACT = 2;

        private final int which;

        Two(Decoded d, int which) {
            super(d);
            this.which = which;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            if (which != EXTRACT) {
                f.fsw &= ~Fpu.C2;
            }
            if (f.empty(0) || !f.empty(7)) {
                if (f.stackFault(!f.empty(0))) {
                    f.setDefaultNan(0);
                    f.pushDefaultNan();
                }
                return;
            }
            X87Functions m = f.math;
            int se = f.se[f.top];
            long sig = f.sig[f.top];
            m.outOfRange = false;
            switch (which) {
                case SINCOS -> m.sineAndCosine(se, sig);
                case TAN -> m.tangent(se, sig);
                default -> m.extract(se, sig);
            }
            if (which != EXTRACT) {
                f.fsw |= m.outOfRange ? Fpu.C2 : 0;
            }
            if (!f.commit() || m.outOfRange) {
                return;
            }
            int resultSe = m.se;
            long resultSig = m.sig;
            if (which == SINCOS) {
                f.set(0, resultSe, resultSig);
                f.push(m.cosineSe, m.cosineSig);
            } else if (which == EXTRACT) {
                f.set(0, m.exponentSe, m.exponentSig);
                f.push(resultSe, resultSig);
            } else {
                boolean nan = (resultSe & 0x7fff) == 0x7fff && resultSig << 1 != 0;
                f.set(0, resultSe, resultSig);
                f.push(nan ? resultSe : 0x3fff, nan ? resultSig : Long.MIN_VALUE);
            }
        }
    }

    /** FCHS and FABS: the sign alone, whatever the number. */
    static final class Sign extends X87Insn {
        private final boolean change;

        Sign(Decoded d, boolean change) {
            super(d);
            this.change = change;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            if (f.empty(0)) {
                if (f.stackFault(false)) {
                    f.setDefaultNan(0);
                }
                return;
            }
            f.se[f.top] = change ? f.se[f.top] ^ 0x8000 : f.se[f.top] & 0x7fff;
        }
    }

    /** FTST. */
    static final class Test extends X87Insn {
        Test(Decoded d) {
            super(d);
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            int conditions = Fpu.C0 | Fpu.C2 | Fpu.C3;
            if (f.empty(0)) {
                f.stackFault(false);
            } else {
                int order = f.math.compare(f.se[f.top], f.sig[f.top], 0, 0, false);
                f.commit();
                conditions = X87Arith.conditions(order);
            }
            f.fsw = f.fsw & ~(Fpu.C0 | Fpu.C2 | Fpu.C3) | conditions;
        }
    }

    /** FXAM. */
    static final class Examine extends X87Insn {
        Examine(Decoded d) {
            super(d);
        }

        @Override
        void run(Cpu c, Fpu f) {
            int se = f.se[f.top];
            long sig = f.sig[f.top];
            int conditions;
            if (f.empty(0)) {
                conditions = Fpu.C3 | Fpu.C0;
            } else if (X87Float.unsupported(se, sig)) {
                conditions = 0;
            } else if (X87Float.isNan(se, sig)) {
                conditions = Fpu.C0;
            } else if (X87Float.isInfinite(se, sig)) {
                conditions = Fpu.C2 | Fpu.C0;
            } else if (X87Float.isZero(se, sig)) {
                conditions = Fpu.C3;
            } else {
                conditions = X87Float.isDenormal(se, sig) ? Fpu.C3 | Fpu.C2 : Fpu.C2;
            }
            f.fsw = f.fsw & ~Fpu.CONDITIONS | conditions | ((se & 0x8000) != 0 ? Fpu.C1 : 0);
        }
    }

    /** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: rounded as RC says. */
    static final class Constant extends X87Insn {
        private final int se;
        private final long down;
        private final boolean nearestIsUp;
        private final boolean exact;

        /**
         * Makes it.
         *
         * @param down the significand rounded towards zero
         * @param nearestIsUp whether the next one is nearer
         */
        Constant(Decoded d, int se, long down, boolean nearestIsUp, boolean exact) {
            super(d);
            this.se = se;
            this.down = down;
            this.nearestIsUp = nearestIsUp;
            this.exact = exact;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            if (!f.empty(7)) {
                if (f.stackFault(true)) {
                    f.pushDefaultNan();
                }
                return;
            }
            boolean up =
                    switch (f.math.rounding) {
                        case FloatCore.NEAREST -> nearestIsUp;
                        case FloatCore.UP -> true;
                        default -> false;
                    };
            f.push(se, up && !exact ? down + 1 : down);
        }
    }
}
