package org.jvisor.emulator;

/** An instruction that is rare enough for its operation to be a function. */
final class SystemInsn extends Insn {
    /** What it does. */
    @FunctionalInterface
    interface Action {
        /**
         * Executes instruction {@code i}.
         *
         * @throws GuestFault for an exception of the guest, before anything is changed
         */
        void run(Insn i, Cpu c);
    }

    private final Action action;

    private SystemInsn(Decoded d, Action action) {
        super(d);
        this.action = action;
    }

    /** A factory of instructions that do {@code action}. */
    static Form.Factory of(Action action) {
        return d -> new SystemInsn(d, action);
    }

    @Override
    void exec(Cpu c) {
        action.run(this, c);
    }
}
