package org.jvisor.emulator;

/**
 * The x87 environment and registers in memory as FNSTENV and FNSAVE lay them out (SDM 1 figures 8-9
 * to 8-12): with 16- or 32-bit fields, and in real and virtual-8086 mode with linear pointers.
 */
final class X87Environment {
    /** What fields of 32 bits have in their upper halves where these mean nothing. */
    private static final int ONES = 0xffff_0000;

    private X87Environment() {}

    private static void put(Cpu c, long base, boolean small, int field, int value) {
        if (small) {
            c.mem.write16(base + 2 * field, value & 0xffff);
        } else {
            c.mem.write32(base + 4 * field, value);
        }
    }

    private static int take(Cpu c, long base, boolean small, int field) {
        return small ? c.mem.read16(base + 2 * field) : c.mem.read32(base + 4 * field);
    }

    /**
     * Writes the environment.
     *
     * @param base linear address; the caller has checked that all of it can be written
     * @param small whether fields have 16 bits
     */
    static void store(Cpu c, long base, boolean small) {
        Fpu f = c.fpu;
        put(c, base, small, 0, f.fcw | ONES);
        put(c, base, small, 1, f.status() | ONES);
        put(c, base, small, 2, f.tagWord() | ONES);
        if (c.protectedMode()) {
            put(c, base, small, 3, (int) f.lastIp);
            put(c, base, small, 4, f.lastCs | f.lastOpcode << 16);
            put(c, base, small, 5, (int) f.lastDp);
            put(c, base, small, 6, f.lastDs | ONES);
        } else {
            int ip = (int) f.lastIp + (f.lastCs << 4);
            int dp = (int) f.lastDp + (f.lastDs << 4);
            put(c, base, small, 3, ip & 0xffff | ONES);
            put(c, base, small, 4, f.lastOpcode | ip >>> 16 << 12);
            put(c, base, small, 5, dp & 0xffff | ONES);
            put(c, base, small, 6, dp >>> 16 << 12);
        }
    }

    /** Reads the environment; the arguments are those of {@link #store}. */
    static void load(Cpu c, long base, boolean small) {
        Fpu f = c.fpu;
        f.setControl(take(c, base, small, 0) & 0xffff);
        f.setStatus(take(c, base, small, 1) & 0xffff);
        f.setTagWord(take(c, base, small, 2));
        int ip = take(c, base, small, 3);
        int code = take(c, base, small, 4);
        int dp = take(c, base, small, 5);
        int data = take(c, base, small, 6);
        if (c.protectedMode()) {
            f.lastIp = ip & 0xffff_ffffL;
            f.lastCs = code & 0xffff;
            f.lastOpcode = code >>> 16 & 0x7ff;
            f.lastDp = dp & 0xffff_ffffL;
            f.lastDs = data & 0xffff;
        } else {
            f.lastIp = (ip & 0xffff | code >>> 12 << 16) & 0xffff_ffffL;
            f.lastCs = 0;
            f.lastOpcode = code & 0x7ff;
            f.lastDp = (dp & 0xffff | data >>> 12 << 16) & 0xffff_ffffL;
            f.lastDs = 0;
        }
    }

    private static long register(long base, boolean small, int i) {
        return base + (small ? 14 : 28) + 10 * i;
    }

    /** Writes the registers that follow the environment, ST(0) first. */
    static void storeRegisters(Cpu c, long base, boolean small) {
        Fpu f = c.fpu;
        for (int i = 0; i < 8; i++) {
            long at = register(base, small, i);
            c.mem.write64(at, f.sig[f.st(i)]);
            c.mem.write16(at + 8, f.se[f.st(i)]);
        }
    }

    /** Reads the registers, after the environment with its TOP and tags. */
    static void loadRegisters(Cpu c, long base, boolean small) {
        Fpu f = c.fpu;
        for (int i = 0; i < 8; i++) {
            long at = register(base, small, i);
            f.sig[f.st(i)] = c.mem.read64(at);
            f.se[f.st(i)] = c.mem.read16(at + 8);
        }
    }
}
