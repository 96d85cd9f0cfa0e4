package org.jvisor.emulator.math;

import static org.jvisor.emulator.math.LaneMoves.align;
import static org.jvisor.emulator.math.Lanes.pair;
import static org.jvisor.emulator.math.Lanes.sb;
import static org.jvisor.emulator.math.Lanes.sd;
import static org.jvisor.emulator.math.Lanes.sw;
import static org.jvisor.emulator.math.Lanes.ub;
import static org.jvisor.emulator.math.Lanes.uw;

/**
 * Packed integer operations that look at 16 bytes whole. The destination is {@code x[d]} (low) and
 * {@code x[d + 1]} (high), the source {@code lo} and {@code hi}; every method has the shape of
 * {@link WideLanes.Op}.
 */
public final class WideLanes {
    /** An operation on 16 bytes. */
    @FunctionalInterface
    public interface Op {
        /**
         * Replaces the destination.
         *
         * @param x the registers, two longs each
         * @param d index of the destination's low half
         * @param lo low half of the source
         * @param hi high half of the source
         * @param imm the immediate byte, 0 to 255
         */
        void apply(long[] x, int d, long lo, long hi, int imm);
    }

    private WideLanes() {}

    private static void set(long[] x, int d, long lo, long hi) {
        x[d] = lo;
        x[d + 1] = hi;
    }

    private static int byteAt(long lo, long hi, int i) {
        return ub(i < 8 ? lo : hi, i & 7);
    }

    private static int wordAt(long lo, long hi, int i) {
        return uw(i < 4 ? lo : hi, i & 3);
    }

    private static int dwordAt(long lo, long hi, int i) {
        return sd(i < 2 ? lo : hi, i & 1);
    }

    /** PSHUFB. */
    public static void shuffleB(long[] x, int d, long lo, long hi, int imm) {
        long alo = x[d];
        long ahi = x[d + 1];
        set(x, d, gather(alo, ahi, lo), gather(alo, ahi, hi));
    }

    private static long gather(long lo, long hi, long order) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            int k = ub(order, i);
            r |= k >= 0x80 ? 0 : (long) byteAt(lo, hi, k & 15) << 8 * i;
        }
        return r;
    }

    /** PSHUFD. */
    public static void shuffleD(long[] x, int d, long lo, long hi, int imm) {
        set(
                x,
                d,
                pair(dwordAt(lo, hi, imm & 3), dwordAt(lo, hi, imm >> 2 & 3)),
                pair(dwordAt(lo, hi, imm >> 4 & 3), dwordAt(lo, hi, imm >> 6 & 3)));
    }

    /** SHUFPS. */
    public static void shufflePs(long[] x, int d, long lo, long hi, int imm) {
        long alo = x[d];
        long ahi = x[d + 1];
        set(
                x,
                d,
                pair(dwordAt(alo, ahi, imm & 3), dwordAt(alo, ahi, imm >> 2 & 3)),
                pair(dwordAt(lo, hi, imm >> 4 & 3), dwordAt(lo, hi, imm >> 6 & 3)));
    }

    /** SHUFPD. */
    public static void shufflePd(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, (imm & 1) != 0 ? x[d + 1] : x[d], (imm & 2) != 0 ? hi : lo);
    }

    /** PSHUFLW. */
    public static void shuffleLowW(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, LaneMoves.shuffleW(lo, imm), hi);
    }

    /** PSHUFHW. */
    public static void shuffleHighW(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, lo, LaneMoves.shuffleW(hi, imm));
    }

    /** PALIGNR. */
    public static void align16(long[] x, int d, long lo, long hi, int imm) {
        long alo = x[d];
        long ahi = x[d + 1];
        int n = imm & 7;
        switch (imm >> 3) {
            case 0 -> set(x, d, align(hi, lo, n), align(alo, hi, n));
            case 1 -> set(x, d, align(alo, hi, n), align(ahi, alo, n));
            case 2 -> set(x, d, align(ahi, alo, n), align(0, ahi, n));
            case 3 -> set(x, d, align(0, ahi, n), 0);
            default -> set(x, d, 0, 0);
        }
    }

    /** PUNPCKLQDQ, UNPCKLPD, MOVLHPS. */
    public static void unpackLowQ(long[] x, int d, long lo, long hi, int imm) {
        x[d + 1] = lo;
    }

    /** PUNPCKHQDQ, UNPCKHPD. */
    public static void unpackHighQ(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, x[d + 1], hi);
    }

    /** MOVHLPS. */
    public static void moveHighToLow(long[] x, int d, long lo, long hi, int imm) {
        x[d] = hi;
    }

    /** MOVSLDUP. */
    public static void duplicateEven(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, pair((int) lo, (int) lo), pair((int) hi, (int) hi));
    }

    /** MOVSHDUP. */
    public static void duplicateOdd(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, pair(sd(lo, 1), sd(lo, 1)), pair(sd(hi, 1), sd(hi, 1)));
    }

    /** PSLLDQ on the destination. */
    public static void shiftLeftBytes(long[] x, int d, long lo, long hi, int imm) {
        long alo = x[d];
        long ahi = x[d + 1];
        int n = imm & 7;
        switch (imm >> 3) {
            case 0 -> set(x, d, alo << 8 * n, n == 0 ? ahi : ahi << 8 * n | alo >>> 64 - 8 * n);
            case 1 -> set(x, d, 0, alo << 8 * n);
            default -> set(x, d, 0, 0);
        }
    }

    /** PSRLDQ on the destination. */
    public static void shiftRightBytes(long[] x, int d, long lo, long hi, int imm) {
        align16(x, d, x[d], x[d + 1], imm >= 16 ? 32 : imm + 16);
    }

    /** MPSADBW. */
    public static void multipleSums(long[] x, int d, long lo, long hi, int imm) {
        long alo = x[d];
        long ahi = x[d + 1];
        int source = (imm & 3) * 4;
        int base = (imm >> 2 & 1) * 4;
        long r0 = 0;
        long r1 = 0;
        for (int i = 0; i < 8; i++) {
            long sum = 0;
            for (int k = 0; k < 4; k++) {
                sum += Math.abs(byteAt(alo, ahi, base + i + k) - byteAt(lo, hi, source + k));
            }
            if (i < 4) {
                r0 |= sum << 16 * i;
            } else {
                r1 |= sum << 16 * (i - 4);
            }
        }
        set(x, d, r0, r1);
    }

    /** PHMINPOSUW. */
    public static void minimumPosition(long[] x, int d, long lo, long hi, int imm) {
        int best = 0;
        for (int i = 1; i < 8; i++) {
            if (wordAt(lo, hi, i) < wordAt(lo, hi, best)) {
                best = i;
            }
        }
        set(x, d, wordAt(lo, hi, best) | best << 16, 0);
    }

    /** PCMPEQQ. */
    public static void equalQ(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, x[d] == lo ? -1 : 0, x[d + 1] == hi ? -1 : 0);
    }

    /** PCMPGTQ. */
    public static void greaterQ(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, x[d] > lo ? -1 : 0, x[d + 1] > hi ? -1 : 0);
    }

    // ---- blends ----

    private static long choose(long mask, long a, long b) {
        return a & ~mask | b & mask;
    }

    /** All ones in the lanes of {@code bits} bits whose lowest bit is set in {@code low}. */
    private static long fill(long low, int bits) {
        return (low << bits) - low;
    }

    /** PBLENDW. */
    public static void blendW(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, choose(words(imm & 15), x[d], lo), choose(words(imm >> 4), x[d + 1], hi));
    }

    private static long words(int bits) {
        long low = bits & 1L | (bits & 2L) << 15 | (bits & 4L) << 30 | (bits & 8L) << 45;
        return fill(low, 16);
    }

    /** BLENDPS. */
    public static void blendPs(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, choose(dwords(imm & 3), x[d], lo), choose(dwords(imm >> 2 & 3), x[d + 1], hi));
    }

    private static long dwords(int bits) {
        return fill(bits & 1L | (bits & 2L) << 31, 32);
    }

    /** BLENDPD. */
    public static void blendPd(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, (imm & 1) != 0 ? lo : x[d], (imm & 2) != 0 ? hi : x[d + 1]);
    }

    /** PBLENDVB: by the signs of XMM0's bytes. */
    public static void blendVariableB(long[] x, int d, long lo, long hi, int imm) {
        long m0 = fill((x[0] & 0x8080_8080_8080_8080L) >>> 7, 8);
        long m1 = fill((x[1] & 0x8080_8080_8080_8080L) >>> 7, 8);
        set(x, d, choose(m0, x[d], lo), choose(m1, x[d + 1], hi));
    }

    /** BLENDVPS. */
    public static void blendVariablePs(long[] x, int d, long lo, long hi, int imm) {
        long m0 = fill((x[0] & 0x8000_0000_8000_0000L) >>> 31, 32);
        long m1 = fill((x[1] & 0x8000_0000_8000_0000L) >>> 31, 32);
        set(x, d, choose(m0, x[d], lo), choose(m1, x[d + 1], hi));
    }

    /** BLENDVPD. */
    public static void blendVariablePd(long[] x, int d, long lo, long hi, int imm) {
        long m0 = x[0] >> 63;
        long m1 = x[1] >> 63;
        set(x, d, choose(m0, x[d], lo), choose(m1, x[d + 1], hi));
    }

    // ---- widening moves ----

    /** PMOVSXBW. */
    public static void signedBw(long[] x, int d, long lo, long hi, int imm) {
        long r0 = 0;
        long r1 = 0;
        for (int i = 0; i < 4; i++) {
            r0 |= (sb(lo, i) & 0xffffL) << 16 * i;
            r1 |= (sb(lo, i + 4) & 0xffffL) << 16 * i;
        }
        set(x, d, r0, r1);
    }

    /** PMOVSXBD. */
    public static void signedBd(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, pair(sb(lo, 0), sb(lo, 1)), pair(sb(lo, 2), sb(lo, 3)));
    }

    /** PMOVSXBQ. */
    public static void signedBq(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, sb(lo, 0), sb(lo, 1));
    }

    /** PMOVSXWD. */
    public static void signedWd(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, pair(sw(lo, 0), sw(lo, 1)), pair(sw(lo, 2), sw(lo, 3)));
    }

    /** PMOVSXWQ. */
    public static void signedWq(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, sw(lo, 0), sw(lo, 1));
    }

    /** PMOVSXDQ. */
    public static void signedDq(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, sd(lo, 0), sd(lo, 1));
    }

    /** PMOVZXBW. */
    public static void unsignedBw(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, LaneMoves.unpackLowB(lo, 0), LaneMoves.unpackHighB(lo, 0));
    }

    /** PMOVZXBD. */
    public static void unsignedBd(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, pair(ub(lo, 0), ub(lo, 1)), pair(ub(lo, 2), ub(lo, 3)));
    }

    /** PMOVZXBQ. */
    public static void unsignedBq(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, ub(lo, 0), ub(lo, 1));
    }

    /** PMOVZXWD. */
    public static void unsignedWd(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, pair(uw(lo, 0), uw(lo, 1)), pair(uw(lo, 2), uw(lo, 3)));
    }

    /** PMOVZXWQ. */
    public static void unsignedWq(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, uw(lo, 0), uw(lo, 1));
    }

    /** PMOVZXDQ. */
    public static void unsignedDq(long[] x, int d, long lo, long hi, int imm) {
        set(x, d, lo & 0xffff_ffffL, lo >>> 32);
    }
}
