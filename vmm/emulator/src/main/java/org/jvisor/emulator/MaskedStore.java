package org.jvisor.emulator;

/** The store of MASKMOVQ and MASKMOVDQU. */
final class MaskedStore {
    private MaskedStore() {}

    /**
     * Writes the bytes whose mask has its top bit set to the segment's rDI. All are checked before
     * the first is written.
     */
    static void store(
            Insn insn,
            Cpu c,
            int segment,
            long value,
            long mask,
            long highValue,
            long highMask,
            int size) {
        long base = c.r[Cpu.RDI];
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < size; i++) {
                long m = i < 8 ? mask : highMask;
                if ((m >>> 8 * (i & 7) & 0x80) == 0) {
                    continue;
                }
                long a = linear(insn, c, segment, base + i);
                if (pass == 0) {
                    c.mem.checkWrite(a, 1);
                } else {
                    long v = i < 8 ? value : highValue;
                    c.mem.write8(a, (int) (v >>> 8 * (i & 7)) & 0xff);
                }
            }
        }
    }

    /** The segment it goes to: DS unless a prefix says otherwise. */
    static int segment(Decoded d) {
        return d.segPrefix >= 0 ? d.segPrefix : Cpu.DS;
    }

    private static long linear(Insn insn, Cpu c, int segment, long offset) {
        if (c.is64()) {
            long a = insn.addrSize == 8 ? offset : offset & 0xffff_ffffL;
            return segment == Cpu.FS || segment == Cpu.GS ? a + c.segBase[segment] : a;
        }
        long a = insn.addrSize == 2 ? offset & 0xffff : offset & 0xffff_ffffL;
        return Segments.linear(c, segment, a, 1, true);
    }
}
