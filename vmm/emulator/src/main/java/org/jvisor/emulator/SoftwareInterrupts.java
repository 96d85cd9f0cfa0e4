package org.jvisor.emulator;

/** INT n, INT3, INTO, INT1 (SDM 2A INT n). */
final class SoftwareInterrupts {
    private SoftwareInterrupts() {}

    /** INT n: in virtual-8086 mode it may go to the program's own handler (SDM 3B table 21-2). */
    static void intN(Cpu c, int vector, long nextRip) {
        c.noTrap = true;
        if (c.v86()) {
            boolean trusted = (c.rflags & Cpu.IOPL) == Cpu.IOPL;
            if ((c.cr4 & ControlBits.CR4_VME) != 0 && TaskState.redirects(c, vector)) {
                int flags = c.flags();
                int image = trusted ? flags : virtualImage(flags);
                Interrupts.enterRedirected(c, vector, image, !trusted, nextRip);
                return;
            }
            if (!trusted) {
                throw c.gp();
            }
        }
        Interrupts.enter(c, vector, Interrupts.SOFTWARE, false, 0, nextRip);
    }

    /** Flags as a virtual-8086 program with a virtual interrupt flag sees them. */
    private static int virtualImage(int flags) {
        boolean enabled = (flags & Cpu.VIF) != 0;
        return flags & ~Cpu.IF | Cpu.IOPL | (enabled ? Cpu.IF : 0);
    }

    /** INT3 and INTO. */
    static void exception(Cpu c, int vector, long nextRip) {
        c.noTrap = true;
        Interrupts.enter(c, vector, Interrupts.SOFTWARE_EXCEPTION, false, 0, nextRip);
    }

    /** INT1: #DB whatever the gate's privilege. */
    static void int1(Cpu c, long nextRip) {
        c.noTrap = true;
        DebugRegisters.delivering(c);
        Interrupts.enter(c, Cpu.DB, Interrupts.PRIVILEGED_SOFTWARE, false, 0, nextRip);
    }
}
