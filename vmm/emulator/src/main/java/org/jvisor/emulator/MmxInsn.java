package org.jvisor.emulator;

/** What MMX instructions have in common: they use the x87 registers, and put x87 in MMX state. */
abstract class MmxInsn extends Insn {
    /** The MMX register in ModRM.reg. */
    final int dst;

    /** The MMX register in ModRM.rm. */
    final int src;

    MmxInsn(Decoded d) {
        super(d);
        dst = d.reg & 7;
        src = d.rm & 7;
    }

    /**
     * Checks that MMX may be used (SDM 3A §13.1).
     *
     * @throws GuestFault #UD, #NM or #MF
     */
    static void check(Cpu c) {
        if ((c.cr0 & ControlBits.CR0_EM) != 0) {
            throw c.ud();
        }
        X87Insn.check(c);
    }

    /** The source: a register or 8 bytes of memory. */
    final long source64(Cpu c) {
        return mod == 3 ? c.fpu.sig[src] : c.mem.read64(ea(c));
    }

    /** Writes the destination and enters MMX state. */
    static void write(Cpu c, int n, long value) {
        c.fpu.enterMmx();
        c.fpu.setMmx(n, value);
    }
}
