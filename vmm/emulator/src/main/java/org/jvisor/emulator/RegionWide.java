package org.jvisor.emulator;

import static org.jvisor.emulator.PhysMemory.ALL;
import static org.jvisor.emulator.PhysMemory.LONG;

/**
 * What translated SSE code needs beside arithmetic: whether it is allowed, accesses of 16 bytes,
 * elements. To be inlined, but for the {@code slow} ones.
 */
final class RegionWide {
    private static final long PAGE = ~0xfffL;
    private static final long LOW32 = 0xffff_ffffL;

    private RegionWide() {}

    /** Whether {@link SseInsn#check} raises nothing. */
    static boolean allowed(Cpu c) {
        return (c.cr0 & (ControlBits.CR0_EM | ControlBits.CR0_TS)) == 0
                && (c.cr4 & ControlBits.CR4_OSFXSR) != 0;
    }

    // ---- 16 bytes of memory ----

    /** Where on the host 16 bytes can be read: the guest's memory, or a copy. */
    static long unaligned(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        return t[i & m] == (a + 15 & PAGE) ? a + t[(i | 2) & m] : slowRead(c, a);
    }

    /** As {@link #unaligned}, raising #GP(0) unless the address is a multiple of 16. */
    static long aligned(Cpu c, long[] t, long a) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        return t[i & m] == (a & (PAGE | 15)) ? a + t[(i | 2) & m] : slowReadAligned(c, a);
    }

    static long slowReadAligned(Cpu c, long a) {
        if ((a & 15) != 0) {
            throw c.gp();
        }
        return slowRead(c, a);
    }

    static long slowRead(Cpu c, long a) {
        long low = c.mem.read64(a);
        long high = c.mem.read64(a + 8);
        long copy = c.sse.copy.address();
        ALL.set(LONG, copy, low);
        ALL.set(LONG, copy + 8, high);
        return copy;
    }

    /** Reads 8 bytes of the host. */
    static long get(long host) {
        return Ordered.load64(host);
    }

    /** Writes 16 bytes; tells whether decoded code was written to. */
    static boolean write(Cpu c, long[] t, long a, long low, long high) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a + 15 & PAGE)) {
            long host = a + t[(i | 2) & m];
            Ordered.store64(host, low);
            Ordered.store64(host + 8, high);
            return false;
        }
        return slowWrite(c, a, low, high);
    }

    /** As {@link #write}, raising #GP(0) unless the address is a multiple of 16. */
    static boolean writeAligned(Cpu c, long[] t, long a, long low, long high) {
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a & (PAGE | 15))) {
            long host = a + t[(i | 2) & m];
            Ordered.store64(host, low);
            Ordered.store64(host + 8, high);
            return false;
        }
        return slowWriteAligned(c, a, low, high);
    }

    static boolean slowWriteAligned(Cpu c, long a, long low, long high) {
        if ((a & 15) != 0) {
            throw c.gp();
        }
        return slowWrite(c, a, low, high);
    }

    static boolean slowWrite(Cpu c, long a, long low, long high) {
        c.mem.write128(a, low, high);
        return c.codeDropped;
    }

    // ---- elements ----

    /** Doublewords of two longs, each 0 or 32 bits up. */
    static long doublewords(long low, int lowShift, long high, int highShift) {
        return low >>> lowShift & LOW32 | high >>> highShift << 32;
    }

    /** PMOVMSKB. */
    static long signsOfBytes(long low, long high) {
        return org.jvisor.emulator.math.LaneMoves.signMaskB(low)
                | org.jvisor.emulator.math.LaneMoves.signMaskB(high) << 8;
    }

    /** MOVMSKPD. */
    static long signsOfDoubles(long low, long high) {
        return low >>> 63 | high >>> 63 << 1;
    }

    /** MOVMSKPS. */
    static long signsOfSingles(long low, long high) {
        return low >>> 31 & 1 | low >>> 63 << 1 | (high >>> 31 & 1) << 2 | high >>> 63 << 3;
    }

    /** PTEST: an order that gives its flags, or what {@link #testedCarry} takes. */
    static long testedResult(long a0, long a1, long b0, long b1) {
        return (a0 & b0 | a1 & b1) == 0 ? 0 : 1;
    }

    /** PTEST: the carries of {@link Flags}. */
    static long testedCarry(long a0, long a1, long b0, long b1) {
        boolean zero = (a0 & b0 | a1 & b1) == 0;
        boolean carry = (~a0 & b0 | ~a1 & b1) == 0;
        return (carry ? 3L << 62 : 0) | (zero ? 1 : 0);
    }

    /** Replaces the bits of {@code mask} in {@code old} by those of a value shifted up. */
    static long insert(long old, long value, int shift, long mask) {
        return old & ~(mask << shift) | (value & mask) << shift;
    }
}
