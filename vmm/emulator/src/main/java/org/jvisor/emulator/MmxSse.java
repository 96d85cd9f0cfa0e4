package org.jvisor.emulator;

import org.jvisor.emulator.math.SseFloat;

/** Instructions with one MMX and one XMM operand. */
final class MmxSse {
    private MmxSse() {}

    /** MOVQ2DQ. */
    static final class ToXmm extends MmxInsn {
        ToXmm(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            SseInsn.check(c);
            check(c);
            c.sse.xmm[2 * reg] = c.fpu.sig[src];
            c.sse.xmm[2 * reg + 1] = 0;
            c.fpu.enterMmx();
        }
    }

    /** MOVDQ2Q. */
    static final class FromXmm extends MmxInsn {
        FromXmm(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            SseInsn.check(c);
            check(c);
            write(c, dst, c.sse.xmm[2 * rm]);
        }
    }

    /** CVTPI2PS and CVTPI2PD: two doublewords to floats. */
    static final class FromIntegers extends MmxInsn {
        private final boolean doubles;

        FromIntegers(Decoded d, boolean doubles) {
            super(d);
            this.doubles = doubles;
        }

        @Override
        void exec(Cpu c) {
            SseInsn.check(c);
            boolean mmx = mod == 3; // from memory they leave x87 alone
            if (mmx) {
                check(c);
            }
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long n = source64(c);
            if (mmx) {
                c.fpu.enterMmx(); // even if the conversion faults
            }
            f.flags = 0;
            int low = (int) n;
            long r0 = doubles ? f.fromLong(low) : SseConvert.toSingles(f, n);
            if (f.flags != 0) {
                sse.commit(c);
            }
            sse.xmm[2 * reg] = r0;
            if (doubles) {
                sse.xmm[2 * reg + 1] = f.fromLong(n >> 32);
            }
        }
    }

    /** CVTPS2PI, CVTTPS2PI, CVTPD2PI, CVTTPD2PI: floats to two doublewords. */
    static final class ToIntegers extends MmxInsn {
        private final boolean doubles;
        private final boolean truncate;

        ToIntegers(Decoded d, boolean doubles, boolean truncate) {
            super(d);
            this.doubles = doubles;
            this.truncate = truncate;
        }

        @Override
        void exec(Cpu c) {
            SseInsn.check(c);
            check(c);
            Sse sse = c.sse;
            SseFloat f = sse.math;
            long lo;
            long hi = 0;
            if (mod == 3) {
                lo = sse.xmm[2 * rm];
                hi = sse.xmm[2 * rm + 1];
            } else {
                long a = ea(c);
                if (doubles && (a & 15) != 0) {
                    throw c.gp();
                }
                lo = c.mem.read64(a);
                if (doubles) {
                    hi = c.mem.read64(a + 8);
                }
            }
            c.fpu.enterMmx(); // even if the conversion faults
            f.flags = 0;
            long r =
                    doubles
                            ? SseConvert.doubles(f, lo, hi, truncate)
                            : SseConvert.singles(f, lo, truncate);
            if (f.flags != 0) {
                sse.commit(c);
            }
            write(c, dst, r);
        }
    }
}
