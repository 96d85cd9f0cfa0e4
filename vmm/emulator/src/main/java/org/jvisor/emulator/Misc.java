package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;

import java.lang.invoke.VarHandle;

/** BSWAP, MOVBE, CRC32, XLAT, BOUND, PAUSE, fences. */
final class Misc {
    private Misc() {}

    /** BSWAP; of a 16-bit register, which is undefined, gives 0 as CPUs do. */
    static final class ByteSwap extends Insn {
        ByteSwap(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            switch (opSize) {
                case 8 -> c.r[rm] = Long.reverseBytes(c.r[rm]);
                case 4 -> c.r[rm] = Integer.reverseBytes((int) c.r[rm]) & 0xffff_ffffL;
                default -> c.setReg(rm, 2, 0);
            }
        }
    }

    /** MOVBE in both directions. */
    static final class MoveBigEndian extends Insn {
        private final boolean store;

        MoveBigEndian(Decoded d) {
            super(d);
            store = d.theForm().operands.get(0).kind() == Operand.Kind.M;
        }

        @Override
        void exec(Cpu c) {
            int unused = 64 - 8 * opSize;
            if (store) {
                c.mem.write(ea(c), opSize, Long.reverseBytes(c.r[reg]) >>> unused);
            } else {
                c.setReg(reg, opSize, Long.reverseBytes(c.mem.read(ea(c), opSize)) >>> unused);
            }
        }
    }

    /** CRC32: the Castagnoli polynomial, bit-reversed. */
    static final class Crc32 extends Insn {
        private static final int[] TABLE = new int[256];

        static {
            for (int i = 0; i < 256; i++) {
                int v = i;
                for (int bit = 0; bit < 8; bit++) {
                    v = (v & 1) != 0 ? v >>> 1 ^ 0x82f6_3b78 : v >>> 1;
                }
                TABLE[i] = v;
            }
        }

        private final int size;

        Crc32(Decoded d) {
            super(d);
            size = d.size(1);
        }

        @Override
        void exec(Cpu c) {
            long data = readE(c, size);
            int crc = (int) c.r[reg];
            for (int i = 0; i < size; i++) {
                crc = crc >>> 8 ^ TABLE[(crc ^ (int) (data >>> 8 * i)) & 0xff];
            }
            c.r[reg] = crc & 0xffff_ffffL;
        }
    }

    /** XLAT. */
    static final class Translate extends Insn {
        Translate(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long offset = Alu.truncate(c.r[RBX] + c.reg8(RAX), addrSize);
            c.setReg8(RAX, c.mem.read8(Strings.linear(this, c, seg, offset, 1, false)));
        }
    }

    /** BOUND. */
    static final class Bound extends Insn {
        Bound(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long low = Alu.extend(c.mem.read(ea(c), opSize), opSize);
            long high = Alu.extend(c.mem.read(ea(c, opSize), opSize), opSize);
            long index = Alu.extend(c.r[reg], opSize);
            if (index < low || index > high) {
                throw c.fault(Cpu.BR);
            }
        }
    }

    /**
     * PAUSE: with several CPUs on one thread, whoever is waited for should run. With a thread each,
     * the host's scheduler is asked for the same from time to time: it may have more threads than
     * CPUs, and would let a spinning one use up its share.
     */
    static final class Pause extends Insn {
        /** How many make a wait that is worth giving the host's CPU away; a power of two. */
        private static final int PATIENCE = 64;

        Pause(Decoded d) {
            super(d);
        }

        @Override
        @SuppressWarnings("ThreadPriorityCheck") // a hint is all it is
        void exec(Cpu c) {
            if (c.board.rendezvous.parallel) {
                if ((++c.pauses & PATIENCE - 1) == 0) {
                    Thread.yield();
                } else {
                    Thread.onSpinWait();
                }
            } else if (c.board.cpus.length > 1) {
                c.signal(Cpu.PENDING_YIELD);
            }
        }
    }

    /** MFENCE, LFENCE, SFENCE. */
    static final class Fence extends Insn {
        Fence(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            VarHandle.fullFence();
        }
    }

    /** CLFLUSH: checks its operand as a read. */
    static final class FlushLine extends Insn {
        FlushLine(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.checkRead(ea(c), 1);
        }
    }
}
