package org.jvisor.emulator;

import java.lang.invoke.VarHandle;

/** INC, DEC, NEG, NOT. */
final class OneOperand {
    private OneOperand() {}

    static Insn make(Decoded d) {
        int size = d.size(0);
        if (!d.memory && size >= 4) {
            switch (d.theForm().mnemonic) {
                case "INC" -> {
                    return new Step(d, 1, size);
                }
                case "DEC" -> {
                    return new Step(d, -1, size);
                }
                default -> {}
            }
        }
        return new Generic(d, size);
    }

    /** INC or DEC of a 32- or 64-bit register. */
    private static final class Step extends Insn {
        private final int delta;
        private final int size;

        Step(Decoded d, int delta, int size) {
            super(d);
            this.delta = delta;
            this.size = size;
        }

        @Override
        void exec(Cpu c) {
            long r = Alu.increment(c, c.r[rm], delta, size);
            c.r[rm] = size == 8 ? r : r & 0xffff_ffffL;
        }
    }

    private static final class Generic extends Insn {
        private final int operation;
        private final int size;

        Generic(Decoded d, int size) {
            super(d);
            this.size = size;
            operation = java.util.List.of("INC", "DEC", "NEG", "NOT").indexOf(d.theForm().mnemonic);
        }

        @Override
        void exec(Cpu c) {
            if (mod == 3) {
                c.setReg(rm, size, apply(c, c.reg(rm, size)));
                return;
            }
            long at = ea(c);
            long a = c.mem.readRmw(at, size);
            c.mem.write(at, size, apply(c, a));
            if (lock) {
                VarHandle.fullFence();
            }
        }

        private long apply(Cpu c, long a) {
            return switch (operation) {
                case 0 -> Alu.increment(c, a, 1, size);
                case 1 -> Alu.increment(c, a, -1, size);
                case 2 -> Alu.sub(c, 0, a, 0, size);
                default -> ~a;
            };
        }
    }
}
