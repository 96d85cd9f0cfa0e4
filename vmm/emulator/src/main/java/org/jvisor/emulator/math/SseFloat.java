package org.jvisor.emulator.math;

/**
 * SSE arithmetic with a fast path. With MXCSR as programs leave it (to nearest, all masked, no DAZ
 * or FTZ) and operands that are zeros or normal numbers, Java's own arithmetic gives the CPU's
 * result; of the exceptions only PE can then occur, which is found out exactly unless it is set
 * already. Everything else goes through {@link SseSoft}. Exceptions are added to {@link #flags}.
 */
public final class SseFloat extends SseSoft {
    private static final long EXP = 0x7ffL << 52;
    private static final int EXP_F = 0xff << 23;
    private static final long FRACTION = (1L << 52) - 1;
    private static final long HIDDEN = 1L << 52;

    /** Zero or a normal number. */
    private static boolean ordinary(long a) {
        return ((a >>> 52) + 1 & 0x7ff) > 1 || a << 1 == 0;
    }

    private static boolean ordinary(int a) {
        return ((a >>> 23) + 1 & 0xff) > 1 || a << 1 == 0;
    }

    /**
     * Whether the exponent is so far from both ends that the result neither overflowed nor is tiny.
     */
    private static boolean inRange(long z) {
        int e = (int) (z >>> 52) & 0x7ff;
        return e > 1 && e < 0x7ff;
    }

    private static boolean inRange(int z) {
        int e = z >>> 23 & 0xff;
        return e > 1 && e < 0xff;
    }

    // ---- double ----

    /** ADDSD. */
    public long add(long a, long b) {
        if (plain && ordinary(a) && ordinary(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double r = x + y;
            long z = Double.doubleToRawLongBits(r);
            if ((z & EXP) != EXP) {
                if (!inexactKnown) {
                    sumExactness(x, y, r);
                }
                return z;
            }
        }
        return binary(ADD, a, b, 53);
    }

    /** SUBSD. */
    public long subtract(long a, long b) {
        if (plain && ordinary(a) && ordinary(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double r = x - y;
            long z = Double.doubleToRawLongBits(r);
            if ((z & EXP) != EXP) {
                if (!inexactKnown) {
                    sumExactness(x, -y, r);
                }
                return z;
            }
        }
        return binary(SUBTRACT, a, b, 53);
    }

    /** Knuth's two-sum: the rounding error of a sum is itself a number of the format. */
    private void sumExactness(double x, double y, double r) {
        double part = r - x;
        if ((x - (r - part)) + (y - part) != 0) {
            flags |= PE;
        }
    }

    /** MULSD. */
    public long multiply(long a, long b) {
        if (plain && ordinary(a) && ordinary(b)) {
            double r = Double.longBitsToDouble(a) * Double.longBitsToDouble(b);
            long z = Double.doubleToRawLongBits(r);
            if (inRange(z)) {
                if (!inexactKnown) {
                    productExactness(a, b);
                }
                return z;
            }
            if (a << 1 == 0 || b << 1 == 0) {
                return z;
            }
        }
        return binary(MULTIPLY, a, b, 53);
    }

    /** A product fits 53 bits if enough of its 105 or 106 bits are trailing zeros. */
    private void productExactness(long a, long b) {
        long x = a & FRACTION | HIDDEN;
        long y = b & FRACTION | HIDDEN;
        boolean carry = Math.unsignedMultiplyHigh(x << 11, y << 11) < 0;
        int zeros = Long.numberOfTrailingZeros(x) + Long.numberOfTrailingZeros(y);
        if (zeros < (carry ? 53 : 52)) {
            flags |= PE;
        }
    }

    /** DIVSD. */
    public long divide(long a, long b) {
        if (plain && ordinary(a) && ordinary(b)) {
            double r = Double.longBitsToDouble(a) / Double.longBitsToDouble(b);
            long z = Double.doubleToRawLongBits(r);
            if (inRange(z)) {
                if (!inexactKnown) {
                    quotientExactness(z, b, a);
                }
                return z;
            }
        }
        return binary(DIVIDE, a, b, 53);
    }

    /** Whether {@code q * b} is {@code a}, by the odd parts of the significands. */
    private void quotientExactness(long q, long b, long a) {
        long x = odd(q);
        long y = odd(b);
        if (Math.multiplyHigh(x, y) != 0 || x * y != odd(a)) {
            flags |= PE;
        }
    }

    private static long odd(long a) {
        long m = a & FRACTION | HIDDEN;
        return m >>> Long.numberOfTrailingZeros(m);
    }

    /** SQRTSD. */
    public long squareRoot(long a) {
        if (plain && ordinary(a) && a > 0) {
            long z = Double.doubleToRawLongBits(Math.sqrt(Double.longBitsToDouble(a)));
            if (!inexactKnown) {
                long x = odd(z);
                if (Math.multiplyHigh(x, x) != 0 || x * x != odd(a)) {
                    flags |= PE;
                }
            }
            return z;
        }
        return squareRoot(a, 53);
    }

    /** MINSD, or MAXSD. */
    public long select(boolean max, long a, long b) {
        if (ordinary(a) && ordinary(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            return (max ? x > y : x < y) ? a : b;
        }
        return select(max, a, b, 53);
    }

    /** COMISD, or UCOMISD when {@code quiet}: {@link #LESS} to {@link #UNORDERED}. */
    public int compare(long a, long b, boolean quiet) {
        if (ordinary(a) && ordinary(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            return x < y ? LESS : x > y ? GREATER : EQUAL;
        }
        return compare(a, b, 53, quiet);
    }

    /** CVTTSD2SI, and CVTSD2SI when not {@code truncate}, to 32 or 64 bits. */
    public long toInteger(long a, int bits, boolean truncate) {
        if (truncate) {
            double x = Double.longBitsToDouble(a);
            long n = (long) x;
            if (n == (bits == 32 ? (int) n : n) && n != Long.MIN_VALUE && n != Long.MAX_VALUE) {
                if (n == x && a << 1 == 0 || n != 0) {
                    flags |= n == x ? 0 : PE;
                    return n;
                }
            }
        }
        return toInteger(a, 53, bits, truncate);
    }

    /** CVTSI2SD. */
    public long fromLong(long value) {
        if (value == (int) value) {
            return Double.doubleToRawLongBits((int) value);
        }
        return fromInteger(value, 53);
    }

    /** CVTSS2SD. */
    public long toDouble(int a) {
        if (ordinary(a)) {
            return Double.doubleToRawLongBits(Float.intBitsToFloat(a));
        }
        return widen(a);
    }

    /** CVTSD2SS. */
    public int toSingle(long a) {
        if (plain && ordinary(a)) {
            float r = (float) Double.longBitsToDouble(a);
            int z = Float.floatToRawIntBits(r);
            if (inRange(z) || a << 1 == 0) {
                flags |= r == Double.longBitsToDouble(a) ? 0 : PE;
                return z;
            }
        }
        return narrow(a);
    }

    // ---- single ----

    /** ADDSS. */
    public int add(int a, int b) {
        if (plain && ordinary(a) && ordinary(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float r = x + y;
            int z = Float.floatToRawIntBits(r);
            if ((z & EXP_F) != EXP_F) {
                if (!inexactKnown) {
                    sumExactness(x, y, r);
                }
                return z;
            }
        }
        return (int) binary(ADD, a & 0xffff_ffffL, b & 0xffff_ffffL, 24);
    }

    /** SUBSS. */
    public int subtract(int a, int b) {
        if (plain && ordinary(a) && ordinary(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float r = x - y;
            int z = Float.floatToRawIntBits(r);
            if ((z & EXP_F) != EXP_F) {
                if (!inexactKnown) {
                    sumExactness(x, -y, r);
                }
                return z;
            }
        }
        return (int) binary(SUBTRACT, a & 0xffff_ffffL, b & 0xffff_ffffL, 24);
    }

    private void sumExactness(float x, float y, float r) {
        float part = r - x;
        if ((x - (r - part)) + (y - part) != 0) {
            flags |= PE;
        }
    }

    /** MULSS. The product of two singles is exact as a double. */
    public int multiply(int a, int b) {
        if (plain && ordinary(a) && ordinary(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float r = x * y;
            int z = Float.floatToRawIntBits(r);
            if (inRange(z) || a << 1 == 0 || b << 1 == 0) {
                flags |= r == (double) x * y ? 0 : PE;
                return z;
            }
        }
        return (int) binary(MULTIPLY, a & 0xffff_ffffL, b & 0xffff_ffffL, 24);
    }

    /** DIVSS. */
    public int divide(int a, int b) {
        if (plain && ordinary(a) && ordinary(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float r = x / y;
            int z = Float.floatToRawIntBits(r);
            if (inRange(z)) {
                flags |= (double) r * y == x ? 0 : PE;
                return z;
            }
        }
        return (int) binary(DIVIDE, a & 0xffff_ffffL, b & 0xffff_ffffL, 24);
    }

    /** SQRTSS: rounding a double's root again gives the single's, there being bits enough. */
    public int squareRoot(int a) {
        if (plain && ordinary(a) && a > 0) {
            float x = Float.intBitsToFloat(a);
            float r = (float) Math.sqrt(x);
            flags |= (double) r * r == x ? 0 : PE;
            return Float.floatToRawIntBits(r);
        }
        return (int) squareRoot(a & 0xffff_ffffL, 24);
    }

    /** MINSS, or MAXSS. */
    public int select(boolean max, int a, int b) {
        if (ordinary(a) && ordinary(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            return (max ? x > y : x < y) ? a : b;
        }
        return (int) select(max, a & 0xffff_ffffL, b & 0xffff_ffffL, 24);
    }

    /** COMISS, or UCOMISS when {@code quiet}: {@link #LESS} to {@link #UNORDERED}. */
    public int compare(int a, int b, boolean quiet) {
        if (ordinary(a) && ordinary(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            return x < y ? LESS : x > y ? GREATER : EQUAL;
        }
        return compare(a & 0xffff_ffffL, b & 0xffff_ffffL, 24, quiet);
    }

    /**
     * RCPSS: here the correctly rounded reciprocal, well within the 1.5 * 2^-12 that the
     * architecture allows; denormals count as zeros and tiny results are flushed, as on hardware.
     */
    public static int reciprocal(int a) {
        if ((a & 0x7fff_ffff) > EXP_F) {
            return a | 0x40_0000;
        }
        if ((a & EXP_F) == 0) {
            return a & 0x8000_0000 | EXP_F;
        }
        int z = Float.floatToRawIntBits(1 / Float.intBitsToFloat(a));
        return (z & EXP_F) == 0 ? z & 0x8000_0000 : z;
    }

    /** RSQRTSS, in the manner of {@link #reciprocal}. */
    public static int reciprocalRoot(int a) {
        if ((a & 0x7fff_ffff) > EXP_F) {
            return a | 0x40_0000;
        }
        if ((a & EXP_F) == 0) {
            return a & 0x8000_0000 | EXP_F;
        }
        if (a < 0) {
            return 0xffc0_0000;
        }
        return Float.floatToRawIntBits((float) (1 / Math.sqrt(Float.intBitsToFloat(a))));
    }

    // ---- dot products: each step ends the instruction if it raised something unmasked ----

    /**
     * One element of DPPD: {@code a * b + c * d}.
     *
     * @param set which products count: bit 0 the first, bit 1 the second; the others are zero
     */
    public long dot(int set, long a, long b, long c, long d) {
        int seen = flags;
        if (!allMasked(seen)) {
            return 0;
        }
        flags = 0;
        long x = (set & 1) != 0 ? multiply(a, b) : 0;
        long y = (set & 2) != 0 ? multiply(c, d) : 0;
        if (!endStep(seen)) {
            return 0;
        }
        seen = flags;
        flags = 0;
        long sum = add(x, y);
        endStep(seen);
        return sum;
    }

    /**
     * Two elements of DPPS, those of the half whose operands are {@code a} and {@code b}; {@code c}
     * and {@code d} are the other half. The architecture leaves open in which order the products
     * are added, and it shows when several are NaNs. Here it is as processors do it: an element
     * adds its own product to its neighbour's, and the other half's sum, made alike, to that.
     *
     * @param set which products count: bits 0 and 1 of this half, bits 2 and 3 of the other
     */
    public long dots(int set, long a, long b, long c, long d) {
        int seen = flags;
        if (!allMasked(seen)) {
            return 0;
        }
        flags = 0;
        int p0 = (set & 1) != 0 ? multiply((int) a, (int) b) : 0;
        int p1 = (set & 2) != 0 ? multiply((int) (a >>> 32), (int) (b >>> 32)) : 0;
        int p2 = (set & 4) != 0 ? multiply((int) c, (int) d) : 0;
        int p3 = (set & 8) != 0 ? multiply((int) (c >>> 32), (int) (d >>> 32)) : 0;
        if (!endStep(seen)) {
            return 0;
        }
        seen = flags;
        flags = 0;
        int even = add(p1, p0);
        int odd = add(p0, p1);
        int otherEven = add(p3, p2);
        int otherOdd = add(p2, p3);
        if (!endStep(seen)) {
            return 0;
        }
        seen = flags;
        flags = 0;
        even = add(even, otherEven);
        odd = add(odd, otherOdd);
        endStep(seen);
        return even & 0xffff_ffffL | (long) odd << 32;
    }
}
