package org.jvisor.emulator;

import org.jvisor.emulator.Operand.Kind;

/** CMP in 8, 32 and 64 bits; {@link AluGeneric} for the rest. */
final class Cmp {
    private Cmp() {}

    static Insn make(Decoded d) {
        Operand first = d.theForm().operands.get(0);
        Kind k = d.theForm().operands.get(1).kind();
        int size = first.bytes(d.opSize, d.rexW(), d.mode == Cpu.MODE64);
        if (size == 1) {
            if (k == Kind.I) {
                return d.memory ? new MemImm8(d) : new RegImm8(d);
            }
            if (d.theForm().operands.get(0).kind() == Kind.E) {
                return d.memory ? new MemReg8(d) : new RegReg8(d);
            }
        }
        if (size < 4) {
            return AluGeneric.make(d, Alu.CMP);
        }
        boolean wide = size == 8;
        if (first.kind() == Kind.G) {
            if (d.memory) {
                return wide ? new RegMem64(d) : new RegMem32(d);
            }
            int to = d.reg; // the same as the other direction with the registers exchanged
            d.reg = d.rm;
            d.rm = to;
        }
        if (k == Kind.I) {
            return d.memory
                    ? wide ? new MemImm64(d) : new MemImm32(d)
                    : wide ? new RegImm64(d) : new RegImm32(d);
        }
        return d.memory
                ? wide ? new MemReg64(d) : new MemReg32(d)
                : wide ? new RegReg64(d) : new RegReg32(d);
    }

    private static final class RegReg8 extends Insn {
        RegReg8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub(c, c.reg8(rm), c.reg8(reg), 0, 1);
        }
    }

    private static final class RegImm8 extends Insn {
        RegImm8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub(c, c.reg8(rm), imm, 0, 1);
        }
    }

    private static final class MemReg8 extends Insn {
        MemReg8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub(c, c.mem.read8(ea(c)), c.reg8(reg), 0, 1);
        }
    }

    private static final class MemImm8 extends Insn {
        MemImm8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub(c, c.mem.read8(ea(c)), imm, 0, 1);
        }
    }

    private static final class RegReg32 extends Insn {
        RegReg32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub32(c, (int) c.r[rm], (int) c.r[reg]);
        }
    }

    private static final class RegReg64 extends Insn {
        RegReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub64(c, c.r[rm], c.r[reg]);
        }
    }

    private static final class RegImm32 extends Insn {
        RegImm32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub32(c, (int) c.r[rm], (int) imm);
        }
    }

    private static final class RegImm64 extends Insn {
        RegImm64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub64(c, c.r[rm], imm);
        }
    }

    private static final class RegMem32 extends Insn {
        RegMem32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub32(c, (int) c.r[reg], c.mem.read32(ea(c)));
        }
    }

    private static final class RegMem64 extends Insn {
        RegMem64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub64(c, c.r[reg], c.mem.read64(ea(c)));
        }
    }

    private static final class MemReg32 extends Insn {
        MemReg32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub32(c, c.mem.read32(ea(c)), (int) c.r[reg]);
        }
    }

    private static final class MemReg64 extends Insn {
        MemReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub64(c, c.mem.read64(ea(c)), c.r[reg]);
        }
    }

    private static final class MemImm32 extends Insn {
        MemImm32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub32(c, c.mem.read32(ea(c)), (int) imm);
        }
    }

    private static final class MemImm64 extends Insn {
        MemImm64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Alu.sub64(c, c.mem.read64(ea(c)), imm);
        }
    }
}
