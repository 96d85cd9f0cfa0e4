package org.jvisor.emulator;

/** LEA. */
final class Lea {
    private Lea() {}

    static Insn make(Decoded d) {
        if (d.addrSize == 8 && d.opSize >= 4) {
            return d.opSize == 8 ? new Wide(d) : new To32(d);
        }
        return new Generic(d);
    }

    private static final class Wide extends Insn {
        Wide(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = rawOffset(c);
        }
    }

    private static final class To32 extends Insn {
        To32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.r[reg] = rawOffset(c) & 0xffff_ffffL;
        }
    }

    private static final class Generic extends Insn {
        Generic(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.setReg(reg, opSize, offset(c));
        }
    }
}
