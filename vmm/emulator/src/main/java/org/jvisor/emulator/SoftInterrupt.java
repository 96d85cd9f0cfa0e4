package org.jvisor.emulator;

/** INT3, INT n, INTO and INT1 (ICEBP). */
final class SoftInterrupt extends Insn {
    private final int vector;
    private final int kind;
    private final boolean onOverflow;

    SoftInterrupt(Decoded d) {
        super(d);
        vector =
                switch (d.opcode) {
                    case 0xcc -> Cpu.BP;
                    case 0xcd -> (int) d.imm & 0xff;
                    case 0xce -> Cpu.OVERFLOW;
                    default -> Cpu.DB;
                };
        onOverflow = d.opcode == 0xce;
        kind = d.opcode == 0xf1 ? Exceptions.ICEBP : Exceptions.SOFTWARE;
    }

    @Override
    void exec(Cpu c) {
        if (onOverflow && !Flags.of(c)) {
            return;
        }
        if (needsIopl(c)) {
            throw c.gp();
        }
        // a fault of the delivery itself (#GP for the gate's DPL) is one of this instruction
        c.rip = nextRip(c);
        Exceptions.software(c, this, vector, kind);
    }

    /** INT n in virtual-8086 mode needs IOPL 3 (SDM 3B §20.3.3), unless VME redirects it. */
    private boolean needsIopl(Cpu c) {
        return form.mnemonic.equals("INT")
                && c.v86()
                && (c.rflags & Cpu.IOPL) != Cpu.IOPL
                && (c.cr4 & Cpu.CR4_VME) == 0;
    }
}
