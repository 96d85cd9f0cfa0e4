package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.RAX;

/** Instructions on RFLAGS that are no privilege's business: CLC to STD, LAHF, SAHF. */
final class FlagOps {
    private FlagOps() {}

    /** CLC, STC, CMC, CLD, STD. */
    static final class Single extends Insn {
        private final int opcode;

        Single(Decoded d) {
            super(d);
            opcode = d.opcode;
        }

        @Override
        void exec(Cpu c) {
            switch (opcode) {
                case 0xf5 -> Flags.setCarry(c, !Flags.cf(c));
                case 0xf8 -> Flags.setCarry(c, false);
                case 0xf9 -> Flags.setCarry(c, true);
                case 0xfc -> c.rflags &= ~Cpu.DF;
                default -> c.rflags |= Cpu.DF;
            }
        }
    }

    /** LAHF and SAHF. */
    static final class WithAh extends Insn {
        private final boolean load;

        WithAh(Decoded d) {
            super(d);
            load = d.opcode == 0x9f;
        }

        @Override
        void exec(Cpu c) {
            if (load) {
                c.setReg8(RAX + 32, Flags.arithmetic(c) & 0xff | 2);
            } else {
                int overflow = Flags.of(c) ? Cpu.OF : 0;
                Flags.set(c, c.reg8(RAX + 32) | overflow);
            }
        }
    }
}
