package org.jvisor.emulator;

import org.jvisor.emulator.math.SseFloat;

/** Float instructions that combine neighbours: HADD, HSUB, ADDSUB and the dot products. */
final class SseHorizontal {
    private SseHorizontal() {}

    private static long pair(int low, int high) {
        return low & 0xffff_ffffL | (long) high << 32;
    }

    /** HADDPD and HSUBPD. */
    static final class PairsPd extends SseArith.Packed {
        private final int op;

        PairsPd(Decoded d, int op) {
            super(d);
            this.op = op;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return SseArith.apply(f, op, a0, a1);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return SseArith.apply(f, op, b0, b1);
        }
    }

    /** HADDPS and HSUBPS. */
    static final class PairsPs extends SseArith.Packed {
        private final int op;

        PairsPs(Decoded d, int op) {
            super(d);
            this.op = op;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return neighbours(f, a0, a1);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return neighbours(f, b0, b1);
        }

        private long neighbours(SseFloat f, long x, long y) {
            return pair(
                    SseArith.apply(f, op, (int) x, (int) (x >>> 32)),
                    SseArith.apply(f, op, (int) y, (int) (y >>> 32)));
        }
    }

    /** ADDSUBPD. */
    static final class AddSubPd extends SseArith.Packed {
        AddSubPd(Decoded d) {
            super(d);
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return f.subtract(a0, b0);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return f.add(a1, b1);
        }
    }

    /** ADDSUBPS. */
    static final class AddSubPs extends SseArith.Packed {
        AddSubPs(Decoded d) {
            super(d);
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return alternate(f, a0, b0);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return alternate(f, a1, b1);
        }

        private static long alternate(SseFloat f, long a, long b) {
            return pair(f.subtract((int) a, (int) b), f.add((int) (a >>> 32), (int) (b >>> 32)));
        }
    }

    /** DPPD: each element adds its own product first, which tells when both are NaNs. */
    static final class DotPd extends SseArith.Packed {
        private final int control;

        DotPd(Decoded d) {
            super(d);
            control = (int) d.imm;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            long sum = f.dot(control >> 4 & 3, a0, b0, a1, b1);
            return (control & 1) != 0 ? sum : 0;
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            int set = control >> 5 & 1 | control >> 3 & 2;
            return (control & 2) != 0 ? f.dot(set, a1, b1, a0, b0) : 0;
        }
    }

    /** DPPS: as {@link SseFloat#dots} orders the sums. */
    static final class DotPs extends SseArith.Packed {
        private final int control;

        DotPs(Decoded d) {
            super(d);
            control = (int) d.imm;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return keep(control, f.dots(control >> 4 & 15, a0, b0, a1, b1));
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            int set = control >> 6 & 3 | control >> 2 & 12;
            return keep(control >> 2, f.dots(set, a1, b1, a0, b0));
        }

        private static long keep(int set, long pair) {
            return ((set & 1) != 0 ? pair & 0xffff_ffffL : 0)
                    | ((set & 2) != 0 ? pair >>> 32 << 32 : 0);
        }
    }
}
