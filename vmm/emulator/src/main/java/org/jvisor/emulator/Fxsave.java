package org.jvisor.emulator;

/** FXSAVE and FXRSTOR. */
final class Fxsave extends Insn {
    private final boolean restore;

    Fxsave(Decoded d, boolean restore) {
        super(d);
        this.restore = restore;
    }

    @Override
    void exec(Cpu c) {
        if ((c.cr0 & ControlBits.CR0_EM) != 0) {
            throw c.ud();
        }
        if ((c.cr0 & ControlBits.CR0_TS) != 0) {
            throw c.fault(Cpu.NM);
        }
        long a = ea(c);
        if ((a & 15) != 0) {
            throw c.gp();
        }
        boolean wide = opSize == 8;
        // XMM8 to XMM15 are there in 64-bit mode only.
        int end = c.is64() ? FpState.END : FpState.XMM0 + 16;
        if (restore) {
            restore(c, a, end, wide);
        } else {
            c.mem.checkWrite(a, FpState.SIZE);
            for (int i = 0; i < end; i++) {
                c.mem.write64(a + 8 * i, FpState.get(c, i, wide));
            }
        }
    }

    private static void restore(Cpu c, long a, int end, boolean wide) {
        c.mem.checkRead(a, FpState.SIZE);
        if ((c.mem.read32(a + 24) & ~Sse.MXCSR_MASK) != 0) {
            throw c.gp();
        }
        for (int i = 0; i < end; i++) {
            FpState.set(c, i, c.mem.read64(a + 8 * i), wide);
        }
    }
}
