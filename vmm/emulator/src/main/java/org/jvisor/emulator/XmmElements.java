package org.jvisor.emulator;

import org.jvisor.emulator.math.StringCompare;

/** Single elements in and out of XMM registers, masks of signs, string comparison, MXCSR. */
final class XmmElements {
    private XmmElements() {}

    /** Reads element {@code i} of {@code size} bytes. */
    private static long get(long[] x, int reg, int i, int size) {
        int bit = 8 * size * i;
        long half = x[reg + (bit >> 6)] >>> (bit & 63);
        return size == 8 ? half : half & (1L << 8 * size) - 1;
    }

    private static void set(long[] x, int reg, int i, int size, long value) {
        int bit = 8 * size * i;
        long mask = size == 8 ? -1L : ((1L << 8 * size) - 1) << (bit & 63);
        int at = reg + (bit >> 6);
        x[at] = x[at] & ~mask | value << (bit & 63) & mask;
    }

    /** PINSRB, PINSRW, PINSRD, PINSRQ. */
    static final class Insert extends SseInsn {
        private final int size;

        Insert(Decoded d, int size) {
            super(d);
            this.size = size;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long value = mod == 3 ? c.r[rm] : c.mem.read(ea(c), size);
            set(c.sse.xmm, dst, (int) imm & 16 / size - 1, size, value);
        }
    }

    /** PEXTRB, PEXTRW (SSE4.1), PEXTRD, PEXTRQ, EXTRACTPS: a register gets all of it. */
    static final class Extract extends SseInsn {
        private final int size;

        Extract(Decoded d, int size) {
            super(d);
            this.size = size;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long value = get(c.sse.xmm, dst, (int) imm & 16 / size - 1, size);
            if (mod == 3) {
                c.r[rm] = value;
            } else {
                c.mem.write(ea(c), size, value);
            }
        }
    }

    /** PEXTRW of SSE2: to the register in ModRM.reg. */
    static final class ExtractW extends SseInsn {
        ExtractW(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.r[reg] = get(c.sse.xmm, src, (int) imm & 7, 2);
        }
    }

    /** INSERTPS. */
    static final class InsertPs extends SseInsn {
        InsertPs(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            int control = (int) imm & 0xff;
            long value = mod == 3 ? get(x, src, control >> 6, 4) : c.mem.read32(ea(c));
            set(x, dst, control >> 4 & 3, 4, value);
            for (int i = 0; i < 4; i++) {
                if ((control & 1 << i) != 0) {
                    set(x, dst, i, 4, 0);
                }
            }
        }
    }

    /** MOVMSKPS. */
    static final class MoveMaskPs extends SseInsn {
        MoveMaskPs(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long lo = c.sse.xmm[src];
            long hi = c.sse.xmm[src + 1];
            c.r[reg] = lo >>> 31 & 1 | lo >>> 63 << 1 | (hi >>> 31 & 1) << 2 | hi >>> 63 << 3;
        }
    }

    /** MOVMSKPD. */
    static final class MoveMaskPd extends SseInsn {
        MoveMaskPd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.r[reg] = c.sse.xmm[src] >>> 63 | c.sse.xmm[src + 1] >>> 63 << 1;
        }
    }

    /** PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM. */
    static final class Strings extends SseInsn {
        private final boolean explicit;
        private final boolean toIndex;
        private final boolean wide;

        Strings(Decoded d, boolean explicit, boolean index) {
            super(d);
            this.explicit = explicit;
            this.toIndex = index;
            wide = d.rexW();
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            long lo;
            long hi;
            if (mod == 3) {
                lo = x[src];
                hi = x[src + 1];
            } else {
                long a = ea(c); // need not be aligned
                lo = c.mem.read64(a);
                hi = c.mem.read64(a + 8);
            }
            int control = (int) imm & 0xff;
            int alen =
                    explicit
                            ? length(c.r[Cpu.RAX], control)
                            : StringCompare.implicitLength(x[dst], x[dst + 1], control);
            int blen =
                    explicit
                            ? length(c.r[Cpu.RDX], control)
                            : StringCompare.implicitLength(lo, hi, control);
            int result = StringCompare.compare(x[dst], x[dst + 1], alen, lo, hi, blen, control);
            write(c, result & 0xffff, control);
            Flags.set(
                    c,
                    ((result & StringCompare.CF) != 0 ? Cpu.CF : 0)
                            | ((result & StringCompare.ZF) != 0 ? Cpu.ZF : 0)
                            | ((result & StringCompare.SF) != 0 ? Cpu.SF : 0)
                            | ((result & StringCompare.OF) != 0 ? Cpu.OF : 0));
        }

        private int length(long register, int control) {
            return StringCompare.explicitLength(wide ? register : (int) register, control);
        }

        private void write(Cpu c, int bits, int control) {
            int size = (control & 1) != 0 ? 2 : 1;
            if (toIndex) {
                boolean last = (control & 0x40) != 0;
                c.r[Cpu.RCX] =
                        bits == 0
                                ? 16 / size
                                : last
                                        ? 31 - Integer.numberOfLeadingZeros(bits)
                                        : Integer.numberOfTrailingZeros(bits);
                return;
            }
            long[] x = c.sse.xmm;
            x[0] = (control & 0x40) != 0 ? 0 : bits;
            x[1] = 0;
            if ((control & 0x40) != 0) {
                for (int i = 0; i < 16 / size; i++) {
                    set(x, 0, i, size, (bits & 1 << i) != 0 ? -1 : 0);
                }
            }
        }
    }

    /** LDMXCSR. */
    static final class LdMxcsr extends SseInsn {
        LdMxcsr(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            int value = c.mem.read32(ea(c));
            if ((value & ~Sse.MXCSR_MASK) != 0) {
                throw c.gp();
            }
            c.sse.setMxcsr(value);
        }
    }

    /** STMXCSR. */
    static final class StMxcsr extends SseInsn {
        StMxcsr(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.mem.write32(ea(c), c.sse.mxcsr);
        }
    }
}
