package org.jvisor.emulator;

/** BT, BTS, BTR, BTC, BSF, BSR, POPCNT. */
final class BitOps {
    private BitOps() {}

    /** BT and its kin; the mnemonic tells which, the second operand where the bit number is. */
    static Insn test(Decoded d) {
        int operation =
                switch (d.theForm().mnemonic) {
                    case "BT" -> 0;
                    case "BTS" -> 1;
                    case "BTR" -> 2;
                    default -> 3;
                };
        boolean immediate = d.theForm().operands.get(1).kind() == Operand.Kind.I;
        return d.memory
                ? new InMemory(d, operation, immediate)
                : new InRegister(d, operation, immediate);
    }

    private static long change(int operation, long a, long mask) {
        return switch (operation) {
            case 1 -> a | mask;
            case 2 -> a & ~mask;
            default -> a ^ mask;
        };
    }

    private static final class InRegister extends Insn {
        private final int operation;
        private final boolean immediate;

        InRegister(Decoded d, int operation, boolean immediate) {
            super(d);
            this.operation = operation;
            this.immediate = immediate;
        }

        @Override
        void exec(Cpu c) {
            int n = (int) (immediate ? imm : c.r[reg]) & 8 * opSize - 1;
            long a = c.r[rm];
            boolean cf = (a >>> n & 1) != 0;
            if (operation != 0) {
                c.setReg(rm, opSize, change(operation, a, 1L << n));
            }
            Flags.setCarry(c, cf);
        }
    }

    private static final class InMemory extends Insn {
        private final int operation;
        private final boolean immediate;

        InMemory(Decoded d, int operation, boolean immediate) {
            super(d);
            this.operation = operation;
            this.immediate = immediate;
        }

        @Override
        void exec(Cpu c) {
            long bit = immediate ? imm & 8 * opSize - 1 : Alu.extend(c.r[reg], opSize);
            int n = (int) bit & 8 * opSize - 1;
            // a register's bit number reaches beyond the operand, in steps of its size
            long delta = (bit >> (opSize == 8 ? 6 : opSize == 4 ? 5 : 4)) * opSize;
            long at = ea(c, delta);
            if (operation == 0) {
                long a = c.mem.read(at, opSize);
                Flags.setCarry(c, (a >>> n & 1) != 0);
                return;
            }
            long a;
            if (lock) {
                a = changeAtomically(c, at, 1L << n);
            } else {
                a = c.mem.readRmw(at, opSize);
                c.mem.write(at, opSize, change(operation, a, 1L << n));
            }
            Flags.setCarry(c, (a >>> n & 1) != 0);
        }

        private long changeAtomically(Cpu c, long at, long mask) {
            return switch (operation) {
                case 1 -> Atomics.update(c, at, Alu.OR, mask, opSize);
                case 2 -> Atomics.update(c, at, Alu.AND, ~mask, opSize);
                default -> Atomics.update(c, at, Alu.XOR, mask, opSize);
            };
        }
    }

    /** BSF: the destination stays when the source is 0. */
    static final class ScanForward extends Insn {
        ScanForward(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long a = readE(c, opSize);
            if (a != 0) {
                c.setReg(reg, opSize, Long.numberOfTrailingZeros(a));
            }
            Flags.logic(c, a == 0 ? 0 : 1);
        }
    }

    /** BSR: the destination stays when the source is 0. */
    static final class ScanReverse extends Insn {
        ScanReverse(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long a = readE(c, opSize);
            if (a != 0) {
                c.setReg(reg, opSize, 63 - Long.numberOfLeadingZeros(a));
            }
            Flags.logic(c, a == 0 ? 0 : 1);
        }
    }

    /** POPCNT: all flags but ZF are cleared. */
    static final class PopCount extends Insn {
        PopCount(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long a = readE(c, opSize);
            c.setReg(reg, opSize, Long.bitCount(a));
            Flags.set(c, a == 0 ? Cpu.ZF : 0);
        }
    }
}
