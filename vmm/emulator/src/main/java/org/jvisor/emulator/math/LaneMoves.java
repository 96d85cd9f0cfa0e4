package org.jvisor.emulator.math;

import static org.jvisor.emulator.math.Lanes.atB;
import static org.jvisor.emulator.math.Lanes.atW;
import static org.jvisor.emulator.math.Lanes.clampB;
import static org.jvisor.emulator.math.Lanes.clampUb;
import static org.jvisor.emulator.math.Lanes.clampUw;
import static org.jvisor.emulator.math.Lanes.clampW;
import static org.jvisor.emulator.math.Lanes.pair;
import static org.jvisor.emulator.math.Lanes.sd;
import static org.jvisor.emulator.math.Lanes.sw;
import static org.jvisor.emulator.math.Lanes.ub;
import static org.jvisor.emulator.math.Lanes.uw;

/** Shifts, packs, unpacks, shuffles and horizontal sums on 8 bytes. */
public final class LaneMoves {
    private LaneMoves() {}

    // ---- shifts: a count beyond the lane gives zeros, or copies of the sign ----

    public static long shiftLeftW(long a, long n) {
        if (Long.compareUnsigned(n, 15) > 0) {
            return 0;
        }
        int k = (int) n;
        return a << k & (0xffffL << k & 0xffff) * 0x0001_0001_0001_0001L;
    }

    public static long shiftLeftD(long a, long n) {
        return Long.compareUnsigned(n, 31) > 0 ? 0 : pair(sd(a, 0) << n, sd(a, 1) << n);
    }

    public static long shiftLeftQ(long a, long n) {
        return Long.compareUnsigned(n, 63) > 0 ? 0 : a << n;
    }

    public static long shiftRightW(long a, long n) {
        if (Long.compareUnsigned(n, 15) > 0) {
            return 0;
        }
        int k = (int) n;
        return a >>> k & (0xffffL >>> k) * 0x0001_0001_0001_0001L;
    }

    public static long shiftRightD(long a, long n) {
        return Long.compareUnsigned(n, 31) > 0 ? 0 : pair(sd(a, 0) >>> n, sd(a, 1) >>> n);
    }

    public static long shiftRightQ(long a, long n) {
        return Long.compareUnsigned(n, 63) > 0 ? 0 : a >>> n;
    }

    public static long shiftSignedW(long a, long n) {
        int k = Long.compareUnsigned(n, 15) > 0 ? 15 : (int) n;
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(sw(a, i) >> k, i);
        }
        return r;
    }

    public static long shiftSignedD(long a, long n) {
        int k = Long.compareUnsigned(n, 31) > 0 ? 31 : (int) n;
        return pair(sd(a, 0) >> k, sd(a, 1) >> k);
    }

    // ---- packs: four words or two doublewords of each operand ----

    /** PACKSSWB of one long: 4 bytes. */
    static int packSsWb(long a) {
        int r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (clampB(sw(a, i)) & 0xff) << 8 * i;
        }
        return r;
    }

    /** PACKUSWB of one long: 4 bytes. */
    static int packUsWb(long a) {
        int r = 0;
        for (int i = 0; i < 4; i++) {
            r |= clampUb(sw(a, i)) << 8 * i;
        }
        return r;
    }

    /** PACKSSDW of one long: 2 words. */
    static int packSsDw(long a) {
        return clampW(sd(a, 0)) & 0xffff | clampW(sd(a, 1)) << 16;
    }

    /** PACKUSDW of one long: 2 words. */
    static int packUsDw(long a) {
        return clampUw(sd(a, 0)) | clampUw(sd(a, 1)) << 16;
    }

    public static long packSsWb(long a, long b) {
        return pair(packSsWb(a), packSsWb(b));
    }

    public static long packUsWb(long a, long b) {
        return pair(packUsWb(a), packUsWb(b));
    }

    public static long packSsDw(long a, long b) {
        return pair(packSsDw(a), packSsDw(b));
    }

    public static long packUsDw(long a, long b) {
        return pair(packUsDw(a), packUsDw(b));
    }

    // ---- interleaving of the low or high halves ----

    private static long spreadB(int x) {
        long v = x & 0xffff_ffffL;
        v = (v | v << 16) & 0x0000_ffff_0000_ffffL;
        return (v | v << 8) & 0x00ff_00ff_00ff_00ffL;
    }

    private static long spreadW(int x) {
        return x & 0xffffL | (x & 0xffff_0000L) << 16;
    }

    public static long unpackLowB(long a, long b) {
        return spreadB((int) a) | spreadB((int) b) << 8;
    }

    public static long unpackHighB(long a, long b) {
        return unpackLowB(a >>> 32, b >>> 32);
    }

    public static long unpackLowW(long a, long b) {
        return spreadW((int) a) | spreadW((int) b) << 16;
    }

    public static long unpackHighW(long a, long b) {
        return unpackLowW(a >>> 32, b >>> 32);
    }

    public static long unpackLowD(long a, long b) {
        return a & 0xffff_ffffL | b << 32;
    }

    public static long unpackHighD(long a, long b) {
        return a >>> 32 | b & 0xffff_ffff_0000_0000L;
    }

    // ---- shuffles ----

    /** PSHUFW, and each half of PSHUFLW and PSHUFHW. */
    public static long shuffleW(long b, int order) {
        return uw(b, order & 3)
                | (long) uw(b, order >> 2 & 3) << 16
                | (long) uw(b, order >> 4 & 3) << 32
                | (long) uw(b, order >> 6 & 3) << 48;
    }

    /** PSHUFB on 8 bytes. */
    public static long shuffleB(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            int k = ub(b, i);
            r |= k >= 0x80 ? 0 : atB(ub(a, k & 7), i);
        }
        return r;
    }

    /** PALIGNR on 8 bytes: {@code a:b} shifted right by {@code n} bytes. */
    public static long align(long a, long b, int n) {
        if (n >= 16) {
            return 0;
        }
        if (n >= 8) {
            return a >>> 8 * (n - 8);
        }
        return n == 0 ? b : b >>> 8 * n | a << 64 - 8 * n;
    }

    /** PMOVMSKB of 8 bytes. */
    public static int signMaskB(long a) {
        // Gathers bit 7 of each byte in the top byte of a product.
        return (int) (((a & 0x8080_8080_8080_8080L) >>> 7) * 0x0102_0408_1020_4080L >>> 56);
    }

    // ---- sums of neighbours: two results of each operand, or one ----

    private static int hop(long a, boolean minus, boolean saturate) {
        int low = minus ? sw(a, 0) - sw(a, 1) : sw(a, 0) + sw(a, 1);
        int high = minus ? sw(a, 2) - sw(a, 3) : sw(a, 2) + sw(a, 3);
        if (saturate) {
            low = clampW(low);
            high = clampW(high);
        }
        return low & 0xffff | high << 16;
    }

    public static long addPairsW(long a, long b) {
        return pair(hop(a, false, false), hop(b, false, false));
    }

    public static long addPairsSatW(long a, long b) {
        return pair(hop(a, false, true), hop(b, false, true));
    }

    public static long subPairsW(long a, long b) {
        return pair(hop(a, true, false), hop(b, true, false));
    }

    public static long subPairsSatW(long a, long b) {
        return pair(hop(a, true, true), hop(b, true, true));
    }

    public static long addPairsD(long a, long b) {
        return pair(sd(a, 0) + sd(a, 1), sd(b, 0) + sd(b, 1));
    }

    public static long subPairsD(long a, long b) {
        return pair(sd(a, 0) - sd(a, 1), sd(b, 0) - sd(b, 1));
    }
}
