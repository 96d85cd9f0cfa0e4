package org.jvisor.emulator;

import org.jvisor.emulator.math.SseFloat;

/** ADD, SUB, MUL, DIV, SQRT, MIN, MAX and their like on singles and doubles. */
final class SseArith {
    /** Operations. */
    static final int ADD = 0, SUB = 1, MUL = 2, DIV = 3, SQRT = 4, MIN = 5, MAX = 6, RCP = 7;

    /** More operations. */
    static final int RSQRT = 8;

    private SseArith() {}

    static long apply(SseFloat f, int op, long a, long b) {
        return switch (op) {
            case ADD -> f.add(a, b);
            case SUB -> f.subtract(a, b);
            case MUL -> f.multiply(a, b);
            case DIV -> f.divide(a, b);
            case SQRT -> f.squareRoot(b);
            case MIN -> f.select(false, a, b);
            default -> f.select(true, a, b);
        };
    }

    static int apply(SseFloat f, int op, int a, int b) {
        return switch (op) {
            case ADD -> f.add(a, b);
            case SUB -> f.subtract(a, b);
            case MUL -> f.multiply(a, b);
            case DIV -> f.divide(a, b);
            case SQRT -> f.squareRoot(b);
            case MIN -> f.select(false, a, b);
            case MAX -> f.select(true, a, b);
            case RCP -> SseFloat.reciprocal(b);
            default -> SseFloat.reciprocalRoot(b);
        };
    }

    /** Applies {@code op} to both singles of a long. */
    static long applyPair(SseFloat f, int op, long a, long b) {
        int low = apply(f, op, (int) a, (int) b);
        int high = apply(f, op, (int) (a >>> 32), (int) (b >>> 32));
        return low & 0xffff_ffffL | (long) high << 32;
    }

    /** The scalar double instructions but the hottest. */
    static final class Sd extends SseInsn {
        private final int op;

        Sd(Decoded d, int op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long b = source64(c);
            f.flags = 0;
            long r = apply(f, op, sse.xmm[dst], b);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = r;
        }
    }

    /** ADDSD. */
    static final class AddSd extends SseInsn {
        AddSd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long b = source64(c);
            f.flags = 0;
            long r = f.add(sse.xmm[dst], b);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = r;
        }
    }

    /** SUBSD. */
    static final class SubSd extends SseInsn {
        SubSd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long b = source64(c);
            f.flags = 0;
            long r = f.subtract(sse.xmm[dst], b);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = r;
        }
    }

    /** MULSD. */
    static final class MulSd extends SseInsn {
        MulSd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long b = source64(c);
            f.flags = 0;
            long r = f.multiply(sse.xmm[dst], b);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = r;
        }
    }

    /** DIVSD. */
    static final class DivSd extends SseInsn {
        DivSd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long b = source64(c);
            f.flags = 0;
            long r = f.divide(sse.xmm[dst], b);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = r;
        }
    }

    /** The scalar single instructions. */
    static final class Ss extends SseInsn {
        private final int op;

        Ss(Decoded d, int op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            int b = source32(c);
            long a = sse.xmm[dst];
            f.flags = 0;
            int r = apply(f, op, (int) a, b);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = a & ~0xffff_ffffL | r & 0xffff_ffffL;
        }
    }

    /** What packed float instructions have in common. */
    abstract static class Packed extends SseInsn {
        Packed(Decoded d) {
            super(d);
        }

        @Override
        final void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            long[] x = sse.xmm;
            long lo;
            long hi;
            if (mod == 3) {
                lo = x[src];
                hi = x[src + 1];
            } else {
                long a = aligned(c);
                lo = c.mem.read64(a);
                hi = c.mem.read64(a + 8);
            }
            SseFloat f = sse.math;
            f.flags = 0;
            long r0 = low(f, x[dst], x[dst + 1], lo, hi);
            long r1 = high(f, x[dst], x[dst + 1], lo, hi);
            if (f.flags != 0) {
                sse.commit(c);
            }
            x[dst] = r0;
            x[dst + 1] = r1;
        }

        /** The low half of the result. */
        abstract long low(SseFloat f, long a0, long a1, long b0, long b1);

        /** The high half of the result. */
        abstract long high(SseFloat f, long a0, long a1, long b0, long b1);
    }

    /** The packed double instructions. */
    static final class Pd extends Packed {
        private final int op;

        Pd(Decoded d, int op) {
            super(d);
            this.op = op;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return apply(f, op, a0, b0);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return apply(f, op, a1, b1);
        }
    }

    /** The packed single instructions. */
    static final class Ps extends Packed {
        private final int op;

        Ps(Decoded d, int op) {
            super(d);
            this.op = op;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return applyPair(f, op, a0, b0);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return applyPair(f, op, a1, b1);
        }
    }
}
