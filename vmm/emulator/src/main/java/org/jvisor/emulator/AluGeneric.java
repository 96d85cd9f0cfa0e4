package org.jvisor.emulator;

/**
 * The two-operand arithmetic instructions in every size and with LOCK: the forms that are not hot.
 */
final class AluGeneric {
    private AluGeneric() {}

    /** Makes an instruction of {@code operation} for whatever operands the form has. */
    static Insn make(Decoded d, int operation) {
        Operand first = d.theForm().operands.get(0);
        Operand second = d.theForm().operands.get(1);
        if (second.kind() == Operand.Kind.I) {
            return new Immediate(d, operation, size(d, first));
        }
        return first.kind() == Operand.Kind.G
                ? new FromRm(d, operation, size(d, first))
                : new ToRm(d, operation, size(d, first));
    }

    private static int size(Decoded d, Operand operand) {
        return operand.bytes(d.opSize, d.rexW(), d.mode == Cpu.MODE64);
    }

    /** Combines {@code b} into the E operand of {@code insn}. */
    private static void update(Insn insn, Cpu c, int operation, int size, long b) {
        if (insn.mod == 3) {
            long r = Alu.apply(c, operation, c.reg(insn.rm, size), b, size);
            if (operation < Alu.CMP) {
                c.setReg(insn.rm, size, r);
            }
            return;
        }
        long at = insn.ea(c);
        if (operation >= Alu.CMP) {
            Alu.apply(c, operation, c.mem.read(at, size), b, size);
            return;
        }
        if (insn.lock) {
            Alu.apply(c, operation, updateAtomically(c, at, operation, b, size), b, size);
        } else {
            long a = c.mem.readRmw(at, size);
            c.mem.write(at, size, Alu.apply(c, operation, a, b, size));
        }
    }

    private static long updateAtomically(Cpu c, long at, int operation, long b, int size) {
        return switch (operation) {
            case Alu.ADC -> Atomics.update(c, at, Alu.ADD, b + Flags.carry(c), size);
            case Alu.SBB -> Atomics.update(c, at, Alu.SUB, b + Flags.carry(c), size);
            default -> Atomics.update(c, at, operation, b, size);
        };
    }

    private static final class ToRm extends Insn {
        private final int operation;
        private final int size;

        ToRm(Decoded d, int operation, int size) {
            super(d);
            this.operation = operation;
            this.size = size;
        }

        @Override
        void exec(Cpu c) {
            update(this, c, operation, size, c.reg(reg, size));
        }
    }

    private static final class Immediate extends Insn {
        private final int operation;
        private final int size;

        Immediate(Decoded d, int operation, int size) {
            super(d);
            this.operation = operation;
            this.size = size;
        }

        @Override
        void exec(Cpu c) {
            update(this, c, operation, size, imm);
        }
    }

    private static final class FromRm extends Insn {
        private final int operation;
        private final int size;

        FromRm(Decoded d, int operation, int size) {
            super(d);
            this.operation = operation;
            this.size = size;
        }

        @Override
        void exec(Cpu c) {
            long b = readE(c, size);
            long r = Alu.apply(c, operation, c.reg(reg, size), b, size);
            if (operation < Alu.CMP) {
                c.setReg(reg, size, r);
            }
        }
    }
}
