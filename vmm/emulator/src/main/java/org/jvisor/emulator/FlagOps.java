package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.RAX;

/** Instructions on RFLAGS: CLC to STD, CLI, STI, LAHF, SAHF, PUSHF, POPF. */
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

    private static int iopl(Cpu c) {
        return c.rflags >> 12 & 3;
    }

    /** CLI and STI (SDM 2A: the table of CLI), with VME and PVI. */
    static final class Interrupts extends Insn {
        private final boolean set;

        Interrupts(Decoded d) {
            super(d);
            set = d.opcode == 0xfb;
        }

        @Override
        void exec(Cpu c) {
            int old = c.rflags;
            if ((c.cr0 & Cpu.CR0_PE) == 0 || iopl(c) >= c.cpl) {
                if (set) {
                    if ((old & Cpu.IF) == 0) {
                        c.rflags |= Cpu.IF;
                        c.shadow = true;
                        c.flagsChanged(old);
                    }
                } else {
                    c.rflags &= ~Cpu.IF;
                }
                return;
            }
            boolean virtual =
                    c.v86() ? (c.cr4 & Cpu.CR4_VME) != 0 : (c.cr4 & Cpu.CR4_PVI) != 0 && c.cpl == 3;
            if (!virtual || set && (old & Cpu.VIP) != 0) {
                throw c.gp();
            }
            c.rflags = set ? old | Cpu.VIF : old & ~Cpu.VIF;
        }
    }

    /** PUSHF. */
    static final class Push extends Insn {
        Push(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int flags = c.flags() & ~(Cpu.VM | Cpu.RF);
            if (c.v86() && iopl(c) < 3) {
                if ((c.cr4 & Cpu.CR4_VME) == 0 || opSize != 2) {
                    throw c.gp();
                }
                boolean vif = (flags & Cpu.VIF) != 0;
                flags = flags & ~Cpu.IF | Cpu.IOPL | (vif ? Cpu.IF : 0);
            }
            Stack.push(c, opSize, flags & 0xffff_ffffL);
        }
    }

    /** POPF (SDM 2B: the table of POPF). */
    static final class Pop extends Insn {
        Pop(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int old = c.flags();
            boolean v86 = c.v86() && iopl(c) < 3;
            if (v86 && ((c.cr4 & Cpu.CR4_VME) == 0 || opSize != 2)) {
                throw c.gp();
            }
            int value = (int) Stack.peek(c, 0, opSize);
            int mask = Cpu.ARITH | Cpu.TF | Cpu.DF | Cpu.NT;
            if (opSize > 2) {
                mask |= Cpu.AC | Cpu.ID;
            }
            if (v86) {
                boolean enable = (value & Cpu.IF) != 0;
                if ((value & Cpu.TF) != 0 || enable && (old & Cpu.VIP) != 0) {
                    throw c.gp();
                }
                old = enable ? old | Cpu.VIF : old & ~Cpu.VIF;
            } else {
                if (c.cpl <= iopl(c)) {
                    mask |= Cpu.IF;
                }
                if (c.cpl == 0) {
                    mask |= Cpu.IOPL;
                }
            }
            Stack.move(c, opSize);
            int kept = opSize > 2 ? old & ~Cpu.RF : old;
            c.setFlags(kept & ~mask | value & mask);
        }
    }
}
