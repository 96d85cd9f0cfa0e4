package org.jvisor.emulator;

/** INC, DEC, NEG, NOT. */
final class OneOperand {
    private OneOperand() {}

    static Insn make(Decoded d) {
        int size = d.size(0);
        if (!d.memory && size >= 4) {
            boolean wide = size == 8;
            switch (d.theForm().mnemonic) {
                case "INC" -> {
                    return wide ? new Increment64(d) : new Increment32(d);
                }
                case "DEC" -> {
                    return wide ? new Decrement64(d) : new Decrement32(d);
                }
                default -> {}
            }
        }
        return new Generic(d, size);
    }

    private static final class Increment32 extends Insn {
        Increment32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int a = (int) c.r[rm];
            int r = a + 1;
            keepCarry(c, r, (~a & r) < 0, a ^ r);
            c.r[rm] = r & 0xffff_ffffL;
        }
    }

    private static final class Increment64 extends Insn {
        Increment64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long a = c.r[rm];
            long r = a + 1;
            keepCarry(c, r, (~a & r) < 0, a ^ r);
            c.r[rm] = r;
        }
    }

    private static final class Decrement32 extends Insn {
        Decrement32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int a = (int) c.r[rm];
            int r = a - 1;
            keepCarry(c, r, (a & ~r) < 0, a ^ r);
            c.r[rm] = r & 0xffff_ffffL;
        }
    }

    private static final class Decrement64 extends Insn {
        Decrement64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long a = c.r[rm];
            long r = a - 1;
            keepCarry(c, r, (a & ~r) < 0, a ^ r);
            c.r[rm] = r;
        }
    }

    /** Sets the flags of INC and DEC: all but CF. */
    private static void keepCarry(Cpu c, long result, boolean of, long changed) {
        long carry = c.fCarry & Long.MIN_VALUE;
        c.fRes = result;
        c.fCarry = carry | (carry >>> 1 ^ (of ? 1L << 62 : 0)) | changed >>> 1 & 8;
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
            if (lock) {
                apply(c, changeAtomically(c, at));
            } else {
                c.mem.write(at, size, apply(c, c.mem.readRmw(at, size)));
            }
        }

        private long changeAtomically(Cpu c, long at) {
            return switch (operation) {
                case 0 -> Atomics.add(c, at, 1, size);
                case 1 -> Atomics.add(c, at, -1, size);
                case 2 -> Atomics.update(c, at, Atomics.NEGATE, 0, size);
                default -> Atomics.update(c, at, Alu.XOR, -1, size);
            };
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
