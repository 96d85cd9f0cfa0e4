package org.jvisor.emulator;

/**
 * Delivers exceptions and interrupts, and decides what becomes of those met on the way: served one
 * after the other, a double fault, or a triple fault (SDM 3A §6.15, interrupt 8).
 */
final class Exceptions {
    /** {@link Interrupts#EXCEPTION} and {@link Interrupts#EXTERNAL}. */
    static final int EXCEPTION = Interrupts.EXCEPTION, EXTERNAL = Interrupts.EXTERNAL;

    /** Events of instructions: INT n, INT3 and INTO; INT1. */
    static final int SOFTWARE = Interrupts.SOFTWARE, ICEBP = Interrupts.PRIVILEGED_SOFTWARE;

    /** #DE, #TS, #NP, #SS, #GP: two of them make a double fault. */
    private static final int CONTRIBUTORY =
            1 << Cpu.DE | 1 << Cpu.TS | 1 << Cpu.NP | 1 << Cpu.SS_FAULT | 1 << Cpu.GP;

    private Exceptions() {}

    /**
     * Delivers a fault the running instruction raised. {@code c.rip} is the address of that
     * instruction. A triple fault shuts the CPU down.
     */
    static void raise(Cpu c, GuestFault fault) {
        noteAddress(c, fault);
        deliver(c, fault.vector, fault.hasError, fault.error, EXCEPTION);
    }

    /**
     * Delivers the event of INT n, INT3, INTO or INT1.
     *
     * @throws GuestFault #GP and the like, of {@code insn}
     */
    static void software(Cpu c, Insn insn, int vector, int kind) {
        long nextRip = insn.nextRip(c);
        if (kind == ICEBP) {
            SoftwareInterrupts.int1(c, nextRip);
        } else if (insn.form.mnemonic.equals("INT")) {
            SoftwareInterrupts.intN(c, vector, nextRip);
        } else {
            SoftwareInterrupts.exception(c, vector, nextRip);
        }
    }

    /** Delivers an event; {@code c.rip} is the return address. */
    static void deliver(Cpu c, int vector, boolean hasError, int error, int kind) {
        while (true) {
            try {
                if (kind == EXCEPTION && vector == Cpu.DB) {
                    DebugRegisters.delivering(c);
                }
                Interrupts.enter(c, vector, kind, hasError, error, c.rip);
                c.counters.delivered(kind, vector);
                return;
            } catch (GuestFault next) {
                noteAddress(c, next);
                if (kind == EXCEPTION && vector == Cpu.DOUBLE_FAULT) {
                    c.shutdown(
                            "triple fault: exception %d (error %#x) while delivering a double fault"
                                    .formatted(next.vector, next.error));
                    return;
                }
                boolean doubled = kind == EXCEPTION && makesDoubleFault(vector, next.vector);
                kind = EXCEPTION;
                vector = doubled ? Cpu.DOUBLE_FAULT : next.vector;
                hasError = doubled || next.hasError;
                error = doubled ? 0 : next.error;
            }
        }
    }

    private static void noteAddress(Cpu c, GuestFault fault) {
        if (fault.vector == Cpu.PAGE_FAULT) {
            c.cr2 = fault.address;
        }
    }

    /** SDM 3A table 6-5. */
    static boolean makesDoubleFault(int first, int second) {
        boolean secondContributory = isContributory(second);
        return isContributory(first) && secondContributory
                || first == Cpu.PAGE_FAULT && (secondContributory || second == Cpu.PAGE_FAULT);
    }

    private static boolean isContributory(int vector) {
        return vector < 32 && (CONTRIBUTORY >> vector & 1) != 0;
    }
}
