package org.jvisor.emulator;

import java.util.function.LongBinaryOperator;

/** The MMX instructions, those added by SSE, SSE2 and SSSE3 included. */
final class MmxOps {
    private MmxOps() {}

    /** Anything from two MMX operands to one. */
    static final class Lanes extends MmxInsn {
        private final LongBinaryOperator op;

        Lanes(Decoded d, LongBinaryOperator op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long b = source64(c);
            write(c, dst, op.applyAsLong(c.fpu.sig[dst], b));
        }
    }

    /** PUNPCKL: reads only 4 bytes of memory. */
    static final class UnpackLow extends MmxInsn {
        private final LongBinaryOperator op;

        UnpackLow(Decoded d, LongBinaryOperator op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long b = mod == 3 ? c.fpu.sig[src] : c.mem.read32(ea(c));
            write(c, dst, op.applyAsLong(c.fpu.sig[dst], b));
        }
    }

    /** With an immediate. */
    @FunctionalInterface
    interface Ternary {
        /** The result. */
        long apply(long a, long b, int imm);
    }

    /** PSHUFW and PALIGNR. */
    static final class Immediate extends MmxInsn {
        private final Ternary op;

        Immediate(Decoded d, Ternary op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long b = source64(c);
            write(c, dst, op.apply(c.fpu.sig[dst], b, (int) imm & 0xff));
        }
    }

    /** Shifts by an immediate. */
    static final class ShiftImmediate extends MmxInsn {
        private final LongBinaryOperator op;

        ShiftImmediate(Decoded d, LongBinaryOperator op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            write(c, src, op.applyAsLong(c.fpu.sig[src], imm & 0xff));
        }
    }

    /** MOVQ from a register or memory. */
    static final class Load extends MmxInsn {
        Load(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            write(c, dst, source64(c));
        }
    }

    /** MOVQ to a register or memory, MOVNTQ. */
    static final class Store extends MmxInsn {
        Store(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long value = c.fpu.sig[dst];
            if (mod == 3) {
                write(c, src, value);
            } else {
                c.fpu.top = 0; // even if the store faults
                c.mem.write64(ea(c), value);
                c.fpu.enterMmx();
            }
        }
    }

    /** MOVD and MOVQ from a general register or memory. */
    static final class FromGeneral extends MmxInsn {
        private final int size;

        FromGeneral(Decoded d) {
            super(d);
            size = d.rexW() ? 8 : 4;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            write(c, dst, readE(c, size));
        }
    }

    /** MOVD and MOVQ to a general register or memory. */
    static final class ToGeneral extends MmxInsn {
        private final int size;

        ToGeneral(Decoded d) {
            super(d);
            size = d.rexW() ? 8 : 4;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.fpu.top = 0; // even if the store faults
            writeE(c, size, c.fpu.sig[dst]);
            c.fpu.enterMmx();
        }
    }

    /** PINSRW. */
    static final class InsertW extends MmxInsn {
        InsertW(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long value = mod == 3 ? c.r[rm] : c.mem.read16(ea(c));
            int shift = 16 * ((int) imm & 3);
            long a = c.fpu.sig[dst];
            write(c, dst, a & ~(0xffffL << shift) | (value & 0xffff) << shift);
        }
    }

    /** Something of an MMX register to a general one: PEXTRW, PMOVMSKB. */
    static final class ToRegister extends MmxInsn {
        private final LongBinaryOperator op;

        ToRegister(Decoded d, LongBinaryOperator op) {
            super(d);
            this.op = op;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.r[reg] = op.applyAsLong(c.fpu.sig[src], imm);
            c.fpu.enterMmx();
        }
    }

    /** MASKMOVQ. */
    static final class MaskMove extends MmxInsn {
        private final int segment;

        MaskMove(Decoded d) {
            super(d);
            segment = MaskedStore.segment(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] mm = c.fpu.sig;
            c.fpu.enterMmx(); // even if the store faults
            MaskedStore.store(this, c, segment, mm[dst], mm[src], 0, 0, 8);
        }
    }

    /** EMMS: all registers become empty. */
    static final class Emms extends MmxInsn {
        Emms(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.fpu.top = 0;
            c.fpu.full = 0;
        }
    }
}
