package org.jvisor.emulator;

/** Moves within the x87 stack: FLD ST(i), FST, FXCH, FCMOVcc, FFREE, FINCSTP. */
final class X87Stack {
    private X87Stack() {}

    /** FLD ST(i). */
    static final class Push extends X87Insn {
        Push(Decoded d) {
            super(d);
        }

        @Override
        void run(Cpu c, Fpu f) {
            int i = rm & 7;
            f.begin();
            if (f.empty(i) || !f.empty(7)) {
                if (f.stackFault(!f.empty(i))) {
                    f.pushDefaultNan();
                }
                return;
            }
            int n = f.st(i);
            f.push(f.se[n], f.sig[n]);
        }
    }

    /** FINCSTP and FDECSTP, tags staying with their registers; FNOP, which turns by nothing. */
    static final class Rotate extends X87Insn {
        private final int by;

        Rotate(Decoded d, int by) {
            super(d);
            this.by = by;
        }

        @Override
        void run(Cpu c, Fpu f) {
            if (by != 0) {
                f.begin();
                f.top = f.top + by & 7;
            }
        }
    }

    /** FST ST(i) and FSTP ST(i). */
    static final class Store extends X87Insn {
        private final boolean pop;

        Store(Decoded d, boolean pop) {
            super(d);
            this.pop = pop;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            if (f.empty(0)) {
                if (!f.stackFault(false)) {
                    return;
                }
                f.setDefaultNan(rm & 7);
            } else {
                f.set(rm & 7, f.se[f.top], f.sig[f.top]);
            }
            if (pop) {
                f.pop();
            }
        }
    }

    /** FSTPNCE, an alias of FSTP ST(i) that only pops where ST(0) is empty. */
    static final class StoreUnchecked extends X87Insn {
        StoreUnchecked(Decoded d) {
            super(d);
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.begin();
            if (!f.empty(0)) {
                f.set(rm & 7, f.se[f.top], f.sig[f.top]);
            }
            f.pop();
        }
    }

    /** FXCH. */
    static final class Exchange extends X87Insn {
        Exchange(Decoded d) {
            super(d);
        }

        @Override
        void run(Cpu c, Fpu f) {
            int i = rm & 7;
            f.begin();
            if (f.missing(i)) {
                if (!f.stackFault(false)) {
                    return;
                }
                if (f.empty(0)) {
                    f.setDefaultNan(0);
                }
                if (f.empty(i)) {
                    f.setDefaultNan(i);
                }
            }
            int a = f.top;
            int b = f.st(i);
            int se = f.se[a];
            long sig = f.sig[a];
            f.se[a] = f.se[b];
            f.sig[a] = f.sig[b];
            f.se[b] = se;
            f.sig[b] = sig;
        }
    }

    /** FCMOVcc. */
    static final class Move extends X87Insn {
        private final int condition;

        /**
         * Makes it.
         *
         * @param condition as in {@link Flags#test}
         */
        Move(Decoded d, int condition) {
            super(d);
            this.condition = condition;
        }

        @Override
        void run(Cpu c, Fpu f) {
            int i = rm & 7;
            if (f.missing(i)) {
                f.begin();
                if (f.stackFault(false)) {
                    f.setDefaultNan(0);
                }
            } else if (Flags.test(c, condition)) {
                f.set(0, f.se[f.st(i)], f.sig[f.st(i)]);
            }
        }
    }

    /** FFREE, and FFREEP which pops as well. */
    static final class Free extends X87Insn {
        private final boolean pop;

        Free(Decoded d, boolean pop) {
            super(d);
            this.pop = pop;
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.fsw &= ~Fpu.C1;
            f.full &= ~(1 << f.st(rm & 7));
            if (pop) {
                f.pop();
            }
        }
    }
}
