package org.jvisor.emulator;

import java.util.function.LongBinaryOperator;
import org.jvisor.emulator.math.WideLanes;

/** Packed integer instructions (and bitwise ones on floats) on XMM registers. */
final class XmmInteger {
    private XmmInteger() {}

    /** An instruction whose source is 16 bytes, aligned if in memory. */
    abstract static class Wide extends SseInsn {
        Wide(Decoded d) {
            super(d);
        }

        @Override
        final void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            if (mod == 3) {
                apply(c, x, x[src], x[src + 1]);
            } else {
                long a = aligned(c);
                apply(c, x, c.mem.read64(a), c.mem.read64(a + 8));
            }
        }

        /** Replaces the destination. */
        abstract void apply(Cpu c, long[] x, long lo, long hi);
    }

    /** Both halves alike. */
    static final class Lanes extends Wide {
        private final LongBinaryOperator op;

        Lanes(Decoded d, LongBinaryOperator op) {
            super(d);
            this.op = op;
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] = op.applyAsLong(x[dst], lo);
            x[dst + 1] = op.applyAsLong(x[dst + 1], hi);
        }
    }

    /** Each operand gives one half of the result: packs and sums of neighbours. */
    static final class Pairwise extends Wide {
        private final LongBinaryOperator op;

        Pairwise(Decoded d, LongBinaryOperator op) {
            super(d);
            this.op = op;
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] = op.applyAsLong(x[dst], x[dst + 1]);
            x[dst + 1] = op.applyAsLong(lo, hi);
        }
    }

    /** Interleaves the low or the high halves. */
    static final class Unpack extends Wide {
        private final LongBinaryOperator low;
        private final LongBinaryOperator high;
        private final int half;

        Unpack(Decoded d, LongBinaryOperator low, LongBinaryOperator high, int half) {
            super(d);
            this.low = low;
            this.high = high;
            this.half = half;
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            long a = x[dst + half];
            long b = half == 0 ? lo : hi;
            x[dst] = low.applyAsLong(a, b);
            x[dst + 1] = high.applyAsLong(a, b);
        }
    }

    /** Anything else, by a function. */
    static final class General extends Wide {
        private final WideLanes.Op op;
        private final int control;

        General(Decoded d, WideLanes.Op op) {
            super(d);
            this.op = op;
            control = (int) d.imm & 0xff;
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            op.apply(x, dst, lo, hi, control);
        }
    }

    /** As {@link General} with a source of 2, 4 or 8 bytes: PMOVSX and PMOVZX. */
    static final class Widen extends SseInsn {
        private final WideLanes.Op op;

        Widen(Decoded d, WideLanes.Op op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long value = mod == 3 ? c.sse.xmm[src] : c.mem.read(ea(c), memSize);
            op.apply(c.sse.xmm, dst, value, 0, 0);
        }
    }

    /** Shifts by a register or memory: the low 64 bits are the count. */
    static final class Shift extends Wide {
        private final LongBinaryOperator op;

        Shift(Decoded d, LongBinaryOperator op) {
            super(d);
            this.op = op;
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            x[dst] = op.applyAsLong(x[dst], lo);
            x[dst + 1] = op.applyAsLong(x[dst + 1], lo);
        }
    }

    /** Shifts by an immediate. */
    static final class ShiftImmediate extends SseInsn {
        private final LongBinaryOperator op;

        ShiftImmediate(Decoded d, LongBinaryOperator op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            x[src] = op.applyAsLong(x[src], imm & 0xff);
            x[src + 1] = op.applyAsLong(x[src + 1], imm & 0xff);
        }
    }

    /** PSLLDQ and PSRLDQ. */
    static final class ShiftBytes extends SseInsn {
        private final WideLanes.Op op;

        ShiftBytes(Decoded d, WideLanes.Op op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            op.apply(c.sse.xmm, src, 0, 0, (int) imm & 0xff);
        }
    }
}
