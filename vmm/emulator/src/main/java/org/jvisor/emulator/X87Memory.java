package org.jvisor.emulator;

import org.jvisor.emulator.math.FloatCore;
import org.jvisor.emulator.math.X87Functions;

/** FLD, FILD, FBLD, FST, FIST, FISTTP, FBSTP: between the stack and memory. */
final class X87Memory {
    /** Formats in memory: floating point of 32, 64 and 80 bits, integers, packed BCD. */
    static final int M32 = 0, M64 = 1, M80 = 2, I16 = 3, I32 = 4, I64 = 5, BCD = 6;

    private X87Memory() {}

    /** Pushes a value from memory. */
    static final class Load extends X87Insn {
        private final int kind;

        Load(Decoded d, int kind) {
            super(d);
            this.kind = kind;
        }

        @Override
        void run(Cpu c, Fpu f) {
            X87Functions m = f.math;
            long a = ea(c);
            long low;
            int high = 0;
            if (memSize == 10) {
                low = c.mem.read64(a);
                high = c.mem.read16(a + 8);
            } else {
                low = c.mem.read(a, memSize);
            }
            f.begin();
            if (!f.empty(7)) {
                if (f.stackFault(true)) {
                    f.pushDefaultNan();
                }
                return;
            }
            switch (kind) {
                case M32 -> m.fromFloat((int) low);
                case M64 -> m.fromDouble(low);
                case I16 -> m.fromLong(low << 48 >> 48);
                case I32 -> m.fromLong(low << 32 >> 32);
                case I64 -> m.fromLong(low);
                case BCD -> m.fromBcd(low, high);
                default -> {
                    f.push(high, low);
                    return;
                }
            }
            // A denormal is loaded even with DE unmasked; a signalling NaN is not with IE unmasked.
            if (f.commit() || m.allMasked(FloatCore.IE)) {
                f.push(m.se, m.sig);
            }
        }
    }

    /** Stores ST(0), possibly popping it. */
    static final class Store extends X87Insn {
        private final int kind;
        private final boolean pop;
        private final boolean truncate;

        Store(Decoded d, int kind, boolean pop, boolean truncate) {
            super(d);
            this.kind = kind;
            this.pop = pop;
            this.truncate = truncate;
        }

        @Override
        void run(Cpu c, Fpu f) {
            X87Functions m = f.math;
            long a = ea(c);
            int before = f.fsw;
            f.begin();
            int se = 0xffff;
            long sig = 0xc000_0000_0000_0000L;
            if (f.empty(0)) {
                if (!f.stackFault(false)) {
                    return;
                }
            } else {
                se = f.se[f.top];
                sig = f.sig[f.top];
            }
            boolean missing = f.empty(0);
            long bits = convert(m, se, sig);
            if (missing) {
                m.flags = 0;
            } else {
                f.commit();
                if (!m.allMasked(FloatCore.IE | FloatCore.OE | FloatCore.UE)) {
                    return; // memory is not touched
                }
            }
            // Nothing may have changed if the store faults.
            int after = f.fsw;
            f.fsw = before;
            c.mem.checkWrite(a, memSize);
            f.fsw = after;
            switch (memSize) {
                case 2 -> c.mem.write16(a, (int) bits);
                case 4 -> c.mem.write32(a, (int) bits);
                case 8 -> c.mem.write64(a, bits);
                default -> {
                    c.mem.write64(a, bits);
                    c.mem.write16(a + 8, kind == BCD ? m.bcdHigh : se);
                }
            }
            if (pop) {
                f.pop();
            }
        }

        private long convert(X87Functions m, int se, long sig) {
            return switch (kind) {
                case M32 -> m.toFloat(se, sig);
                case M64 -> m.toDouble(se, sig);
                case I16 -> m.toInteger(se, sig, 16, truncate);
                case I32 -> m.toInteger(se, sig, 32, truncate);
                case I64 -> m.toInteger(se, sig, 64, truncate);
                case BCD -> m.toBcd(se, sig);
                default -> sig;
            };
        }
    }
}
