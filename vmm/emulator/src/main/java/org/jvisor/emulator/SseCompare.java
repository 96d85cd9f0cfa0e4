package org.jvisor.emulator;

import org.jvisor.emulator.math.SseFloat;

/** CMPcc, COMIS, UCOMIS and PTEST. */
final class SseCompare {
    private SseCompare() {}

    /** Sets the flags of COMISS and the like. */
    private static void order(Cpu c, int order) {
        int flags =
                switch (order) {
                    case SseFloat.UNORDERED -> Cpu.ZF | Cpu.PF | Cpu.CF;
                    case SseFloat.LESS -> Cpu.CF;
                    case SseFloat.EQUAL -> Cpu.ZF;
                    default -> 0;
                };
        Flags.set(c, flags);
    }

    /** UCOMISD and COMISD. */
    static final class ComiSd extends SseInsn {
        private final boolean quiet;

        ComiSd(Decoded d, boolean quiet) {
            super(d);
            this.quiet = quiet;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long b = source64(c);
            f.flags = 0;
            int order = f.compare(sse.xmm[dst], b, quiet);
            if (f.flags != 0) {
                sse.commit(c);
            }
            order(c, order);
        }
    }

    /** UCOMISS and COMISS. */
    static final class ComiSs extends SseInsn {
        private final boolean quiet;

        ComiSs(Decoded d, boolean quiet) {
            super(d);
            this.quiet = quiet;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            int b = source32(c);
            f.flags = 0;
            int order = f.compare((int) sse.xmm[dst], b, quiet);
            if (f.flags != 0) {
                sse.commit(c);
            }
            order(c, order);
        }
    }

    /** CMPSD (the SSE2 one). */
    static final class CmpSd extends SseInsn {
        CmpSd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long b = source64(c);
            f.flags = 0;
            boolean holds = f.test((int) imm & 7, sse.xmm[dst], b, 53);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = holds ? -1 : 0;
        }
    }

    /** CMPSS. */
    static final class CmpSs extends SseInsn {
        CmpSs(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long b = source32(c) & 0xffff_ffffL;
            long a = sse.xmm[dst];
            f.flags = 0;
            boolean holds = f.test((int) imm & 7, a & 0xffff_ffffL, b, 24);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = a & ~0xffff_ffffL | (holds ? 0xffff_ffffL : 0);
        }
    }

    /** CMPPD. */
    static final class CmpPd extends SseArith.Packed {
        private final int predicate;

        CmpPd(Decoded d) {
            super(d);
            predicate = (int) d.imm & 7;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return f.test(predicate, a0, b0, 53) ? -1 : 0;
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return f.test(predicate, a1, b1, 53) ? -1 : 0;
        }
    }

    /** CMPPS. */
    static final class CmpPs extends SseArith.Packed {
        private final int predicate;

        CmpPs(Decoded d) {
            super(d);
            predicate = (int) d.imm & 7;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return both(f, a0, b0);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return both(f, a1, b1);
        }

        private long both(SseFloat f, long a, long b) {
            boolean low = f.test(predicate, a & 0xffff_ffffL, b & 0xffff_ffffL, 24);
            boolean high = f.test(predicate, a >>> 32, b >>> 32, 24);
            return (low ? 0xffff_ffffL : 0) | (high ? -1L << 32 : 0);
        }
    }

    /** PTEST. */
    static final class PTest extends XmmInteger.Wide {
        PTest(Decoded d) {
            super(d);
        }

        @Override
        void apply(Cpu c, long[] x, long lo, long hi) {
            boolean zero = (x[dst] & lo | x[dst + 1] & hi) == 0;
            boolean carry = (~x[dst] & lo | ~x[dst + 1] & hi) == 0;
            Flags.set(c, (zero ? Cpu.ZF : 0) | (carry ? Cpu.CF : 0));
        }
    }
}
