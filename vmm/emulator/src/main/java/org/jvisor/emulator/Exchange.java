package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RDX;

/**
 * XCHG, XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B. Without LOCK all but XCHG are two accesses that
 * other CPUs may come between.
 */
final class Exchange {
    private Exchange() {}

    /** XCHG Ex,Gx; atomic with memory even without LOCK. */
    static final class Swap extends Insn {
        private final int size;

        Swap(Decoded d) {
            super(d);
            size = d.size(0);
        }

        @Override
        void exec(Cpu c) {
            long b = c.reg(reg, size);
            if (mod == 3) {
                long a = c.reg(rm, size);
                c.setReg(rm, size, b);
                c.setReg(reg, size, a);
                return;
            }
            c.setReg(reg, size, Atomics.exchange(c, ea(c), b, size));
        }
    }

    /** XCHG Zv,rAX. */
    static final class SwapAccumulator extends Insn {
        SwapAccumulator(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long a = c.reg(RAX, opSize);
            c.setReg(RAX, opSize, c.reg(rm, opSize));
            c.setReg(rm, opSize, a);
        }
    }

    /** XADD. */
    static final class Add extends Insn {
        private final int size;

        Add(Decoded d) {
            super(d);
            size = d.size(0);
        }

        @Override
        void exec(Cpu c) {
            long b = c.reg(reg, size);
            if (mod == 3) {
                long a = c.reg(rm, size);
                c.setReg(reg, size, a);
                c.setReg(rm, size, Alu.add(c, a, b, 0, size));
                return;
            }
            long at = ea(c);
            long a;
            if (lock) {
                a = Atomics.add(c, at, b, size);
                Alu.add(c, a, b, 0, size);
            } else {
                a = c.mem.readRmw(at, size);
                c.mem.write(at, size, Alu.add(c, a, b, 0, size));
            }
            c.setReg(reg, size, a);
        }
    }

    /** CMPXCHG. */
    static final class Compare extends Insn {
        private final int size;

        Compare(Decoded d) {
            super(d);
            size = d.size(0);
        }

        @Override
        void exec(Cpu c) {
            long b = c.reg(reg, size);
            long accumulator = c.reg(RAX, size);
            if (mod == 3) {
                long a = c.reg(rm, size);
                Alu.sub(c, accumulator, a, 0, size);
                if (a == accumulator) {
                    c.setReg(rm, size, b);
                } else {
                    c.setReg(RAX, size, a);
                }
                return;
            }
            long at = ea(c);
            long a;
            if (lock) {
                a = Atomics.compareExchange(c, at, accumulator, b, size);
            } else {
                a = c.mem.readRmw(at, size);
                c.mem.write(at, size, a == accumulator ? b : a); // it always writes
            }
            Alu.sub(c, accumulator, a, 0, size);
            if (a != accumulator) {
                c.setReg(RAX, size, a);
            }
        }
    }

    /** CMPXCHG8B, or CMPXCHG16B with REX.W. */
    static final class CompareWide extends Insn {
        private CompareWide(Decoded d) {
            super(d);
        }

        static Insn make(Decoded d) {
            d.memSize = d.opSize == 8 ? 16 : 8; // 66 changes nothing
            return new CompareWide(d);
        }

        @Override
        void exec(Cpu c) {
            boolean equal = opSize == 8 ? exchange16(c, ea(c)) : exchange8(c, ea(c));
            int flags = Flags.arithmetic(c);
            Flags.set(c, equal ? flags | Cpu.ZF : flags & ~Cpu.ZF);
        }

        private static boolean exchange8(Cpu c, long at) {
            long expected = pair(c, RDX, RAX);
            long old = Atomics.compareExchange(c, at, expected, pair(c, RCX, RBX), 8);
            if (old != expected) {
                c.r[RAX] = old & 0xffff_ffffL;
                c.r[RDX] = old >>> 32;
            }
            return old == expected;
        }

        private static long pair(Cpu c, int high, int low) {
            return c.r[high] << 32 | c.r[low] & 0xffff_ffffL;
        }

        private boolean exchange16(Cpu c, long at) {
            if ((at & 15) != 0) {
                throw c.gp();
            }
            long[] r = c.r;
            if (lock) {
                boolean equal = Atomics.compareExchange16(c, at, r[RAX], r[RDX], r[RBX], r[RCX]);
                r[RAX] = c.wide.low;
                r[RDX] = c.wide.high;
                return equal;
            }
            c.mem.checkWrite(at, 16);
            long low = c.mem.readRmw64(at);
            long high = c.mem.readRmw64(at + 8);
            boolean equal = low == r[RAX] && high == r[RDX];
            c.mem.write64(at, equal ? r[RBX] : low);
            c.mem.write64(at + 8, equal ? r[RCX] : high);
            r[RAX] = low;
            r[RDX] = high;
            return equal;
        }
    }
}
