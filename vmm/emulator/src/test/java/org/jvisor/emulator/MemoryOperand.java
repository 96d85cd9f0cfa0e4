package org.jvisor.emulator;

/**
 * How a generated instruction addresses memory, and the address it must come to.
 *
 * @param base register number, or -1
 * @param index register number, or -1
 * @param shift log2 of the index's scale
 * @param disp displacement; for a RIP-relative operand the target itself
 * @param addrSize 2, 4 or 8 bytes
 * @param target the offset the sum must give, cut to the address size
 */
record MemoryOperand(int base, int index, int shift, long disp, int addrSize, long target) {
    /** Whether it needs a register at all. */
    boolean usesRegisters() {
        return base >= 0 || index >= 0;
    }

    boolean uses(int register) {
        return base == register || index == register;
    }

    private long mask() {
        return addrSize == 8 ? -1 : (1L << 8 * addrSize) - 1;
    }

    /** What the registers given add up to. */
    long effective(long[] gpr) {
        long sum = disp;
        if (base >= 0) {
            sum += gpr[base];
        }
        if (index >= 0) {
            sum += gpr[index] << shift;
        }
        return sum & mask();
    }

    /**
     * Changes as few registers as possible so that {@link #effective} is the target: the base if
     * there is one, else the index. Bits beyond the address size keep what they hold.
     */
    void solve(long[] gpr) {
        long mask = mask();
        if (base >= 0 && base == index) {
            long rest = target - disp;
            // (1 + scale) v = rest: an odd factor has an inverse, 2 needs an even rest
            long v = shift == 0 ? rest >> 1 : rest * inverse(1 + (1L << shift));
            gpr[base] = gpr[base] & ~mask | v & mask;
        } else if (base >= 0) {
            long rest = target - disp - (index >= 0 ? gpr[index] << shift : 0);
            gpr[base] = gpr[base] & ~mask | rest & mask;
        } else if (index >= 0) {
            long v = target - disp >> shift;
            gpr[index] = gpr[index] & ~mask | v & mask;
        }
    }

    /** The inverse of an odd number modulo 2^64, by Newton's iteration. */
    private static long inverse(long odd) {
        long x = odd;
        for (int i = 0; i < 5; i++) {
            x *= 2 - odd * x;
        }
        return x;
    }
}
