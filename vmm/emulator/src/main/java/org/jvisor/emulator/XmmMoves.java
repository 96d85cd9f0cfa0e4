package org.jvisor.emulator;

/** Moves between XMM registers and memory. */
final class XmmMoves {
    private XmmMoves() {}

    /** MOVAPS, MOVAPD, MOVDQA, MOVNTDQA and LDDQU, MOVUPS, MOVUPD, MOVDQU to a register. */
    static final class Load extends SseInsn {
        private final boolean aligned;

        Load(Decoded d, boolean aligned) {
            super(d);
            this.aligned = aligned;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            if (mod == 3) {
                x[dst] = x[src];
                x[dst + 1] = x[src + 1];
                return;
            }
            long a = aligned ? aligned(c) : ea(c);
            long low = c.mem.read64(a);
            x[dst + 1] = c.mem.read64(a + 8);
            x[dst] = low;
        }
    }

    /** The same to memory or, in the other direction of the encoding, a register. */
    static final class Store extends SseInsn {
        private final boolean aligned;

        Store(Decoded d, boolean aligned) {
            super(d);
            this.aligned = aligned;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            if (mod == 3) {
                x[src] = x[dst];
                x[src + 1] = x[dst + 1];
                return;
            }
            c.mem.write128(aligned ? aligned(c) : ea(c), x[dst], x[dst + 1]);
        }
    }

    /** MOVSS from memory or a register. */
    static final class LoadSs extends SseInsn {
        LoadSs(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            if (mod == 3) {
                x[dst] = x[dst] & ~0xffff_ffffL | x[src] & 0xffff_ffffL;
            } else {
                x[dst] = c.mem.read32(ea(c)) & 0xffff_ffffL;
                x[dst + 1] = 0;
            }
        }
    }

    /** MOVSS to memory or a register. */
    static final class StoreSs extends SseInsn {
        StoreSs(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            if (mod == 3) {
                x[src] = x[src] & ~0xffff_ffffL | x[dst] & 0xffff_ffffL;
            } else {
                c.mem.write32(ea(c), (int) x[dst]);
            }
        }
    }

    /** MOVSD from memory or a register. */
    static final class LoadSd extends SseInsn {
        LoadSd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            if (mod == 3) {
                x[dst] = x[src];
            } else {
                x[dst] = c.mem.read64(ea(c));
                x[dst + 1] = 0;
            }
        }
    }

    /** MOVSD to memory or a register; MOVLPS, MOVLPD and MOVQ to memory. */
    static final class StoreSd extends SseInsn {
        StoreSd(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            if (mod == 3) {
                x[src] = x[dst];
            } else {
                c.mem.write64(ea(c), x[dst]);
            }
        }
    }

    /** MOVQ: the upper half is cleared. */
    static final class MovQ extends SseInsn {
        private final boolean store;

        MovQ(Decoded d, boolean store) {
            super(d);
            this.store = store;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            if (!store) {
                x[dst] = source64(c);
                x[dst + 1] = 0;
            } else if (mod == 3) {
                x[src] = x[dst];
                x[src + 1] = 0;
            } else {
                c.mem.write64(ea(c), x[dst]);
            }
        }
    }

    /** MOVLPS, MOVLPD, MOVHPS and MOVHPD from memory: one half. */
    static final class LoadHalf extends SseInsn {
        private final int half;

        LoadHalf(Decoded d, int half) {
            super(d);
            this.half = half;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.sse.xmm[dst + half] = c.mem.read64(ea(c));
        }
    }

    /** MOVHPS and MOVHPD to memory. */
    static final class StoreHigh extends SseInsn {
        StoreHigh(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.mem.write64(ea(c), c.sse.xmm[dst + 1]);
        }
    }

    /** MOVDDUP. */
    static final class MovDdup extends SseInsn {
        MovDdup(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long value = source64(c);
            c.sse.xmm[dst] = value;
            c.sse.xmm[dst + 1] = value;
        }
    }

    /** MOVD and MOVQ from a general register or memory. */
    static final class FromGeneral extends SseInsn {
        private final int size;

        FromGeneral(Decoded d) {
            super(d);
            size = d.rexW() ? 8 : 4;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            c.sse.xmm[dst] = readE(c, size);
            c.sse.xmm[dst + 1] = 0;
        }
    }

    /** MOVD and MOVQ to a general register or memory. */
    static final class ToGeneral extends SseInsn {
        private final int size;

        ToGeneral(Decoded d) {
            super(d);
            size = d.rexW() ? 8 : 4;
        }

        @Override
        void exec(Cpu c) {
            check(c);
            writeE(c, size, c.sse.xmm[dst]);
        }
    }

    /** MASKMOVDQU: bytes whose mask has its top bit set go to DS:rDI. */
    static final class MaskMove extends SseInsn {
        private final int segment;

        MaskMove(Decoded d) {
            super(d);
            segment = MaskedStore.segment(d);
        }

        @Override
        void exec(Cpu c) {
            check(c);
            long[] x = c.sse.xmm;
            MaskedStore.store(this, c, segment, x[dst], x[src], x[dst + 1], x[src + 1], 16);
        }
    }
}
