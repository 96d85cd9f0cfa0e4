package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RDX;

import java.lang.invoke.VarHandle;

/**
 * XCHG, XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B. One thread runs all CPUs of a machine, so a
 * read-modify-write is atomic among them; the fence orders it against devices' threads.
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
            long at = ea(c);
            long a = c.mem.readRmw(at, size);
            c.mem.write(at, size, b);
            VarHandle.fullFence();
            c.setReg(reg, size, a);
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
            long a = c.mem.readRmw(at, size);
            c.mem.write(at, size, Alu.add(c, a, b, 0, size));
            if (lock) {
                VarHandle.fullFence();
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
            long a = c.mem.readRmw(at, size);
            c.mem.write(at, size, a == accumulator ? b : a); // it always writes
            if (lock) {
                VarHandle.fullFence();
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
            int half = opSize == 8 ? 8 : 4;
            long at = ea(c);
            if (half == 8 && (at & 15) != 0) {
                throw c.gp();
            }
            c.mem.checkWrite(at, 2 * half);
            long low = c.mem.readRmw(at, half);
            long high = c.mem.readRmw(at + half, half);
            boolean equal = low == c.reg(RAX, half) && high == c.reg(RDX, half);
            c.mem.write(at, half, equal ? c.r[RBX] : low);
            c.mem.write(at + half, half, equal ? c.r[RCX] : high);
            VarHandle.fullFence();
            if (!equal) {
                c.setReg(RAX, half, low);
                c.setReg(RDX, half, high);
            }
            int flags = Flags.arithmetic(c);
            Flags.set(c, equal ? flags | Cpu.ZF : flags & ~Cpu.ZF);
        }
    }
}
