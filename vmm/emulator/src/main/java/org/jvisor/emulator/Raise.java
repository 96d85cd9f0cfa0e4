package org.jvisor.emulator;

/** An instruction that only raises an exception. */
final class Raise extends Insn {
    private final int vector;

    private Raise(Decoded d, int vector) {
        super(d);
        this.vector = vector;
    }

    /** A factory of instructions that raise {@code vector}; #GP with error code 0. */
    static Form.Factory factory(int vector) {
        return d -> new Raise(d, vector);
    }

    @Override
    void exec(Cpu c) {
        throw vector == Cpu.GP ? c.gp() : c.fault(vector);
    }
}
