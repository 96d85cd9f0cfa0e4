package org.jvisor.emulator;

/**
 * SSE's scalar and packed floating point in translated code. With MXCSR as programs leave it, PE
 * set already, and ordinary numbers, Java's arithmetic is all there is to do, and is inlined;
 * {@link RegionFloatSlow} does the rest. Numbers are their bits.
 */
final class RegionFloat {
    private static final int TOP = 0x7ff;

    private RegionFloat() {}

    private static double number(long a) {
        return Double.longBitsToDouble(a);
    }

    private static long bits(double x) {
        return Double.doubleToRawLongBits(x);
    }

    /** Not a denormal number. False for the smallest normal ones too. */
    private static boolean normal(long a) {
        return (a << 1) - 1 >>> 53 != 0;
    }

    /** Neither infinite nor a NaN. */
    private static boolean finite(long z) {
        return ((int) (z >>> 52) & TOP) != TOP;
    }

    /** Finite and well above the denormal numbers. */
    private static boolean inRange(long z) {
        return ((int) (z >>> 52) & TOP) - 2 + Integer.MIN_VALUE < TOP - 2 + Integer.MIN_VALUE;
    }

    // ---- what the arithmetic gives, and whether that is right ----

    /** Whether MXCSR is as this needs it. */
    static boolean quick(Cpu c) {
        return c.sse.math.quick;
    }

    static long sum(long a, long b) {
        return bits(number(a) + number(b));
    }

    static long difference(long a, long b) {
        return bits(number(a) - number(b));
    }

    static long product(long a, long b) {
        return bits(number(a) * number(b));
    }

    static long quotient(long a, long b) {
        return bits(number(a) / number(b));
    }

    static long root(long a) {
        return bits(Math.sqrt(number(a)));
    }

    static long smaller(long a, long b) {
        return number(a) < number(b) ? a : b;
    }

    static long larger(long a, long b) {
        return number(a) > number(b) ? a : b;
    }

    /** Whether {@code z} is right as a sum or a difference. */
    static boolean isSum(long a, long b, long z) {
        return normal(a) && normal(b) && finite(z);
    }

    /** Whether {@code z} is right as a product or a quotient. */
    static boolean isProduct(long a, long b, long z) {
        return normal(a) && normal(b) && inRange(z);
    }

    static boolean isRoot(long a) {
        return a > 0 && normal(a) && finite(a);
    }

    /** Whether there is a smaller and a larger one. */
    static boolean isOrdered(long a, long b) {
        return order(a, b) >= 0;
    }

    /** {@link #LESS}, {@link #EQUAL}, {@link #GREATER}, or less than 0 where it is not known. */
    static int order(long a, long b) {
        double x = number(a);
        double y = number(b);
        if (normal(a) && normal(b)) {
            if (x < y) {
                return LESS;
            }
            if (x > y) {
                return GREATER;
            }
            if (x == y) {
                return EQUAL;
            }
        }
        return UNORDERED;
    }

    /** CVTTSD2SI to 32 bits, or one of the numbers for which {@link #isInt} is false. */
    static int truncatedInt(long a) {
        return (int) number(a);
    }

    static boolean isInt(int n) {
        return n != 0 && n != Integer.MIN_VALUE && n != Integer.MAX_VALUE;
    }

    /** CVTTSD2SI to 64 bits, or one of the numbers for which {@link #isLong} is false. */
    static long truncatedLong(long a) {
        return (long) number(a);
    }

    static boolean isLong(long n) {
        return n != 0 && n != Long.MIN_VALUE && n != Long.MAX_VALUE;
    }

    // ---- scalar double ----

    /** ADDSD. */
    static long add(Cpu c, long a, long b) {
        long z = sum(a, b);
        return c.sse.math.quick && isSum(a, b, z) ? z : RegionFloatSlow.add(c, a, b);
    }

    /** SUBSD. */
    static long subtract(Cpu c, long a, long b) {
        long z = difference(a, b);
        return c.sse.math.quick && isSum(a, b, z) ? z : RegionFloatSlow.subtract(c, a, b);
    }

    /** MULSD. */
    static long multiply(Cpu c, long a, long b) {
        long z = product(a, b);
        return c.sse.math.quick && isProduct(a, b, z) ? z : RegionFloatSlow.multiply(c, a, b);
    }

    /** DIVSD. */
    static long divide(Cpu c, long a, long b) {
        long z = quotient(a, b);
        return c.sse.math.quick && isProduct(a, b, z) ? z : RegionFloatSlow.divide(c, a, b);
    }

    /** SQRTSD. */
    static long squareRoot(Cpu c, long a) {
        return c.sse.math.quick && a > 0 && normal(a) && finite(a)
                ? bits(Math.sqrt(number(a)))
                : RegionFloatSlow.squareRoot(c, a);
    }

    /** MINSD. */
    static long minimum(Cpu c, long a, long b) {
        double x = number(a);
        double y = number(b);
        if (normal(a) && normal(b)) {
            if (x < y) {
                return a;
            }
            if (x >= y) {
                return b;
            }
        }
        return RegionFloatSlow.minimum(c, a, b);
    }

    /** MAXSD. */
    static long maximum(Cpu c, long a, long b) {
        double x = number(a);
        double y = number(b);
        if (normal(a) && normal(b)) {
            if (x > y) {
                return a;
            }
            if (x <= y) {
                return b;
            }
        }
        return RegionFloatSlow.maximum(c, a, b);
    }

    // ---- packed double ----

    /** ADDPD into the register whose low half is {@code x[d]}. */
    static void addBoth(Cpu c, long[] x, int d, long b0, long b1) {
        long a0 = x[d];
        long a1 = x[d + 1];
        long z0 = bits(number(a0) + number(b0));
        long z1 = bits(number(a1) + number(b1));
        if (c.sse.math.quick
                && normal(a0)
                && normal(b0)
                && normal(a1)
                && normal(b1)
                && finite(z0)
                && finite(z1)) {
            x[d] = z0;
            x[d + 1] = z1;
        } else {
            RegionFloatSlow.doubles(c, SseArith.ADD, x, d, b0, b1);
        }
    }

    /** SUBPD into the register whose low half is {@code x[d]}. */
    static void subtractBoth(Cpu c, long[] x, int d, long b0, long b1) {
        long a0 = x[d];
        long a1 = x[d + 1];
        long z0 = bits(number(a0) - number(b0));
        long z1 = bits(number(a1) - number(b1));
        if (c.sse.math.quick
                && normal(a0)
                && normal(b0)
                && normal(a1)
                && normal(b1)
                && finite(z0)
                && finite(z1)) {
            x[d] = z0;
            x[d + 1] = z1;
        } else {
            RegionFloatSlow.doubles(c, SseArith.SUB, x, d, b0, b1);
        }
    }

    /** MULPD into the register whose low half is {@code x[d]}. */
    static void multiplyBoth(Cpu c, long[] x, int d, long b0, long b1) {
        long a0 = x[d];
        long a1 = x[d + 1];
        long z0 = bits(number(a0) * number(b0));
        long z1 = bits(number(a1) * number(b1));
        if (c.sse.math.quick
                && normal(a0)
                && normal(b0)
                && normal(a1)
                && normal(b1)
                && inRange(z0)
                && inRange(z1)) {
            x[d] = z0;
            x[d + 1] = z1;
        } else {
            RegionFloatSlow.doubles(c, SseArith.MUL, x, d, b0, b1);
        }
    }

    /** DIVPD into the register whose low half is {@code x[d]}. */
    static void divideBoth(Cpu c, long[] x, int d, long b0, long b1) {
        long a0 = x[d];
        long a1 = x[d + 1];
        long z0 = bits(number(a0) / number(b0));
        long z1 = bits(number(a1) / number(b1));
        if (c.sse.math.quick
                && normal(a0)
                && normal(b0)
                && normal(a1)
                && normal(b1)
                && inRange(z0)
                && inRange(z1)) {
            x[d] = z0;
            x[d + 1] = z1;
        } else {
            RegionFloatSlow.doubles(c, SseArith.DIV, x, d, b0, b1);
        }
    }

    // ---- comparison ----

    /** Outcomes of a comparison as {@link #carry} and {@link #result} take them. */
    static final int UNORDERED = -1, LESS = 0, EQUAL = 1, GREATER = 2;

    /** UCOMISD. */
    static int compareQuiet(Cpu c, long a, long b) {
        int order = order(a, b);
        return order >= 0 ? order : RegionFloatSlow.compare(c, a, b, true);
    }

    /** COMISD. */
    static int compare(Cpu c, long a, long b) {
        int order = order(a, b);
        return order >= 0 ? order : RegionFloatSlow.compare(c, a, b, false);
    }

    /** The carries of {@link Flags} after a comparison. */
    static long carry(int order) {
        return order <= LESS ? 3L << 62 : order & 1;
    }

    /** The result of {@link Flags} after a comparison. */
    static long result(int order) {
        return ~order & 1;
    }

    // ---- conversion ----

    /** CVTSI2SD of 32 bits. */
    static long fromInt(int n) {
        return bits(n);
    }

    /** CVTTSD2SI to 32 bits, zero-extended. */
    static long toInt(Cpu c, long a) {
        double x = number(a);
        int n = (int) x;
        return c.sse.math.quick && n != 0 && n != Integer.MIN_VALUE && n != Integer.MAX_VALUE
                ? n & 0xffff_ffffL
                : RegionFloatSlow.toInteger(c, a, 32, true) & 0xffff_ffffL;
    }

    /** CVTTSD2SI to 64 bits. */
    static long toLong(Cpu c, long a) {
        double x = number(a);
        long n = (long) x;
        return c.sse.math.quick && n != 0 && n != Long.MIN_VALUE && n != Long.MAX_VALUE
                ? n
                : RegionFloatSlow.toInteger(c, a, 64, true);
    }

    /** CVTSS2SD. */
    static long widen(Cpu c, int a) {
        int e = a >>> 23 & 0xff;
        return e != 0 && e != 0xff ? bits(Float.intBitsToFloat(a)) : RegionFloatSlow.widen(c, a);
    }
}
