package org.jvisor.emulator;

/**
 * The x87 environment and registers in memory as FNSTENV and FNSAVE lay them out (SDM 1 figures 8-9
 * to 8-12): by operand size, and in real and virtual-8086 mode with linear pointers.
 */
final class X87Environment {
    private final Cpu c;
    private final Fpu f;
    private final long base;
    private final boolean small;

    X87Environment(Cpu c, long base, boolean small) {
        this.c = c;
        this.f = c.fpu;
        this.base = base;
        this.small = small;
    }

    /** Writes field {@code i}; the upper halves of 32-bit fields that have none read as ones. */
    private void put(int i, int value) {
        if (small) {
            c.mem.write16(base + 2 * i, value & 0xffff);
        } else {
            c.mem.write32(base + 4 * i, value);
        }
    }

    private int take(int i) {
        return small ? c.mem.read16(base + 2 * i) : c.mem.read32(base + 4 * i);
    }

    /** Writes the environment. */
    void store() {
        int ones = 0xffff_0000;
        put(0, f.fcw | ones);
        put(1, f.status() | ones);
        put(2, f.tagWord() | ones);
        if (c.protectedMode()) {
            put(3, (int) f.lastIp);
            put(4, f.lastCs | f.lastOpcode << 16);
            put(5, (int) f.lastDp);
            put(6, f.lastDs | ones);
        } else {
            int ip = (int) f.lastIp + (f.lastCs << 4);
            int dp = (int) f.lastDp + (f.lastDs << 4);
            put(3, ip & 0xffff | (small ? 0 : ones));
            put(4, f.lastOpcode | ip >>> 16 << 12);
            put(5, dp & 0xffff | (small ? 0 : ones));
            put(6, dp >>> 16 << 12);
        }
    }

    /** Reads the environment. */
    void load() {
        f.setControl(take(0) & 0xffff);
        f.setStatus(take(1) & 0xffff);
        f.setTagWord(take(2));
        long mask = small ? 0xffff : 0xffff_ffffL;
        if (c.protectedMode()) {
            f.lastIp = take(3) & mask;
            f.lastCs = take(4) & 0xffff;
            f.lastOpcode = small ? 0 : take(4) >>> 16 & 0x7ff;
            f.lastDp = take(5) & mask;
            f.lastDs = take(6) & 0xffff;
        } else {
            f.lastIp = (take(3) & 0xffff | take(4) >>> 12 << 16) & 0xffff_ffffL;
            f.lastCs = 0;
            f.lastOpcode = take(4) & 0x7ff;
            f.lastDp = (take(5) & 0xffff | take(6) >>> 12 << 16) & 0xffff_ffffL;
            f.lastDs = 0;
        }
    }

    private long register(int i) {
        return base + (small ? 14 : 28) + 10 * i;
    }

    /** Writes the registers, ST(0) first. */
    void storeRegisters() {
        for (int i = 0; i < 8; i++) {
            c.mem.write64(register(i), f.sig[f.st(i)]);
            c.mem.write16(register(i) + 8, f.se[f.st(i)]);
        }
    }

    /** Reads the registers, after the environment with its TOP and tags. */
    void loadRegisters() {
        for (int i = 0; i < 8; i++) {
            f.sig[f.st(i)] = c.mem.read64(register(i));
            f.se[f.st(i)] = c.mem.read16(register(i) + 8);
        }
    }
}
