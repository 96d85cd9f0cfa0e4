package org.jvisor.emulator;

/**
 * What x87 instructions have in common: #NM, the pending #MF of an earlier one, and the pointers to
 * the last instruction that FNSTENV stores. With its operands an instruction is a function of the
 * {@link Fpu}; what it reads from memory it reads before it changes anything.
 */
abstract class X87Insn extends Insn {
    private final int opcode;

    X87Insn(Decoded d) {
        super(d);
        opcode = (form.opcode & 7) << 8 | d.modrm & 0xff;
    }

    /**
     * Checks that x87 may be used.
     *
     * @throws GuestFault #NM, or #MF where an unmasked exception waits
     */
    static void check(Cpu c) {
        if ((c.cr0 & (ControlBits.CR0_EM | ControlBits.CR0_TS)) != 0) {
            throw c.fault(Cpu.NM);
        }
        if ((c.fpu.fsw & Fpu.ES) != 0 && (c.cr0 & ControlBits.CR0_NE) != 0) {
            throw c.fault(Cpu.MF);
        }
    }

    @Override
    final void exec(Cpu c) {
        check(c);
        Fpu f = c.fpu;
        run(c, f);
        f.lastIp = thisRip(c);
        f.lastCs = c.segSel[Cpu.CS];
        f.lastOpcode = opcode;
        if (mod != 3) {
            f.lastDp = offset(c);
            f.lastDs = c.segSel[seg];
        }
    }

    /** Does it. */
    abstract void run(Cpu c, Fpu f);
}
