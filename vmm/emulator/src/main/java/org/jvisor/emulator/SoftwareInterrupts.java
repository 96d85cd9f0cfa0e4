package org.jvisor.emulator;

/** INT n, INT3, INTO, INT1 (SDM 2A INT n). */
final class SoftwareInterrupts {
    private SoftwareInterrupts() {}

    static void intN(Insn i, Cpu c) {
        int vector = (int) i.imm & 0xff;
        c.noTrap = true;
        if (c.v86() && enterFromV86(i, c, vector)) {
            return;
        }
        Interrupts.enter(c, vector, Interrupts.SOFTWARE, false, 0, i.nextRip(c));
    }

    /** INT n in virtual-8086 mode (SDM 3B table 21-2); false if it goes through the IDT. */
    private static boolean enterFromV86(Insn i, Cpu c, int vector) {
        boolean trusted = (c.rflags & Cpu.IOPL) == Cpu.IOPL;
        if ((c.cr4 & Cpu.CR4_VME) != 0 && TaskState.redirects(c, vector)) {
            int flags = c.flags();
            int image = trusted ? flags : InterruptFlag.virtualImage(flags);
            Interrupts.enterRedirected(c, vector, image, !trusted, i.nextRip(c));
            return true;
        }
        if (!trusted) {
            throw c.gp();
        }
        return false;
    }

    static void int3(Insn i, Cpu c) {
        c.noTrap = true;
        Interrupts.enter(c, Cpu.BP, Interrupts.SOFTWARE_EXCEPTION, false, 0, i.nextRip(c));
    }

    static void into(Insn i, Cpu c) {
        if (Flags.of(c)) {
            c.noTrap = true;
            int kind = Interrupts.SOFTWARE_EXCEPTION;
            Interrupts.enter(c, Cpu.OVERFLOW, kind, false, 0, i.nextRip(c));
        }
    }

    static void int1(Insn i, Cpu c) {
        c.noTrap = true;
        DebugRegisters.delivering(c);
        Interrupts.enter(c, Cpu.DB, Interrupts.PRIVILEGED_SOFTWARE, false, 0, i.nextRip(c));
    }
}
