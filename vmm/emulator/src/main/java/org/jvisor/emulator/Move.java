package org.jvisor.emulator;

/** MOV between general registers, memory and immediates. */
final class Move {
    private Move() {}

    /** MOV Ex,Gx: the destination is ModRM.rm. */
    static Insn toRm(Decoded d) {
        int size = size(d);
        if (!d.memory) {
            return register(d, size);
        }
        return switch (size) {
            case 1 -> new MemReg8(d);
            case 2 -> new MemReg16(d);
            case 4 -> new MemReg32(d);
            default -> new MemReg64(d);
        };
    }

    /** MOV Gx,Ex: the destination is ModRM.reg. */
    static Insn fromRm(Decoded d) {
        int size = size(d);
        if (!d.memory) {
            int to = d.reg;
            d.reg = d.rm;
            d.rm = to;
            return register(d, size);
        }
        return switch (size) {
            case 1 -> new RegMem8(d);
            case 2 -> new RegMem16(d);
            case 4 -> new RegMem32(d);
            default -> new RegMem64(d);
        };
    }

    /** MOV Ex,Ix and MOV Zx,Ix. */
    static Insn immediate(Decoded d) {
        int size = size(d);
        if (!d.memory) {
            return switch (size) {
                case 4 -> new RegImm32(d);
                case 8 -> new RegImm64(d);
                default -> new RegImmSmall(d, size);
            };
        }
        return switch (size) {
            case 1 -> new MemImm8(d);
            case 2 -> new MemImm16(d);
            case 4 -> new MemImm32(d);
            default -> new MemImm64(d);
        };
    }

    /** MOV rAX,Ox: reg is 0, so the same as from memory. */
    static Insn fromOffset(Decoded d) {
        d.reg = Cpu.RAX;
        return fromRm(d);
    }

    /** MOV Ox,rAX. */
    static Insn toOffset(Decoded d) {
        d.reg = Cpu.RAX;
        return toRm(d);
    }

    private static int size(Decoded d) {
        return d.theForm().operands.get(0).bytes(d.opSize, d.rexW(), d.mode == Cpu.MODE64);
    }

    private static Insn register(Decoded d, int size) {
        return switch (size) {
            case 4 -> new RegReg32(d);
            case 8 -> new RegReg64(d);
            default -> new RegRegSmall(d, size);
        };
    }

    private static final class RegReg32 extends Insn {
        RegReg32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[rm] = c.r[reg] & 0xffff_ffffL;
        }
    }

    private static final class RegReg64 extends Insn {
        RegReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[rm] = c.r[reg];
        }
    }

    private static final class RegRegSmall extends Insn {
        private final int size;

        RegRegSmall(Decoded d, int size) {
            super(d);
            this.size = size;
        }

        @Override
        void exec(Cpu c) {
            c.setReg(rm, size, c.reg(reg, size));
        }
    }

    private static final class RegImm32 extends Insn {
        RegImm32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[rm] = imm & 0xffff_ffffL;
        }
    }

    private static final class RegImm64 extends Insn {
        RegImm64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[rm] = imm;
        }
    }

    private static final class RegImmSmall extends Insn {
        private final int size;

        RegImmSmall(Decoded d, int size) {
            super(d);
            this.size = size;
        }

        @Override
        void exec(Cpu c) {
            c.setReg(rm, size, imm);
        }
    }

    private static final class RegMem8 extends Insn {
        RegMem8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.setReg8(reg, c.mem.read8(ea(c)));
        }
    }

    private static final class RegMem16 extends Insn {
        RegMem16(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.setReg(reg, 2, c.mem.read16(ea(c)));
        }
    }

    private static final class RegMem32 extends Insn {
        RegMem32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = c.mem.read32(ea(c)) & 0xffff_ffffL;
        }
    }

    private static final class RegMem64 extends Insn {
        RegMem64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = c.mem.read64(ea(c));
        }
    }

    private static final class MemReg8 extends Insn {
        MemReg8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.write8(ea(c), c.reg8(reg));
        }
    }

    private static final class MemReg16 extends Insn {
        MemReg16(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.write16(ea(c), (int) c.r[reg]);
        }
    }

    private static final class MemReg32 extends Insn {
        MemReg32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.write32(ea(c), (int) c.r[reg]);
        }
    }

    private static final class MemReg64 extends Insn {
        MemReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.write64(ea(c), c.r[reg]);
        }
    }

    private static final class MemImm8 extends Insn {
        MemImm8(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.write8(ea(c), (int) imm);
        }
    }

    private static final class MemImm16 extends Insn {
        MemImm16(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.write16(ea(c), (int) imm);
        }
    }

    private static final class MemImm32 extends Insn {
        MemImm32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.write32(ea(c), (int) imm);
        }
    }

    private static final class MemImm64 extends Insn {
        MemImm64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.mem.write64(ea(c), imm);
        }
    }
}
