package org.jvisor.emulator;

/**
 * Instructions that control the FPU. They do not move the pointers to the last instruction; those
 * with an N in their name do not wait for pending exceptions either.
 */
abstract class X87Control extends Insn {
    private final boolean waits;

    X87Control(Decoded d, boolean waits) {
        super(d);
        this.waits = waits;
    }

    @Override
    final void exec(Cpu c) {
        if (waits) {
            X87Insn.check(c);
        } else if ((c.cr0 & (ControlBits.CR0_EM | ControlBits.CR0_TS)) != 0) {
            throw c.fault(Cpu.NM);
        }
        run(c, c.fpu);
    }

    /** Does it. */
    abstract void run(Cpu c, Fpu f);

    /** Something without operands. */
    @FunctionalInterface
    interface Action {
        /** Does it. */
        void run(Cpu c, Fpu f);
    }

    /** FNINIT, FNCLEX, FNSTSW AX, and the like. */
    static final class Simple extends X87Control {
        private final Action action;

        Simple(Decoded d, boolean waits, Action action) {
            super(d, waits);
            this.action = action;
        }

        @Override
        void run(Cpu c, Fpu f) {
            action.run(c, f);
        }
    }

    /** FNCLEX: also the busy bit. */
    static void clearExceptions(Cpu c, Fpu f) {
        f.fsw &= Fpu.CONDITIONS;
    }

    /** FLDCW. */
    static final class LoadControl extends X87Control {
        LoadControl(Decoded d) {
            super(d, true);
        }

        @Override
        void run(Cpu c, Fpu f) {
            f.setControl(c.mem.read16(ea(c)));
        }
    }

    /** FNSTCW and FNSTSW to memory. */
    static final class StoreWord extends X87Control {
        private final boolean control;

        StoreWord(Decoded d, boolean control) {
            super(d, false);
            this.control = control;
        }

        @Override
        void run(Cpu c, Fpu f) {
            c.mem.write16(ea(c), control ? f.fcw : f.status());
        }
    }

    /** FWAIT: #NM only if CR0.MP and CR0.TS are both set. */
    static final class Wait extends Insn {
        Wait(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int both = ControlBits.CR0_MP | ControlBits.CR0_TS;
            if ((c.cr0 & both) == both) {
                throw c.fault(Cpu.NM);
            }
            if ((c.fpu.fsw & Fpu.ES) != 0 && (c.cr0 & ControlBits.CR0_NE) != 0) {
                throw c.fault(Cpu.MF);
            }
        }
    }

    /** FLDENV and FNSTENV, FRSTOR and FNSAVE. */
    static final class Environment extends X87Control {
        private final boolean store;
        private final boolean registers;

        Environment(Decoded d, boolean store, boolean registers) {
            super(d, !store);
            this.store = store;
            this.registers = registers;
        }

        @Override
        void run(Cpu c, Fpu f) {
            long a = ea(c);
            boolean small = opSize == 2;
            if (store) {
                c.mem.checkWrite(a, memSize);
                X87Environment.store(c, a, small);
                if (registers) {
                    X87Environment.storeRegisters(c, a, small);
                    f.init();
                } else {
                    f.setControl(f.fcw | 0x3f);
                }
            } else {
                c.mem.checkRead(a, memSize);
                X87Environment.load(c, a, small);
                if (registers) {
                    X87Environment.loadRegisters(c, a, small);
                }
            }
        }
    }
}
