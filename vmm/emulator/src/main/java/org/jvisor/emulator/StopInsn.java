package org.jvisor.emulator;

import java.io.Serial;

/**
 * What replaces the instructions of a killed block: leaves the block so that the next instruction
 * is decoded anew. Costs running blocks nothing.
 */
final class StopInsn extends Insn {
    /** Thrown to leave the block; preallocated, one per CPU. */
    static final class Stop extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        Stop() {
            super("block stopped", null, false, false);
        }
    }

    StopInsn(Insn replaced) {
        super(replaced);
    }

    @Override
    void exec(Cpu c) {
        throw c.stop;
    }
}
