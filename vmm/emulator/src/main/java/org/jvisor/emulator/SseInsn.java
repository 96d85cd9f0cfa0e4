package org.jvisor.emulator;

/**
 * What SSE instructions have in common: whether they are allowed now (SDM 3A table 2-2), and where
 * their operands come from. The XMM registers are addressed as pairs of longs.
 */
abstract class SseInsn extends Insn {
    /** Index of the destination's (or ModRM.reg's) low half in {@link Sse#xmm}. */
    final int dst;

    /** Index of the low half of ModRM.rm, where that is a register. */
    final int src;

    SseInsn(Decoded d) {
        super(d);
        dst = 2 * (d.reg & 15);
        src = 2 * (d.rm & 15);
    }

    /**
     * Checks that SSE may be used.
     *
     * @throws GuestFault #UD or #NM
     */
    static void check(Cpu c) {
        if ((c.cr0 & (ControlBits.CR0_EM | ControlBits.CR0_TS)) != 0
                || (c.cr4 & ControlBits.CR4_OSFXSR) == 0) {
            throw refuse(c);
        }
    }

    private static GuestFault refuse(Cpu c) {
        boolean undefined =
                (c.cr0 & ControlBits.CR0_EM) != 0 || (c.cr4 & ControlBits.CR4_OSFXSR) == 0;
        return undefined ? c.ud() : c.fault(Cpu.NM);
    }

    /** The linear address of a 16-byte memory operand that must be aligned. */
    final long aligned(Cpu c) {
        long a = ea(c);
        if ((a & 15) != 0) {
            throw c.gp();
        }
        return a;
    }

    /** The low 32 bits of the source. */
    final int source32(Cpu c) {
        return mod == 3 ? (int) c.sse.xmm[src] : c.mem.read32(ea(c));
    }

    /** The low 64 bits of the source. */
    final long source64(Cpu c) {
        return mod == 3 ? c.sse.xmm[src] : c.mem.read64(ea(c));
    }
}
