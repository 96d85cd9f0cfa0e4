package org.jvisor.emulator;

/** CMOVcc and SETcc. */
final class Conditional {
    private Conditional() {}

    /** CMOVcc Gv,Ev: reads the source, and clears a 32-bit destination's upper half, either way. */
    static final class Move extends Insn {
        private final int cc;

        Move(Decoded d) {
            super(d);
            cc = d.condition();
        }

        @Override
        void exec(Cpu c) {
            long value = readE(c, opSize);
            c.setReg(reg, opSize, Flags.test(c, cc) ? value : c.r[reg]);
        }
    }

    /** SETcc Eb. */
    static final class Set extends Insn {
        private final int cc;

        Set(Decoded d) {
            super(d);
            cc = d.condition();
        }

        @Override
        void exec(Cpu c) {
            writeE(c, 1, Flags.test(c, cc) ? 1 : 0);
        }
    }
}
