package org.jvisor.emulator;

/** Conditional jumps. In 64-bit mode each condition is a class; elsewhere one serves all. */
final class Jcc {
    private Jcc() {}

    static Insn make(Decoded d) {
        int cc = d.condition();
        if (d.mode != Cpu.MODE64) {
            return new Legacy(d, cc);
        }
        return switch (cc) {
            case 2 -> new Below(d);
            case 3 -> new NotBelow(d);
            case 4 -> new Equal(d);
            case 5 -> new NotEqual(d);
            case 6 -> new BelowEqual(d);
            case 7 -> new Above(d);
            case 8 -> new Sign(d);
            case 9 -> new NotSign(d);
            case 12 -> new Less(d);
            case 13 -> new GreaterEqual(d);
            case 14 -> new LessEqual(d);
            case 15 -> new Greater(d);
            default -> new Any(d, cc);
        };
    }

    private static final class Legacy extends Insn {
        private final int cc;

        Legacy(Decoded d, int cc) {
            super(d);
            this.cc = cc;
        }

        @Override
        void exec(Cpu c) {
            if (Flags.test(c, cc)) {
                c.rip = Branch.target(this, c, nextRip(c) + imm);
            }
        }
    }

    /** Overflow and parity. */
    private static final class Any extends Insn {
        private final int cc;

        Any(Decoded d, int cc) {
            super(d);
            this.cc = cc;
        }

        @Override
        void exec(Cpu c) {
            if (Flags.test(c, cc)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class Below extends Insn {
        Below(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (Flags.cf(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class NotBelow extends Insn {
        NotBelow(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (!Flags.cf(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class Equal extends Insn {
        Equal(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (Flags.zf(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class NotEqual extends Insn {
        NotEqual(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (!Flags.zf(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class BelowEqual extends Insn {
        BelowEqual(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (Flags.cf(c) || Flags.zf(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class Above extends Insn {
        Above(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (!Flags.cf(c) && !Flags.zf(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class Sign extends Insn {
        Sign(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (Flags.sf(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class NotSign extends Insn {
        NotSign(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (!Flags.sf(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class Less extends Insn {
        Less(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (Flags.less(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class GreaterEqual extends Insn {
        GreaterEqual(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (!Flags.less(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class LessEqual extends Insn {
        LessEqual(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (Flags.zf(c) || Flags.less(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }

    private static final class Greater extends Insn {
        Greater(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            if (!Flags.zf(c) && !Flags.less(c)) {
                c.rip = c.r[Cpu.PAGE_RIP] + end + imm;
            }
        }
    }
}
