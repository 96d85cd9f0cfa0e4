package org.jvisor.emulator.math;

/**
 * Binary floating point on unpacked, non-zero, finite numbers: a number is {@code (-1)^sign *
 * significand * 2^(exponent - 63)} with bit 63 of the significand set. The exact result of an
 * operation is left in {@link #sign}, {@link #exp}, {@link #hi} and {@link #lo}, the lowest bit of
 * {@code lo} standing for all that was cut off; rounding to a format is a second step. x87 and SSE
 * differ only in what they make of special operands and in their formats.
 */
public class FloatCore {
    /** Exception flags as in FSW and MXCSR: invalid operation. */
    public static final int IE = 1;

    /** Denormal operand. */
    public static final int DE = 2;

    /** Division by zero. */
    public static final int ZE = 4;

    /** Overflow. */
    public static final int OE = 8;

    /** Underflow. */
    public static final int UE = 16;

    /** Precision: the result was rounded. */
    public static final int PE = 32;

    /** Rounding control as in FCW and MXCSR: to nearest, ties to even. */
    public static final int NEAREST = 0;

    /** Towards minus infinity. */
    public static final int DOWN = 1;

    /** Towards plus infinity. */
    public static final int UP = 2;

    /** Towards zero. */
    public static final int TRUNCATE = 3;

    /** The rounding mode, {@link #NEAREST} to {@link #TRUNCATE}. */
    public int rounding;

    /** The masked exceptions, a set of the flags. */
    public int masks = 0x3f;

    /** Exceptions raised since the caller last cleared this. */
    public int flags;

    /** Whether the last rounding increased the magnitude (C1 of FSW). */
    public boolean roundedUp;

    /** Whether the last rounding lost bits. */
    boolean inexact;

    /** The unpacked result: 1 for negative. */
    int sign;

    /** The unpacked result's exponent, unbiased. */
    int exp;

    /** The unpacked result's significand, upper half: bit 63 is set unless the result is zero. */
    long hi;

    /** The unpacked result's significand, lower half, jammed. */
    long lo;

    /** Whether all exceptions in {@code set} that are flagged are masked. */
    public final boolean allMasked(int set) {
        return (flags & ~masks & set) == 0;
    }

    final void setUnpacked(int sign, int exp, long hi, long lo) {
        this.sign = sign;
        this.exp = exp;
        this.hi = hi;
        this.lo = lo;
    }

    /** Adds two unpacked numbers. A zero sum gets the sign the rounding mode calls for. */
    final void addCore(int sa, int ea, long ma, int sb, int eb, long mb) {
        if (ea < eb || (ea == eb && Long.compareUnsigned(ma, mb) < 0)) {
            int s = sa;
            sa = sb;
            sb = s;
            int e = ea;
            ea = eb;
            eb = e;
            long m = ma;
            ma = mb;
            mb = m;
        }
        int d = ea - eb;
        long bh;
        long bl;
        if (d == 0) {
            bh = mb;
            bl = 0;
        } else if (d < 64) {
            bh = mb >>> d;
            bl = mb << (64 - d);
        } else if (d == 64) {
            bh = 0;
            bl = mb;
        } else if (d < 127) {
            bh = 0;
            bl = mb >>> (d - 64) | (mb << (128 - d) != 0 ? 1 : 0);
        } else {
            bh = 0;
            bl = 1;
        }
        sign = sa;
        exp = ea;
        if (sa == sb) {
            long h = ma + bh;
            if (Long.compareUnsigned(h, ma) < 0) {
                lo = h << 63 | bl >>> 1 | bl & 1;
                hi = h >>> 1 | Long.MIN_VALUE;
                exp++;
            } else {
                hi = h;
                lo = bl;
            }
            return;
        }
        long l = -bl;
        long h = ma - bh - (bl != 0 ? 1 : 0);
        hi = h;
        lo = l;
        if ((h | l) == 0) {
            sign = rounding == DOWN ? 1 : 0;
            return;
        }
        normalize();
    }

    /** Shifts {@code hi:lo}, which is not zero, left until bit 63 of {@code hi} is set. */
    final void normalize() {
        if (hi == 0) {
            hi = lo;
            lo = 0;
            exp -= 64;
        }
        int n = Long.numberOfLeadingZeros(hi);
        if (n > 0) {
            hi = hi << n | lo >>> (64 - n);
            lo <<= n;
            exp -= n;
        }
    }

    /** Multiplies two unpacked numbers. */
    final void mulCore(int sa, int ea, long ma, int sb, int eb, long mb) {
        sign = sa ^ sb;
        exp = ea + eb + 1;
        hi = Math.unsignedMultiplyHigh(ma, mb);
        lo = ma * mb;
        if (hi >= 0) {
            hi = hi << 1 | lo >>> 63;
            lo <<= 1;
            exp--;
        }
    }

    /** Divides two unpacked numbers. */
    final void divCore(int sa, int ea, long ma, int sb, int eb, long mb) {
        sign = sa ^ sb;
        exp = ea - eb;
        long h = ma;
        long l = 0;
        if (Long.compareUnsigned(ma, mb) >= 0) {
            h = ma >>> 1;
            l = ma << 63;
        } else {
            exp--;
        }
        long q = divide128(h, l, mb);
        long r = l - q * mb;
        hi = q;
        // The next quotient bit, and whether anything follows it.
        boolean half = r < 0 || Long.compareUnsigned(r << 1, mb) >= 0;
        long rest = half ? (r << 1) - mb : r;
        lo = (half ? Long.MIN_VALUE : 0) | (rest != 0 ? 1 : 0);
    }

    /**
     * The quotient of {@code h:l} by {@code d}, where bit 63 of {@code d} is set and {@code h} is
     * below {@code d}: schoolbook division with digits of 32 bits.
     */
    static long divide128(long h, long l, long d) {
        long d1 = d >>> 32;
        long d0 = d & 0xffff_ffffL;
        long high = digit(h, l >>> 32, d1, d0);
        long rest = (h << 32 | l >>> 32) - high * d;
        long low = digit(rest, l & 0xffff_ffffL, d1, d0);
        return high << 32 | low;
    }

    private static long digit(long h, long next, long d1, long d0) {
        long q = Long.divideUnsigned(h, d1);
        long r = h - q * d1;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * d0, r << 32 | next) > 0) {
            q--;
            r += d1;
            if (r >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    /** The square root of an unpacked positive number. */
    final void sqrtCore(int ea, long ma) {
        // An even exponent leaves 2 * m or m under the root, in [1, 4).
        boolean odd = (ea & 1) != 0;
        long rh = odd ? ma >>> 62 : ma >>> 63;
        long rest = odd ? ma << 2 : ma << 1;
        long root = 1;
        long remHi = 0;
        long remLo = rh - 1;
        for (int i = 0; i < 63; i++) {
            remHi = remHi << 2 | remLo >>> 62;
            remLo = remLo << 2 | rest >>> 62;
            rest <<= 2;
            // The trial divisor 4 * root + 1 has up to 66 bits.
            long tHi = root >>> 62;
            long tLo = root << 2 | 1;
            root <<= 1;
            if (remHi > tHi || (remHi == tHi && Long.compareUnsigned(remLo, tLo) >= 0)) {
                long below = Long.compareUnsigned(remLo, tLo) < 0 ? 1 : 0;
                remLo -= tLo;
                remHi -= tHi + below;
                root |= 1;
            }
        }
        sign = 0;
        exp = ea >> 1;
        hi = root;
        // The next bit is set when 4 * remainder > 4 * root, equality being impossible.
        boolean half = remHi != 0 || Long.compareUnsigned(remLo, root) > 0;
        lo = (half ? Long.MIN_VALUE : 0) | ((remHi | remLo) != 0 ? 1 : 0);
    }

    /**
     * Rounds {@code h:l} to its leading {@code bits} bits, setting {@link #inexact} and {@link
     * #roundedUp}.
     *
     * @return the significand, zeros below the kept bits; 0 when it rounded up to 2^64
     */
    final long round(int sign, long h, long l, int bits) {
        int drop = 64 - bits;
        long kept = drop == 0 ? h : h >>> drop << drop;
        long cut = drop == 0 ? l : h << bits | (l != 0 ? 1 : 0);
        long unit = 1L << drop;
        boolean up =
                switch (rounding) {
                    case NEAREST -> cut < 0 && (cut << 1 != 0 || (kept & unit) != 0);
                    case DOWN -> sign != 0 && cut != 0;
                    case UP -> sign == 0 && cut != 0;
                    default -> false;
                };
        inexact = cut != 0;
        roundedUp = up;
        return up ? kept + unit : kept;
    }

    /**
     * Whether a finite result too large for its format becomes infinity, not the largest number.
     */
    final boolean overflowsToInfinity(int sign) {
        return rounding == NEAREST || rounding == (sign != 0 ? DOWN : UP);
    }

    /**
     * Rounds the unpacked result to an IEEE format and raises OE, UE and PE.
     *
     * @param p bits of the significand, the hidden one included: 24 or 53
     * @param bias the exponent's bias: 127 or 1023
     * @param flush whether tiny results become zero (MXCSR.FTZ)
     * @return the number's bits; of no meaning when an unmasked OE or UE was raised
     */
    final long packIeee(int p, int bias, boolean flush) {
        int drop = 64 - p;
        long signBit = (long) sign << (p == 53 ? 63 : 31);
        if ((hi | lo) == 0) {
            return signBit;
        }
        long m = round(sign, hi, lo, p);
        int e = exp;
        if (m == 0) {
            m = Long.MIN_VALUE;
            e++;
        }
        if (e > bias) {
            flags |= OE;
            if ((masks & OE) == 0) {
                flags |= inexact ? PE : 0;
                return 0;
            }
            flags |= PE;
            boolean infinite = overflowsToInfinity(sign);
            roundedUp = infinite;
            return signBit | (((2L * bias + 1) << (p - 1)) - (infinite ? 0 : 1));
        }
        int least = 1 - bias;
        if (e < least) {
            if ((masks & UE) == 0) {
                flags |= inexact ? UE | PE : UE;
                return 0;
            }
            if (flush) {
                flags |= UE | PE;
                roundedUp = false;
                return signBit;
            }
            m = roundDenormal(least - exp, p);
            flags |= inexact ? UE | PE : 0;
            // A carry into the hidden bit makes the exponent field 1, as it should.
            return signBit | m >>> drop;
        }
        flags |= inexact ? PE : 0;
        return signBit | ((long) (e + bias - 1) << (p - 1)) + (m >>> drop);
    }

    /** Rounds the unpacked result after shifting it right by {@code n} (1 or more) places. */
    final long roundDenormal(int n, int bits) {
        long h;
        long l;
        if (n < 64) {
            h = hi >>> n;
            l = hi << (64 - n) | (lo != 0 ? 1 : 0);
        } else if (n == 64) {
            h = 0;
            l = hi | (lo != 0 ? 1 : 0);
        } else {
            h = 0;
            l = 1;
        }
        return round(sign, h, l, bits);
    }
}
