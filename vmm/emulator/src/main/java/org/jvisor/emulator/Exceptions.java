package org.jvisor.emulator;

/** Delivers exceptions and interrupts to the guest. */
final class Exceptions {
    /** Kinds of event: a CPU exception, an external interrupt, INT n/INT3/INTO, ICEBP. */
    static final int EXCEPTION = 0, EXTERNAL = 1, SOFTWARE = 2, ICEBP = 3;

    private Exceptions() {}

    /**
     * Delivers a fault the running instruction raised. {@code c.rip} is the address of that
     * instruction. Faults on the way become double and triple faults; the latter shuts the CPU
     * down.
     */
    static void raise(Cpu c, GuestFault fault) {
        if (fault.vector == Cpu.PAGE_FAULT) {
            c.cr2 = fault.address;
        }
        deliver(c, fault.vector, fault.hasError, fault.error, EXCEPTION);
    }

    /** Delivers an event; {@code c.rip} is the return address. */
    static void deliver(Cpu c, int vector, boolean hasError, int error, int kind) {
        if (c.protectedMode()) {
            c.shutdown("exception %d in protected mode".formatted(vector));
            return;
        }
        long entry = c.mem.readSys32(c.idtBase + vector * 4L) & 0xffff_ffffL;
        long sp = c.r[Cpu.RSP];
        long base = c.segBase[Cpu.SS];
        c.mem.writeSys16(base + (sp - 2 & 0xffff), c.flags());
        c.mem.writeSys16(base + (sp - 4 & 0xffff), c.segSel[Cpu.CS]);
        c.mem.writeSys16(base + (sp - 6 & 0xffff), (int) c.rip);
        c.setReg(Cpu.RSP, 2, sp - 6);
        int old = c.rflags;
        c.rflags &= ~(Cpu.IF | Cpu.TF | Cpu.AC | Cpu.RF);
        c.flagsChanged(old);
        int cs = (int) (entry >>> 16);
        Segments.set(c, Cpu.CS, cs, (long) cs << 4, c.segLimit[Cpu.CS], c.segAccess[Cpu.CS]);
        c.rip = entry & 0xffff;
    }
}
