package org.jvisor.emulator;

import org.jvisor.emulator.Operand.Kind;

/** OR in 32 and 64 bits; {@link AluGeneric} for the rest. */
final class Or {
    private Or() {}

    static Insn make(Decoded d) {
        Operand first = d.theForm().operands.get(0);
        Kind k = d.theForm().operands.get(1).kind();
        int size = first.bytes(d.opSize, d.rexW(), d.mode == Cpu.MODE64);
        if (d.lock || size < 4) {
            return AluGeneric.make(d, Alu.OR);
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

    private static final class RegReg32 extends Insn {
        RegReg32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[rm] = Alu.or32(c, (int) c.r[rm], (int) c.r[reg]) & 0xffff_ffffL;
        }
    }

    private static final class RegReg64 extends Insn {
        RegReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[rm] = Alu.or64(c, c.r[rm], c.r[reg]);
        }
    }

    private static final class RegImm32 extends Insn {
        RegImm32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[rm] = Alu.or32(c, (int) c.r[rm], (int) imm) & 0xffff_ffffL;
        }
    }

    private static final class RegImm64 extends Insn {
        RegImm64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[rm] = Alu.or64(c, c.r[rm], imm);
        }
    }

    private static final class RegMem32 extends Insn {
        RegMem32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = Alu.or32(c, (int) c.r[reg], c.mem.read32(ea(c))) & 0xffff_ffffL;
        }
    }

    private static final class RegMem64 extends Insn {
        RegMem64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = Alu.or64(c, c.r[reg], c.mem.read64(ea(c)));
        }
    }

    private static final class MemReg32 extends Insn {
        MemReg32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long at = ea(c);
            c.mem.write32(at, Alu.or32(c, c.mem.readRmw32(at), (int) c.r[reg]));
        }
    }

    private static final class MemReg64 extends Insn {
        MemReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long at = ea(c);
            c.mem.write64(at, Alu.or64(c, c.mem.readRmw64(at), c.r[reg]));
        }
    }

    private static final class MemImm32 extends Insn {
        MemImm32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long at = ea(c);
            c.mem.write32(at, Alu.or32(c, c.mem.readRmw32(at), (int) imm));
        }
    }

    private static final class MemImm64 extends Insn {
        MemImm64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long at = ea(c);
            c.mem.write64(at, Alu.or64(c, c.mem.readRmw64(at), imm));
        }
    }
}
