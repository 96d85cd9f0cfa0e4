package org.jvisor.emulator;

import org.jvisor.emulator.math.SseFloat;

/** Conversions between integers, singles and doubles in XMM and general registers. */
final class SseConvert {
    private SseConvert() {}

    private static long pair(int low, int high) {
        return low & 0xffff_ffffL | (long) high << 32;
    }

    /** CVTSI2SD. */
    static final class IntToSd extends SseInsn {
        private final int size;

        IntToSd(Decoded d) {
            super(d);
            size = d.rexW() ? 8 : 4;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            long n = readE(c, size);
            sse.math.flags = 0;
            long r = sse.math.fromLong(size == 8 ? n : (int) n);
            if (sse.math.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = r;
        }
    }

    /** CVTSI2SS. */
    static final class IntToSs extends SseInsn {
        private final int size;

        IntToSs(Decoded d) {
            super(d);
            size = d.rexW() ? 8 : 4;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            long n = readE(c, size);
            sse.math.flags = 0;
            long r = sse.math.fromInteger(size == 8 ? n : (int) n, 24);
            if (sse.math.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = sse.xmm[dst] & ~0xffff_ffffL | r;
        }
    }

    /** CVTSD2SI and CVTTSD2SI. */
    static final class SdToInt extends SseInsn {
        private final int size;
        private final boolean truncate;

        SdToInt(Decoded d, boolean truncate) {
            super(d);
            size = d.rexW() ? 8 : 4;
            this.truncate = truncate;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            long a = source64(c);
            sse.math.flags = 0;
            long n = sse.math.toInteger(a, 8 * size, truncate);
            if (sse.math.flags != 0) {
                sse.commit(c);
            }
            c.r[reg] = size == 8 ? n : n & 0xffff_ffffL;
        }
    }

    /** CVTSS2SI and CVTTSS2SI. */
    static final class SsToInt extends SseInsn {
        private final int size;
        private final boolean truncate;

        SsToInt(Decoded d, boolean truncate) {
            super(d);
            size = d.rexW() ? 8 : 4;
            this.truncate = truncate;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            long a = source32(c) & 0xffff_ffffL;
            sse.math.flags = 0;
            long n = sse.math.toInteger(a, 24, 8 * size, truncate);
            if (sse.math.flags != 0) {
                sse.commit(c);
            }
            c.r[reg] = size == 8 ? n : n & 0xffff_ffffL;
        }
    }

    /** CVTSD2SS. */
    static final class SdToSs extends SseInsn {
        SdToSs(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            long a = source64(c);
            sse.math.flags = 0;
            int r = sse.math.toSingle(a);
            if (sse.math.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = sse.xmm[dst] & ~0xffff_ffffL | r & 0xffff_ffffL;
        }
    }

    /** CVTSS2SD. */
    static final class SsToSd extends SseInsn {
        SsToSd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            int a = source32(c);
            sse.math.flags = 0;
            long r = sse.math.toDouble(a);
            if (sse.math.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = r;
        }
    }

    /** CVTPS2PD and CVTDQ2PD: 8 bytes become 16. */
    static final class Widen extends SseInsn {
        private final boolean integers;

        Widen(Decoded d, boolean integers) {
            super(d);
            this.integers = integers;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long a = source64(c);
            f.flags = 0;
            int low = (int) a;
            int high = (int) (a >>> 32);
            long r0 = integers ? f.fromLong(low) : f.toDouble(low);
            long r1 = integers ? f.fromLong(high) : f.toDouble(high);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = r0;
            sse.xmm[dst + 1] = r1;
        }
    }

    /** CVTPD2PS. */
    static final class PdToPs extends SseArith.Packed {
        PdToPs(Decoded d) {
            super(d);
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return pair(f.toSingle(b0), f.toSingle(b1));
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return 0;
        }
    }

    /** CVTPD2DQ and CVTTPD2DQ. */
    static final class PdToInt extends SseArith.Packed {
        private final boolean truncate;

        PdToInt(Decoded d, boolean truncate) {
            super(d);
            this.truncate = truncate;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return doubles(f, b0, b1, truncate);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return 0;
        }
    }

    /** Two doubles to two doublewords. */
    static long doubles(SseFloat f, long low, long high, boolean truncate) {
        return pair((int) f.toInteger(low, 32, truncate), (int) f.toInteger(high, 32, truncate));
    }

    /** Two singles to two doublewords. */
    static long singles(SseFloat f, long a, boolean truncate) {
        return pair(
                (int) f.toInteger(a & 0xffff_ffffL, 24, 32, truncate),
                (int) f.toInteger(a >>> 32, 24, 32, truncate));
    }

    /** Two doublewords to two singles. */
    static long toSingles(SseFloat f, long a) {
        int low = (int) a;
        return pair((int) f.fromInteger(low, 24), (int) f.fromInteger(a >> 32, 24));
    }

    /** CVTPS2DQ and CVTTPS2DQ. */
    static final class PsToInt extends SseArith.Packed {
        private final boolean truncate;

        PsToInt(Decoded d, boolean truncate) {
            super(d);
            this.truncate = truncate;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return singles(f, b0, truncate);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return singles(f, b1, truncate);
        }
    }

    /** CVTDQ2PS. */
    static final class IntToPs extends SseArith.Packed {
        IntToPs(Decoded d) {
            super(d);
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return toSingles(f, b0);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return toSingles(f, b1);
        }
    }

    /** ROUNDPD. */
    static final class RoundPd extends SseArith.Packed {
        private final int control;

        RoundPd(Decoded d) {
            super(d);
            control = (int) d.imm & 15;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return f.roundToInteger(b0, 53, control);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return f.roundToInteger(b1, 53, control);
        }
    }

    /** ROUNDPS. */
    static final class RoundPs extends SseArith.Packed {
        private final int control;

        RoundPs(Decoded d) {
            super(d);
            control = (int) d.imm & 15;
        }

        @Override
        long low(SseFloat f, long a0, long a1, long b0, long b1) {
            return both(f, b0);
        }

        @Override
        long high(SseFloat f, long a0, long a1, long b0, long b1) {
            return both(f, b1);
        }

        private long both(SseFloat f, long b) {
            return f.roundToInteger(b & 0xffff_ffffL, 24, control)
                    | f.roundToInteger(b >>> 32, 24, control) << 32;
        }
    }

    /** ROUNDSD and ROUNDSS. */
    static final class RoundScalar extends SseInsn {
        private final boolean single;

        RoundScalar(Decoded d, boolean single) {
            super(d);
            this.single = single;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            Sse sse = c.sse;
            long a = single ? source32(c) & 0xffff_ffffL : source64(c);
            sse.math.flags = 0;
            long r = sse.math.roundToInteger(a, single ? 24 : 53, (int) imm & 15);
            if (sse.math.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[dst] = single ? sse.xmm[dst] & ~0xffff_ffffL | r : r;
        }
    }
}
