package org.jvisor.emulator;

import org.jvisor.emulator.math.X87Float;
import org.jvisor.emulator.math.X87Functions;

/** The eight basic operations, D8 to DE, with all their operands; comparisons among them. */
final class X87Arith {
    /** Operations as ModRM.reg encodes them. */
    static final int ADD = 0, MUL = 1, COM = 2, COMP = 3, SUB = 4, SUBR = 5, DIV = 6, DIVR = 7;

    /** Memory operands. */
    static final int M32 = 0, M64 = 1, I32 = 2, I16 = 3;

    private X87Arith() {}

    private static void compute(X87Functions m, int op, int ase, long asig, int bse, long bsig) {
        switch (op) {
            case ADD -> m.add(ase, asig, bse, bsig);
            case MUL -> m.multiply(ase, asig, bse, bsig);
            case SUB -> m.subtract(ase, asig, bse, bsig);
            case SUBR -> m.subtract(bse, bsig, ase, asig);
            case DIV -> m.divide(ase, asig, bse, bsig);
            default -> m.divide(bse, bsig, ase, asig);
        }
    }

    /** The condition codes of a comparison. */
    static int conditions(int order) {
        return switch (order) {
            case X87Float.LESS -> Fpu.C0;
            case X87Float.EQUAL -> Fpu.C3;
            case X87Float.GREATER -> 0;
            default -> Fpu.C0 | Fpu.C2 | Fpu.C3;
        };
    }

    /** ST(0) and a memory operand, the result in ST(0). */
    static final class Memory extends X87Insn {
        private final int op;
        private final int kind;

        Memory(Decoded d, int op, int kind) {
            super(d);
            this.op = op;
            this.kind = kind;
        }

        @Override
        void run(Cpu c, Fpu f) {
            X87Functions m = f.math;
            long raw = c.mem.read(ea(c), memSize);
            f.begin();
            if (f.empty(0)) {
                underflow(f);
                return;
            }
            m.sourceDenormal = false;
            switch (kind) {
                case M32 -> m.operand((int) raw);
                case M64 -> m.operand(raw);
                case I32 -> m.fromLong(raw << 32 >> 32);
                default -> m.fromLong(raw << 48 >> 48);
            }
            int bse = m.se;
            long bsig = m.sig;
            int n = f.top;
            if (op == COM || op == COMP) {
                int order = m.compare(f.se[n], f.sig[n], bse, bsig, false);
                f.fsw = f.fsw & ~Fpu.CONDITIONS | conditions(order);
                if (f.commit() && op == COMP) {
                    f.pop();
                }
            } else {
                compute(m, op, f.se[n], f.sig[n], bse, bsig);
                if (f.commit()) {
                    f.set(0, m.se, m.sig);
                }
            }
            m.sourceDenormal = false;
        }

        private void underflow(Fpu f) {
            boolean masked = f.stackFault(false);
            if (op == COM || op == COMP) {
                f.fsw |= Fpu.C0 | Fpu.C2 | Fpu.C3;
                if (masked && op == COMP) {
                    f.pop();
                }
            } else if (masked) {
                f.setDefaultNan(0);
            }
        }
    }

    /** ST(0) and ST(i), the result in either, possibly with a pop. */
    static final class Registers extends X87Insn {
        private final int op;
        private final boolean toSti;
        private final boolean pop;

        Registers(Decoded d, int op, boolean toSti, boolean pop) {
            super(d);
            this.op = op;
            this.toSti = toSti;
            this.pop = pop;
        }

        @Override
        void run(Cpu c, Fpu f) {
            int i = rm & 7;
            int target = toSti ? i : 0;
            f.begin();
            if (f.missing(i)) {
                if (!f.stackFault(false)) {
                    return;
                }
                f.setDefaultNan(target);
            } else {
                int a = f.st(target);
                int b = f.st(toSti ? 0 : i);
                compute(f.math, op, f.se[a], f.sig[a], f.se[b], f.sig[b]);
                if (!f.commit()) {
                    return;
                }
                f.set(target, f.math.se, f.math.sig);
            }
            if (pop) {
                f.pop();
            }
        }
    }

    /** FCOM, FUCOM and their popping forms on registers. */
    static final class Compare extends X87Insn {
        private final boolean quiet;
        private final int pops;

        Compare(Decoded d, boolean quiet, int pops) {
            super(d);
            this.quiet = quiet;
            this.pops = pops;
        }

        @Override
        void run(Cpu c, Fpu f) {
            int i = pops == 2 ? 1 : rm & 7;
            f.begin();
            boolean done;
            int conditions = Fpu.C0 | Fpu.C2 | Fpu.C3;
            if (f.missing(i)) {
                done = f.stackFault(false);
            } else {
                int a = f.top;
                int b = f.st(i);
                conditions =
                        conditions(f.math.compare(f.se[a], f.sig[a], f.se[b], f.sig[b], quiet));
                done = f.commit();
            }
            f.fsw = f.fsw & ~(Fpu.C0 | Fpu.C2 | Fpu.C3) | conditions;
            for (int n = 0; done && n < pops; n++) {
                f.pop();
            }
        }
    }

    /** FCOMI, FCOMIP, FUCOMI, FUCOMIP: the result goes to RFLAGS. */
    static final class CompareFlags extends X87Insn {
        private final boolean quiet;
        private final boolean pop;

        CompareFlags(Decoded d, boolean quiet, boolean pop) {
            super(d);
            this.quiet = quiet;
            this.pop = pop;
        }

        @Override
        void run(Cpu c, Fpu f) {
            int i = rm & 7;
            boolean done;
            int order = X87Float.UNORDERED;
            int c1 = f.fsw & Fpu.C1; // stays, but for a stack fault
            f.begin();
            if (f.missing(i)) {
                done = f.stackFault(false);
            } else {
                int a = f.top;
                int b = f.st(i);
                order = f.math.compare(f.se[a], f.sig[a], f.se[b], f.sig[b], quiet);
                done = f.commit();
                f.fsw |= c1;
            }
            int flags =
                    switch (order) {
                        case X87Float.LESS -> Cpu.CF;
                        case X87Float.EQUAL -> Cpu.ZF;
                        case X87Float.GREATER -> 0;
                        default -> Cpu.ZF | Cpu.PF | Cpu.CF;
                    };
            Flags.set(c, flags);
            if (done && pop) {
                f.pop();
            }
        }
    }
}
