package org.jvisor.emulator;

/** MOVZX, MOVSX, MOVSXD, CBW/CWDE/CDQE and CWD/CDQ/CQO. */
final class Extend {
    private Extend() {}

    static Insn zero8(Decoded d) {
        return d.opSize == 2
                ? new Small(d, 1, false)
                : d.memory ? new ZeroMem8(d) : new ZeroReg8(d);
    }

    static Insn zero16(Decoded d) {
        return d.opSize == 2
                ? new Small(d, 2, false)
                : d.memory ? new ZeroMem16(d) : new ZeroReg16(d);
    }

    static Insn sign8(Decoded d) {
        return d.opSize == 8 ? new Sign8(d) : new Small(d, 1, true);
    }

    static Insn sign16(Decoded d) {
        return d.opSize == 8 ? new Sign16(d) : new Small(d, 2, true);
    }

    /** MOVSXD Gv,Ed. */
    static Insn sign32(Decoded d) {
        if (d.opSize != 8) {
            return new Small(d, d.opSize, true); // a plain MOV
        }
        return d.memory ? new SignMem32(d) : new SignReg32(d);
    }

    private static final class ZeroReg8 extends Insn {
        ZeroReg8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = c.reg8(rm);
        }
    }

    private static final class ZeroMem8 extends Insn {
        ZeroMem8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = c.mem.read8(ea(c));
        }
    }

    private static final class ZeroReg16 extends Insn {
        ZeroReg16(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = c.r[rm] & 0xffff;
        }
    }

    private static final class ZeroMem16 extends Insn {
        ZeroMem16(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = c.mem.read16(ea(c));
        }
    }

    private static final class SignReg32 extends Insn {
        SignReg32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = (int) c.r[rm];
        }
    }

    private static final class SignMem32 extends Insn {
        SignMem32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = c.mem.read32(ea(c));
        }
    }

    private static final class Sign8 extends Insn {
        Sign8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = (byte) (mod == 3 ? c.reg8(rm) : c.mem.read8(ea(c)));
        }
    }

    private static final class Sign16 extends Insn {
        Sign16(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = (short) (mod == 3 ? c.r[rm] : c.mem.read16(ea(c)));
        }
    }

    /** Any sizes. */
    private static final class Small extends Insn {
        private final int from;
        private final boolean signed;

        Small(Decoded d, int from, boolean signed) {
            super(d);
            this.from = from;
            this.signed = signed;
        }

        @Override
        void exec(Cpu c) {
            long value = readE(c, from);
            c.setReg(reg, opSize, signed ? Alu.extend(value, from) : value);
        }
    }

    /** CBW, CWDE, CDQE. */
    static final class Accumulator extends Insn {
        Accumulator(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.setReg(Cpu.RAX, opSize, Alu.extend(c.r[Cpu.RAX], opSize / 2));
        }
    }

    /** CWD, CDQ, CQO. */
    static final class IntoDx extends Insn {
        IntoDx(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.setReg(Cpu.RDX, opSize, Alu.extend(c.r[Cpu.RAX], opSize) >> 63);
        }
    }
}
