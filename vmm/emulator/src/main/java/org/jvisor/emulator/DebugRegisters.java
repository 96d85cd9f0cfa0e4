package org.jvisor.emulator;

/** DR0 to DR7: breakpoints and single steps (SDM 3B chapter 17). */
final class DebugRegisters {
    private DebugRegisters() {}

    /**
     * Before the instruction at {@code c.rip} while the CPU steps.
     *
     * @return whether an instruction breakpoint hit and #DB was delivered in its place
     */
    static boolean atInstruction(Cpu c) {
        return false;
    }

    /**
     * After an instruction that completed while the CPU steps: delivers #DB for a single step or
     * the data breakpoints hit.
     *
     * @param trap whether TF was set when the instruction began
     */
    static void afterInstruction(Cpu c, boolean trap) {
        if (trap) {
            c.dr6 |= 1 << 14;
            Exceptions.deliver(c, Cpu.DB, false, 0, Exceptions.EXCEPTION);
        }
    }

    /** A data access while data breakpoints are armed. */
    static void access(Cpu c, long linear, int size, boolean write) {
        for (int i = 0; i < 4; i++) {
            int type = (int) (c.dr7 >>> 16 + 4 * i) & 3;
            int length = ((int) (c.dr7 >>> 18 + 4 * i) & 3) + 1;
            if ((c.dr7 >>> 2 * i & 3) != 0
                    && (type == 3 || type == 1 && write)
                    && linear < c.dr[i] + length
                    && c.dr[i] < linear + size) {
                c.dr6 |= 1L << i;
            }
        }
    }
}
