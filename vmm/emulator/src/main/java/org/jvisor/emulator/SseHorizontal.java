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
            long sum = sum(f, product(f, 0, a0, b0), product(f, 1, a1, b1));
            return (control & 1) != 0 ? sum : 0;
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return (control & 2) != 0 ? sum(f, product(f, 1, a1, b1), product(f, 0, a0, b0)) : 0;
        }

        private long product(SseFloat f, int i, long a, long b) {
            return (control & 0x10 << i) != 0 ? f.multiply(a, b) : 0;
        }

        /** Each step ends the instruction if it raised an unmasked exception. */
        private static long sum(SseFloat f, long a, long b) {
            return f.allMasked(f.flags) ? f.add(a, b) : 0;
        }
    }

    /**
     * DPPS. The architecture leaves open in which order the products are added; it shows when
     * several are NaNs, and here is as processors do it: element i adds product i xor 1 to product
     * i of its own half, and then the other half's sum, made alike.
     */
    static final class DotPs extends SseArith.Packed {
        private final int control;

        DotPs(Decoded d) {
            super(d);
            control = (int) d.imm;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return elements(f, control & 3, a0, a1, b0, b1, 0, 2);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return elements(f, control >> 2 & 3, a1, a0, b1, b0, 2, 0);
        }

        /** Two elements; {@code own} and {@code other} are the numbers of the halves' products. */
        private long elements(
                SseFloat f, int set, long a0, long a1, long b0, long b1, int own, int other) {
            int p0 = product(f, own, (int) a0, (int) b0);
            int p1 = product(f, own + 1, (int) (a0 >>> 32), (int) (b0 >>> 32));
            int p2 = product(f, other, (int) a1, (int) b1);
            int p3 = product(f, other + 1, (int) (a1 >>> 32), (int) (b1 >>> 32));
            int even = sum(f, sum(f, p1, p0), sum(f, p3, p2));
            int odd = sum(f, sum(f, p0, p1), sum(f, p2, p3));
            return pair((set & 1) != 0 ? even : 0, (set & 2) != 0 ? odd : 0);
        }

        private int product(SseFloat f, int i, int a, int b) {
            return (control & 0x10 << i) != 0 ? f.multiply(a, b) : 0;
        }

        /** Each step ends the instruction if it raised an unmasked exception. */
        private static int sum(SseFloat f, int a, int b) {
            return f.allMasked(f.flags) ? f.add(a, b) : 0;
        }
    }
}
