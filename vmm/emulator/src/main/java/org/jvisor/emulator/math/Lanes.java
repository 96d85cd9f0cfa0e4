package org.jvisor.emulator.math;

/**
 * Packed integer arithmetic on 8 bytes, as MMX does it and SSE does it twice. {@code a} is the
 * destination operand, {@code b} the source; lanes are numbered from the low end.
 */
public final class Lanes {
    private static final long SIGN8 = 0x8080_8080_8080_8080L;
    private static final long SIGN16 = 0x8000_8000_8000_8000L;
    private static final long SIGN32 = 0x8000_0000_8000_0000L;

    private Lanes() {}

    // ---- addition and subtraction: the top bit of each lane is handled apart from the rest ----

    private static long add(long a, long b, long sign) {
        return (a & ~sign) + (b & ~sign) ^ (a ^ b) & sign;
    }

    private static long subtract(long a, long b, long sign) {
        return (a | sign) - (b & ~sign) ^ (a ^ ~b) & sign;
    }

    public static long addB(long a, long b) {
        return add(a, b, SIGN8);
    }

    public static long addW(long a, long b) {
        return add(a, b, SIGN16);
    }

    public static long addD(long a, long b) {
        return add(a, b, SIGN32);
    }

    public static long subB(long a, long b) {
        return subtract(a, b, SIGN8);
    }

    public static long subW(long a, long b) {
        return subtract(a, b, SIGN16);
    }

    public static long subD(long a, long b) {
        return subtract(a, b, SIGN32);
    }

    // ---- lane access ----

    static int sb(long a, int i) {
        return (byte) (a >>> 8 * i);
    }

    static int ub(long a, int i) {
        return (int) (a >>> 8 * i) & 0xff;
    }

    static int sw(long a, int i) {
        return (short) (a >>> 16 * i);
    }

    static int uw(long a, int i) {
        return (int) (a >>> 16 * i) & 0xffff;
    }

    static int sd(long a, int i) {
        return (int) (a >>> 32 * i);
    }

    static long atB(int value, int i) {
        return (value & 0xffL) << 8 * i;
    }

    static long atW(int value, int i) {
        return (value & 0xffffL) << 16 * i;
    }

    static long pair(int low, int high) {
        return low & 0xffff_ffffL | (long) high << 32;
    }

    // ---- saturation ----

    static int clampB(int v) {
        return Math.clamp(v, -128, 127);
    }

    static int clampUb(int v) {
        return Math.clamp(v, 0, 255);
    }

    static int clampW(int v) {
        return Math.clamp(v, -32768, 32767);
    }

    static int clampUw(int v) {
        return Math.clamp(v, 0, 65535);
    }

    public static long addSatB(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            r |= atB(clampB(sb(a, i) + sb(b, i)), i);
        }
        return r;
    }

    public static long addSatW(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(clampW(sw(a, i) + sw(b, i)), i);
        }
        return r;
    }

    public static long addSatUb(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            r |= atB(clampUb(ub(a, i) + ub(b, i)), i);
        }
        return r;
    }

    public static long addSatUw(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(clampUw(uw(a, i) + uw(b, i)), i);
        }
        return r;
    }

    public static long subSatB(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            r |= atB(clampB(sb(a, i) - sb(b, i)), i);
        }
        return r;
    }

    public static long subSatW(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(clampW(sw(a, i) - sw(b, i)), i);
        }
        return r;
    }

    public static long subSatUb(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            r |= atB(clampUb(ub(a, i) - ub(b, i)), i);
        }
        return r;
    }

    public static long subSatUw(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(clampUw(uw(a, i) - uw(b, i)), i);
        }
        return r;
    }

    // ---- comparison ----

    /** All ones in the lanes that are zero in {@code x}. */
    private static long zeros(long x, long sign, int bits) {
        long low = (x & ~sign) + ~sign | x;
        long top = ~low & sign;
        return (top << 1) - (top >>> bits - 1);
    }

    public static long equalB(long a, long b) {
        return zeros(a ^ b, SIGN8, 8);
    }

    public static long equalW(long a, long b) {
        return zeros(a ^ b, SIGN16, 16);
    }

    public static long equalD(long a, long b) {
        return zeros(a ^ b, SIGN32, 32);
    }

    public static long greaterB(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            r |= sb(a, i) > sb(b, i) ? 0xffL << 8 * i : 0;
        }
        return r;
    }

    public static long greaterW(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= sw(a, i) > sw(b, i) ? 0xffffL << 16 * i : 0;
        }
        return r;
    }

    public static long greaterD(long a, long b) {
        return pair(sd(a, 0) > sd(b, 0) ? -1 : 0, sd(a, 1) > sd(b, 1) ? -1 : 0);
    }

    /** Chooses lanes of {@code a} where {@code mask} is ones, of {@code b} where zeros. */
    private static long choose(long mask, long a, long b) {
        return a & mask | b & ~mask;
    }

    public static long maxSb(long a, long b) {
        return choose(greaterB(a, b), a, b);
    }

    public static long minSb(long a, long b) {
        return choose(greaterB(a, b), b, a);
    }

    public static long maxUb(long a, long b) {
        return choose(greaterB(a ^ SIGN8, b ^ SIGN8), a, b);
    }

    public static long minUb(long a, long b) {
        return choose(greaterB(a ^ SIGN8, b ^ SIGN8), b, a);
    }

    public static long maxSw(long a, long b) {
        return choose(greaterW(a, b), a, b);
    }

    public static long minSw(long a, long b) {
        return choose(greaterW(a, b), b, a);
    }

    public static long maxUw(long a, long b) {
        return choose(greaterW(a ^ SIGN16, b ^ SIGN16), a, b);
    }

    public static long minUw(long a, long b) {
        return choose(greaterW(a ^ SIGN16, b ^ SIGN16), b, a);
    }

    public static long maxSd(long a, long b) {
        return choose(greaterD(a, b), a, b);
    }

    public static long minSd(long a, long b) {
        return choose(greaterD(a, b), b, a);
    }

    public static long maxUd(long a, long b) {
        return choose(greaterD(a ^ SIGN32, b ^ SIGN32), a, b);
    }

    public static long minUd(long a, long b) {
        return choose(greaterD(a ^ SIGN32, b ^ SIGN32), b, a);
    }

    // ---- multiplication and averages ----

    public static long mulLowW(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(sw(a, i) * sw(b, i), i);
        }
        return r;
    }

    public static long mulHighW(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(sw(a, i) * sw(b, i) >> 16, i);
        }
        return r;
    }

    public static long mulHighUw(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(uw(a, i) * uw(b, i) >>> 16, i);
        }
        return r;
    }

    /** PMULHRSW: rounded and scaled. */
    public static long mulRoundedW(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW((sw(a, i) * sw(b, i) >> 14) + 1 >> 1, i);
        }
        return r;
    }

    public static long mulLowD(long a, long b) {
        return pair(sd(a, 0) * sd(b, 0), sd(a, 1) * sd(b, 1));
    }

    /** PMULUDQ. */
    public static long mulUd(long a, long b) {
        return (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
    }

    /** PMULDQ. */
    public static long mulSd(long a, long b) {
        return (long) (int) a * (int) b;
    }

    /** PMADDWD. */
    public static long mulAddW(long a, long b) {
        return pair(
                sw(a, 0) * sw(b, 0) + sw(a, 1) * sw(b, 1),
                sw(a, 2) * sw(b, 2) + sw(a, 3) * sw(b, 3));
    }

    /** PMADDUBSW: unsigned bytes of {@code a} by signed bytes of {@code b}. */
    public static long mulAddUbSb(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            int even = ub(a, 2 * i) * sb(b, 2 * i);
            int odd = ub(a, 2 * i + 1) * sb(b, 2 * i + 1);
            r |= atW(clampW(even + odd), i);
        }
        return r;
    }

    public static long averageB(long a, long b) {
        // Half the difference taken from the union: no carry between lanes.
        return (a | b) - ((a ^ b) >>> 1 & ~SIGN8);
    }

    public static long averageW(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~SIGN16);
    }

    /** PSADBW. */
    public static long sumOfDifferences(long a, long b) {
        int sum = 0;
        for (int i = 0; i < 8; i++) {
            sum += Math.abs(ub(a, i) - ub(b, i));
        }
        return sum;
    }

    // ---- signs ----

    public static long absB(long a, long b) {
        return signB(b, b);
    }

    public static long absW(long a, long b) {
        return signW(b, b);
    }

    public static long absD(long a, long b) {
        return signD(b, b);
    }

    /** PSIGNB. */
    public static long signB(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            r |= atB(sb(a, i) * Integer.signum(sb(b, i)), i);
        }
        return r;
    }

    /** PSIGNW. */
    public static long signW(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= atW(sw(a, i) * Integer.signum(sw(b, i)), i);
        }
        return r;
    }

    /** PSIGND. */
    public static long signD(long a, long b) {
        return pair(sd(a, 0) * Integer.signum(sd(b, 0)), sd(a, 1) * Integer.signum(sd(b, 1)));
    }
}
