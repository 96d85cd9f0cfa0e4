package org.jvisor.emulator.math;

/**
 * SSE arithmetic on single and double numbers by software, exact in every rounding mode, with every
 * exception and with DAZ and FTZ. Numbers are their bits, singles in the low 32 bits of a long; the
 * parameter {@code p} (24 or 53) says which. When an unmasked exception was raised the result has
 * no meaning: the instruction raises #XM and writes nothing.
 */
public class SseSoft extends FloatCore {
    /** Outcomes of {@link #compare}: the first operand is less. */
    public static final int LESS = -1;

    /** The operands are equal. */
    public static final int EQUAL = 0;

    /** The first operand is greater. */
    public static final int GREATER = 1;

    /** One operand is a NaN. */
    public static final int UNORDERED = 2;

    static final int ADD = 0;
    static final int SUBTRACT = 1;
    static final int MULTIPLY = 2;
    static final int DIVIDE = 3;
    private static final int DAZ = 1 << 6;
    private static final int FTZ = 1 << 15;

    /** Denormal operands count as zeros. */
    boolean daz;

    /** Tiny results become zeros. */
    boolean ftz;

    /** Nearest rounding, everything masked, neither DAZ nor FTZ. */
    boolean plain = true;

    /** PE is set in MXCSR already: no need to find out whether a result is exact. */
    boolean inexactKnown;

    /**
     * Both of these: of operations on ordinary numbers with ordinary results nothing but the result
     * needs to be known.
     */
    public boolean quick;

    /** Takes over the controls and the sticky PE of MXCSR. */
    public final void control(int mxcsr) {
        rounding = mxcsr >> 13 & 3;
        masks = mxcsr >> 7 & 0x3f;
        daz = (mxcsr & DAZ) != 0;
        ftz = (mxcsr & FTZ) != 0;
        plain = rounding == NEAREST && masks == 0x3f && !daz && !ftz;
        inexactKnown = (mxcsr & PE) != 0;
        quick = plain && inexactKnown;
    }

    /** Whether {@link #endStep} has dealt with the order of exceptions. */
    private boolean stepped;

    /**
     * Ends an instruction: what {@link #flags} adds to MXCSR. An unmasked IE, DE or ZE in one
     * element keeps OE, UE and PE of all elements from being reported.
     */
    public final int report() {
        if (!stepped) {
            dropLateFlags();
        }
        stepped = false;
        inexactKnown |= (flags & PE) != 0;
        quick = plain && inexactKnown;
        return flags;
    }

    private void dropLateFlags() {
        if (!allMasked(IE | DE | ZE)) {
            flags &= IE | DE | ZE;
        }
    }

    /**
     * Ends one of several steps of an instruction: the rule of {@link #report} holds for each by
     * itself. Steps start with {@link #flags} clear.
     *
     * @param before the flags of earlier steps, to which this step's are added
     * @return whether the next step may be done: nothing unmasked was raised
     */
    final boolean endStep(int before) {
        dropLateFlags();
        flags |= before;
        stepped = flags != 0; // report() is called only then
        return allMasked(flags);
    }

    static int bias(int p) {
        return p == 53 ? 1023 : 127;
    }

    private static int signOf(long a, int p) {
        return (int) (a >>> (p == 53 ? 63 : 31)) & 1;
    }

    private static long signBit(int sign, int p) {
        return (long) sign << (p == 53 ? 63 : 31);
    }

    private static int field(long a, int p) {
        return (int) (a >>> (p - 1)) & 2 * bias(p) + 1;
    }

    private static long fraction(long a, int p) {
        return a & (1L << (p - 1)) - 1;
    }

    private static long infinity(int p) {
        return (2L * bias(p) + 1) << (p - 1);
    }

    private static long quietBit(int p) {
        return 1L << (p - 2);
    }

    static boolean isNan(long a, int p) {
        return (a & ~signBit(1, p)) > infinity(p);
    }

    static boolean signalling(long a, int p) {
        return isNan(a, p) && (a & quietBit(p)) == 0;
    }

    private static boolean denormal(long a, int p) {
        return field(a, p) == 0 && fraction(a, p) != 0;
    }

    private static long magnitude(long a, int p) {
        return a & ~signBit(1, p);
    }

    private long invalid(int p) {
        flags |= IE;
        return signBit(1, p) | infinity(p) | quietBit(p);
    }

    private long nan(long a, long b, int p) {
        if (signalling(a, p) || signalling(b, p)) {
            flags |= IE;
        }
        return (isNan(a, p) ? a : b) | quietBit(p);
    }

    /** A denormal made zero if DAZ is set, else anything as it is. */
    private long flushed(long a, int p) {
        return daz && denormal(a, p) ? a & signBit(1, p) : a;
    }

    /** Flags denormals; returns whether DE is unmasked, which ends the operation. */
    private boolean denormals(long a, long b, int p) {
        if (denormal(a, p) || denormal(b, p)) {
            flags |= DE;
            return (masks & DE) == 0;
        }
        return false;
    }

    private static int exponent(long a, int p) {
        int e = field(a, p);
        long m = fraction(a, p);
        return e != 0 ? e - bias(p) : 1 - bias(p) - Long.numberOfLeadingZeros(m << (64 - p));
    }

    private static long significand(long a, int p) {
        long m = fraction(a, p) << (64 - p);
        return field(a, p) != 0 ? m | Long.MIN_VALUE : m << Long.numberOfLeadingZeros(m);
    }

    private long pack(int p) {
        return packIeee(p, bias(p), ftz);
    }

    /** Addition, subtraction, multiplication or division. */
    final long binary(int op, long a, long b, int p) {
        if (isNan(a, p) || isNan(b, p)) {
            return nan(a, b, p);
        }
        a = flushed(a, p);
        b = flushed(b, p);
        int sa = signOf(a, p);
        int sb = signOf(b, p) ^ (op == SUBTRACT ? 1 : 0);
        long ma = magnitude(a, p);
        long mb = magnitude(b, p);
        long inf = infinity(p);
        boolean zeroDivide = op == DIVIDE && mb == 0;
        if (zeroDivide && ma != 0 && ma != inf) {
            // The zero divisor hides a denormal dividend.
            flags |= ZE;
            return signBit(sa ^ sb, p) | inf;
        }
        if (denormals(a, b, p)) {
            return 0;
        }
        if (op <= SUBTRACT) {
            if (ma == inf || mb == inf) {
                return ma == mb && sa != sb ? invalid(p) : signBit(ma == inf ? sa : sb, p) | inf;
            }
            if (ma == 0 && mb == 0) {
                return signBit(sa == sb ? sa : rounding == DOWN ? 1 : 0, p);
            }
            if (ma == 0 || mb == 0) {
                long m = ma == 0 ? mb : ma;
                setUnpacked(ma == 0 ? sb : sa, exponent(m, p), significand(m, p), 0);
            } else {
                addCore(
                        sa,
                        exponent(ma, p),
                        significand(ma, p),
                        sb,
                        exponent(mb, p),
                        significand(mb, p));
            }
            return pack(p);
        }
        int s = sa ^ sb;
        if (op == MULTIPLY) {
            if (ma == inf || mb == inf) {
                return ma == 0 || mb == 0 ? invalid(p) : signBit(s, p) | inf;
            }
            if (ma == 0 || mb == 0) {
                return signBit(s, p);
            }
            mulCore(
                    sa,
                    exponent(ma, p),
                    significand(ma, p),
                    sb,
                    exponent(mb, p),
                    significand(mb, p));
            return pack(p);
        }
        if (ma == inf) {
            return mb == inf ? invalid(p) : signBit(s, p) | inf;
        }
        if (ma == 0 && mb == 0) {
            return invalid(p);
        }
        if (ma == 0 || mb == inf) {
            return signBit(s, p);
        }
        divCore(sa, exponent(ma, p), significand(ma, p), sb, exponent(mb, p), significand(mb, p));
        return pack(p);
    }

    /** The square root. */
    final long squareRoot(long a, int p) {
        if (isNan(a, p)) {
            return nan(a, a, p);
        }
        a = flushed(a, p);
        long m = magnitude(a, p);
        if (m == 0) {
            return a;
        }
        if (signOf(a, p) != 0) {
            return invalid(p);
        }
        if (m == infinity(p)) {
            return a;
        }
        if (denormals(a, a, p)) {
            return 0;
        }
        sqrtCore(exponent(a, p), significand(a, p));
        return pack(p);
    }

    /** MIN and MAX: the second operand unless the first is strictly smaller or larger. */
    final long select(boolean max, long a, long b, int p) {
        if (isNan(a, p) || isNan(b, p)) {
            flags |= IE;
            return flushed(b, p);
        }
        a = flushed(a, p);
        b = flushed(b, p);
        denormals(a, b, p);
        int order = order(a, b, p);
        return order == (max ? GREATER : LESS) ? a : b;
    }

    private static int order(long a, long b, int p) {
        long ma = magnitude(a, p);
        long mb = magnitude(b, p);
        if ((ma | mb) == 0) {
            return EQUAL;
        }
        int sa = signOf(a, p);
        if (sa != signOf(b, p)) {
            return sa != 0 ? LESS : GREATER;
        }
        int order = Long.compare(ma, mb);
        return sa != 0 ? -order : order;
    }

    /**
     * Compares, as COMIS, UCOMIS and CMP do.
     *
     * @param quiet whether quiet NaNs do not raise IE
     */
    public final int compare(long a, long b, int p, boolean quiet) {
        if (isNan(a, p) || isNan(b, p)) {
            if (!quiet || signalling(a, p) || signalling(b, p)) {
                flags |= IE;
            }
            return UNORDERED;
        }
        a = flushed(a, p);
        b = flushed(b, p);
        denormals(a, b, p);
        return order(a, b, p);
    }

    /**
     * CMPccSS and the like: whether the predicate holds.
     *
     * @param predicate 0 to 7: EQ, LT, LE, UNORD, NEQ, NLT, NLE, ORD
     */
    public final boolean test(int predicate, long a, long b, int p) {
        int order = compare(a, b, p, (predicate & 3) == 0 || (predicate & 3) == 3);
        boolean holds =
                switch (predicate & 3) {
                    case 0 -> order == EQUAL;
                    case 1 -> order == LESS;
                    case 2 -> order == LESS || order == EQUAL;
                    default -> order == UNORDERED;
                };
        return holds == predicate < 4;
    }

    /** Conversion of a signed integer. */
    public final long fromInteger(long value, int p) {
        if (value == 0) {
            return 0;
        }
        long m = Math.abs(value);
        int n = Long.numberOfLeadingZeros(m);
        setUnpacked(value < 0 ? 1 : 0, 63 - n, m << n, 0);
        return pack(p);
    }

    /**
     * Conversion to a signed integer of {@code bits} (32 or 64) bits.
     *
     * @return the integer, sign-extended; the most negative one with IE when it does not fit
     */
    public final long toInteger(long a, int p, int bits, boolean truncate) {
        long limit = 1L << (bits - 1);
        a = flushed(a, p);
        if (field(a, p) == 2 * bias(p) + 1) {
            flags |= IE;
            return -limit;
        }
        if (magnitude(a, p) == 0) {
            return 0;
        }
        int e = exponent(a, p);
        if (e >= 64) {
            flags |= IE;
            return -limit;
        }
        int mode = rounding;
        rounding = truncate ? TRUNCATE : mode;
        setUnpacked(signOf(a, p), e, significand(a, p), 0);
        boolean lost = false;
        long m = hi;
        if (e < 63) {
            m = roundDenormal(63 - e, 64);
            lost = inexact;
        }
        rounding = mode;
        if (Long.compareUnsigned(m, sign != 0 ? limit : limit - 1) > 0) {
            flags |= IE;
            return -limit;
        }
        flags |= lost ? PE : 0;
        return sign != 0 ? -m : m;
    }

    /**
     * ROUNDSS and the like.
     *
     * @param control the immediate: rounding mode, bit 2 for MXCSR's, bit 3 to suppress PE
     */
    public final long roundToInteger(long a, int p, int control) {
        if (isNan(a, p)) {
            return nan(a, a, p);
        }
        a = flushed(a, p);
        long m = magnitude(a, p);
        int e = m == 0 ? 63 : exponent(a, p);
        if (e >= p - 1) {
            return a;
        }
        int mode = rounding;
        rounding = (control & 4) != 0 ? mode : control & 3;
        setUnpacked(signOf(a, p), e, significand(a, p), 0);
        m = roundDenormal(63 - e, 64);
        boolean lost = inexact;
        rounding = mode;
        flags |= lost && (control & 8) == 0 ? PE : 0;
        if (m == 0) {
            return signBit(sign, p);
        }
        int n = Long.numberOfLeadingZeros(m);
        return signBit(sign, p)
                | ((long) (63 - n + bias(p) - 1) << (p - 1)) + (m << n >>> (64 - p));
    }

    /** CVTSS2SD. */
    public final long widen(int single) {
        long a = single & 0xffff_ffffL;
        long s = signBit(signOf(a, 24), 53);
        if (isNan(a, 24)) {
            flags |= signalling(a, 24) ? IE : 0;
            return s | infinity(53) | quietBit(53) | fraction(a, 24) << 29;
        }
        a = flushed(a, 24);
        if (denormals(a, a, 24)) {
            return 0;
        }
        long m = magnitude(a, 24);
        if (m == 0 || m == infinity(24)) {
            return m == 0 ? s : s | infinity(53);
        }
        setUnpacked(signOf(a, 24), exponent(a, 24), significand(a, 24), 0);
        return pack(53);
    }

    /** CVTSD2SS. */
    public final int narrow(long a) {
        long s = signBit(signOf(a, 53), 24);
        if (isNan(a, 53)) {
            flags |= signalling(a, 53) ? IE : 0;
            return (int) (s | infinity(24) | quietBit(24) | fraction(a, 53) >>> 29);
        }
        a = flushed(a, 53);
        if (denormals(a, a, 53)) {
            return 0;
        }
        long m = magnitude(a, 53);
        if (m == 0 || m == infinity(53)) {
            return (int) (m == 0 ? s : s | infinity(24));
        }
        setUnpacked(signOf(a, 53), exponent(a, 53), significand(a, 53), 0);
        return (int) pack(24);
    }
}
