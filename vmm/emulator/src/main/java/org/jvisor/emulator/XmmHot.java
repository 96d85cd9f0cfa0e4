package org.jvisor.emulator;

import org.jvisor.emulator.math.LaneMoves;
import org.jvisor.emulator.math.Lanes;

/** The packed integer instructions that string functions and compilers use most, one class each. */
final class XmmHot {
    private XmmHot() {}

    /** PXOR, XORPS, XORPD. */
    static final class Xor extends XmmInteger.Wide {
        Xor(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] ^= lo;
            x[dst + 1] ^= hi;
        }
    }

    /** PAND, ANDPS, ANDPD. */
    static final class And extends XmmInteger.Wide {
        And(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] &= lo;
            x[dst + 1] &= hi;
        }
    }

    /** PANDN, ANDNPS, ANDNPD. */
    static final class AndNot extends XmmInteger.Wide {
        AndNot(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] = ~x[dst] & lo;
            x[dst + 1] = ~x[dst + 1] & hi;
        }
    }

    /** POR, ORPS, ORPD. */
    static final class Or extends XmmInteger.Wide {
        Or(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] |= lo;
            x[dst + 1] |= hi;
        }
    }

    /** PCMPEQB. */
    static final class EqualB extends XmmInteger.Wide {
        EqualB(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] = Lanes.equalB(x[dst], lo);
            x[dst + 1] = Lanes.equalB(x[dst + 1], hi);
        }
    }

    /** PADDD. */
    static final class AddD extends XmmInteger.Wide {
        AddD(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] = Lanes.addD(x[dst], lo);
            x[dst + 1] = Lanes.addD(x[dst + 1], hi);
        }
    }

    /** PADDQ. */
    static final class AddQ extends XmmInteger.Wide {
        AddQ(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] += lo;
            x[dst + 1] += hi;
        }
    }

    /** PUNPCKLQDQ, UNPCKLPD, MOVLHPS. */
    static final class UnpackLowQ extends XmmInteger.Wide {
        UnpackLowQ(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst + 1] = lo;
        }
    }

    /** MOVHLPS. */
    static final class HighToLow extends XmmInteger.Wide {
        HighToLow(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] = hi;
        }
    }

    /** PSHUFD. */
    static final class ShuffleD extends XmmInteger.Wide {
        private final int first;
        private final int second;
        private final int third;
        private final int fourth;

        ShuffleD(Decoded d) {
            super(d);
            int order = (int) d.imm;
            first = order & 3;
            second = order >> 2 & 3;
            third = order >> 4 & 3;
            fourth = order >> 6 & 3;
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] = pick(lo, hi, first) | pick(lo, hi, second) << 32;
            x[dst + 1] = pick(lo, hi, third) | pick(lo, hi, fourth) << 32;
        }

        private static long pick(long lo, long hi, int n) {
            return (n < 2 ? lo : hi) >>> 32 * (n & 1) & 0xffff_ffffL;
        }
    }

    /** PMOVMSKB. */
    static final class MoveMaskB extends SseInsn {
        MoveMaskB(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            c.r[reg] = LaneMoves.signMaskB(x[src]) | LaneMoves.signMaskB(x[src + 1]) << 8;
        }
    }
}
