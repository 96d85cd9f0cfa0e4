package org.jvisor.emulator.math;

/**
 * The transcendental instructions of the x87 FPU, correctly rounded in the current mode to 64 bits.
 * Trigonometric arguments are reduced by the 66-bit value of pi that SDM 1 §8.3.8 names, as the
 * hardware does.
 */
public final class X87Functions extends X87Remainder {
    /** The 66-bit pi / 2: {@code HALF_PI_HI:HALF_PI_LO * 2^-127}. */
    private static final long HALF_PI_HI = 0xc90f_daa2_2168_c234L;

    private static final long HALF_PI_LO = 0xc000_0000_0000_0000L;

    /** Below this exponent the CPU takes {@code f(x) = x}, whatever the rounding mode. */
    private static final int IDENTITY = -68;

    /** The same for FPATAN's quotient. */
    private static final int ARC_IDENTITY = -40;

    /** Below this exponent, {@code f(x) = x} to within 2^-115 for the odd functions used here. */
    private static final int TINY = -58;

    /** Set by the trigonometric functions: the argument is out of range (C2), nothing was done. */
    public boolean outOfRange;

    /** The cosine that {@link #sineAndCosine} leaves beside its result: sign and exponent. */
    public int cosineSe;

    /** The cosine's significand. */
    public long cosineSig;

    private final WideSeries series = new WideSeries();
    private final Wide x = new Wide();
    private final Wide y = new Wide();
    private final Wide z = new Wide();

    /** The quadrant that {@link #reduce} found. */
    private int quadrant;

    private static void unpack(Wide w, int se, long sig) {
        if (sig == 0) {
            w.set(se >> 15 & 1, 0, 0, 0);
        } else {
            w.set(se >> 15 & 1, exponent(se, sig), significand(sig), 0);
        }
    }

    /** Rounds and packs a result, inexact even where its bits do not show it. */
    private void packWide(Wide w) {
        setUnpacked(w.sign, w.exp, w.hi, w.lo);
        pack(64);
        flags |= isDenormal(se, sig) ? UE | PE : PE;
    }

    /** Makes a result that is short of {@code w} by less than its last bit. */
    private static void shrink(Wide w) {
        if (w.lo == 0) {
            w.hi--;
            if (w.hi >= 0) {
                w.hi = -1;
                w.exp--;
            }
        }
        w.lo--;
    }

    /** Reduces {@link #x} to at most pi/4 in magnitude, exactly with respect to the 66-bit pi. */
    private void reduce() {
        quadrant = 0;
        int e = x.exp;
        if (e < -1) {
            return;
        }
        long h = x.hi;
        long l = 0;
        if (e < 0) {
            l = h << 63;
            h >>>= 1;
        }
        int q = 0;
        boolean carry = false;
        for (int i = e; i >= 0; i--) {
            q <<= 1;
            if (carry || reaches(h, l, HALF_PI_HI, HALF_PI_LO)) {
                h -= HALF_PI_HI + (Long.compareUnsigned(l, HALF_PI_LO) < 0 ? 1 : 0);
                l -= HALF_PI_LO;
                q |= 1;
            }
            if (i > 0) {
                carry = h < 0;
                h = h << 1 | l >>> 63;
                l <<= 1;
            }
        }
        int s = x.sign;
        if (reaches(h, l, HALF_PI_HI >>> 1, HALF_PI_LO >>> 1)) {
            long borrow = Long.compareUnsigned(HALF_PI_LO, l) < 0 ? 1 : 0;
            h = HALF_PI_HI - h - borrow;
            l = HALF_PI_LO - l;
            s ^= 1;
            q++;
        }
        quadrant = (x.sign != 0 ? -q : q) & 3;
        // Adding zero normalises.
        x.set(s, 0, h, l);
        normalizeWide(x);
    }

    private static void normalizeWide(Wide w) {
        if ((w.hi | w.lo) == 0) {
            w.set(0, 0, 0, 0);
            return;
        }
        while (w.hi >= 0) {
            w.hi = w.hi << 1 | w.lo >>> 63;
            w.lo <<= 1;
            w.exp--;
        }
    }

    private static boolean reaches(long h, long l, long bh, long bl) {
        int order = Long.compareUnsigned(h, bh);
        return order > 0 || order == 0 && Long.compareUnsigned(l, bl) >= 0;
    }

    /**
     * Special operands of the trigonometric functions.
     *
     * @return whether there is nothing left to do
     */
    private boolean specialAngle(int ase, long asig) {
        roundedUp = false;
        outOfRange = false;
        if (isInfinite(ase, asig) && asig < 0) {
            invalid();
            return true;
        }
        if (!unsupported(ase, asig)
                && !isNan(ase, asig)
                && asig != 0
                && exponent(ase, asig) >= 63) {
            outOfRange = true;
            return true;
        }
        return special(ase, asig);
    }

    /** Replaces the reduced {@link #x} by its sine, in any quadrant; {@code turn} 1: its cosine. */
    private void sineInto(Wide w, int turn) {
        w.set(x);
        int q = quadrant + turn & 3;
        if ((q & 1) == 0) {
            tinyOrSine(w);
        } else if (w.isZero()) {
            w.set(1);
        } else if (w.exp < TINY) {
            shrink(w.set(1));
        } else {
            series.cosine(w);
        }
        if (q >= 2) {
            w.negate();
        }
    }

    private void tinyOrSine(Wide w) {
        if (w.isZero()) {
            return;
        }
        if (w.exp < TINY) {
            shrink(w);
        } else {
            series.sine(w);
        }
    }

    /** FSIN. */
    public void sine(int ase, long asig) {
        if (specialAngle(ase, asig)) {
            return;
        }
        if (asig == 0) {
            result(ase, asig);
            return;
        }
        unpack(x, ase, asig);
        if (x.exp < IDENTITY) {
            packWide(x);
            return;
        }
        reduce();
        sineInto(y, 0);
        packWide(y);
    }

    /** FCOS. */
    public void cosine(int ase, long asig) {
        if (specialAngle(ase, asig)) {
            return;
        }
        unpack(x, ase, asig);
        if (asig == 0 || x.exp < IDENTITY) {
            flags |= asig == 0 ? 0 : PE;
            result(BIAS, Long.MIN_VALUE);
            return;
        }
        reduce();
        sineInto(y, 1);
        packWide(y);
    }

    /** FSINCOS: leaves the sine as the result, the cosine in {@link #cosineSe} and its fellow. */
    public void sineAndCosine(int ase, long asig) {
        cosine(ase, asig);
        cosineSe = se;
        cosineSig = sig;
        if (!outOfRange) {
            sine(ase, asig);
        }
    }

    /** FPTAN's tangent. */
    public void tangent(int ase, long asig) {
        if (specialAngle(ase, asig)) {
            return;
        }
        if (asig == 0) {
            result(ase, asig);
            return;
        }
        unpack(x, ase, asig);
        if (x.exp < TINY) {
            // Slightly more than x: any bit beyond the 64 will do.
            x.lo = x.exp < IDENTITY ? 0 : 1;
            packWide(x);
            return;
        }
        reduce();
        sineInto(y, 0);
        sineInto(z, 1);
        packWide(y.divide(z));
    }

    /** FPATAN: the angle of the point (second operand, first operand). */
    public void arcTangent(int yse, long ysig, int xse, long xsig) {
        roundedUp = false;
        if (special(yse, ysig, xse, xsig)) {
            return;
        }
        int ys = yse >> 15 & 1;
        boolean left = xse >> 15 != 0;
        boolean yi = isInfinite(yse, ysig);
        boolean xi = isInfinite(xse, xsig);
        if (yi || xi || ysig == 0 || xsig == 0) {
            int eighths;
            if (yi && xi) {
                eighths = left ? 6 : 2;
            } else if (yi || ysig != 0 && xsig == 0) {
                eighths = 4;
            } else {
                eighths = left ? 8 : 0;
            }
            if (eighths == 0) {
                zero(ys);
                return;
            }
            x.set(WideSeries.PI).multiply(y.set(eighths)).shift(-3);
            x.sign = ys;
            packWide(x);
            return;
        }
        unpack(y, yse, ysig);
        unpack(x, xse, xsig);
        y.sign = 0;
        x.sign = 0;
        boolean steep = y.compareMagnitude(x) > 0;
        Wide angle = steep ? x.divide(y) : y.divide(x);
        if (angle.exp >= ARC_IDENTITY || steep || left) {
            series.arcTangent(angle);
        }
        if (steep) {
            z.set(WideSeries.PI).shift(-1);
            angle = left ? z.add(angle) : z.subtract(angle);
        } else if (left) {
            angle = z.set(WideSeries.PI).subtract(angle);
        }
        angle.sign = ys;
        packWide(angle);
    }

    /** F2XM1: two to the power of the operand, minus one, for operands from -1 to 1. */
    public void exponentialMinusOne(int ase, long asig) {
        roundedUp = false;
        if (special(ase, asig)) {
            return;
        }
        boolean negative = ase >> 15 != 0;
        if (isInfinite(ase, asig)) {
            if (negative) {
                result(0x8000 | BIAS, Long.MIN_VALUE);
            } else {
                result(ase, asig);
            }
            return;
        }
        int e = asig == 0 ? 0 : exponent(ase, asig);
        if (asig == 0 || e > 0 || e == 0 && (significand(asig) << 1 != 0 || !negative)) {
            // Zero and one are their own results; beyond the range the CPU leaves the operand.
            flags |= asig != 0 ? PE : 0;
            result(ase, asig);
            return;
        }
        if (e == 0) {
            flags |= PE;
            result(0x8000 | BIAS - 1, Long.MIN_VALUE);
            return;
        }
        unpack(x, ase, asig);
        x.multiply(WideSeries.LN2);
        if (x.exp >= -130) {
            series.expMinusOne(x);
        }
        packWide(x);
    }

    /** FYL2X: the first operand times the binary logarithm of the second. */
    public void logarithm(int yse, long ysig, int xse, long xsig) {
        roundedUp = false;
        int ys = yse >> 15 & 1;
        if (isZero(xse, xsig) && isDenormal(yse, ysig)) {
            // As with FDIV, the zero hides the denormal.
            flags |= ZE;
            infinity(ys ^ 1);
            return;
        }
        boolean negative =
                xse >> 15 != 0 && (xsig < 0 && !isNan(xse, xsig) || isDenormal(xse, xsig));
        if (negative && !unsupported(yse, ysig) && !isNan(yse, ysig)) {
            invalid();
            return;
        }
        if (special(yse, ysig, xse, xsig)) {
            return;
        }
        boolean yi = isInfinite(yse, ysig);
        if (xsig == 0) {
            if (ysig == 0) {
                invalid();
            } else {
                flags |= yi ? 0 : ZE;
                infinity(ys ^ 1);
            }
            return;
        }
        if (isInfinite(xse, xsig)) {
            if (ysig == 0) {
                invalid();
            } else {
                infinity(ys);
            }
            return;
        }
        unpack(x, xse, xsig);
        boolean one = x.exp == 0 && x.hi << 1 == 0;
        int s = ys ^ (x.exp < 0 ? 1 : 0);
        if (yi) {
            if (one) {
                invalid();
            } else {
                infinity(s);
            }
            return;
        }
        if (ysig == 0 || one) {
            zero(s);
            return;
        }
        binaryLog();
        unpack(y, yse, ysig);
        packWide(x.multiply(y));
    }

    /** Replaces {@link #x}, positive and not 1, by its binary logarithm. */
    private void binaryLog() {
        int e = x.exp;
        x.exp = 0;
        // sqrt(2), rounded: the mantissa is brought between its inverse and itself.
        if (Long.compareUnsigned(x.hi, 0xb504_f333_f9de_6484L) > 0) {
            x.exp = -1;
            e++;
        }
        z.set(x).add(WideSeries.ONE);
        x.subtract(WideSeries.ONE);
        if (!x.isZero()) {
            x.divide(z);
            series.logRatio(x);
            x.multiply(WideSeries.LOG2E);
        }
        x.add(z.set(e));
    }

    /** FYL2XP1: the first operand times the binary logarithm of one more than the second. */
    public void logarithmPlusOne(int yse, long ysig, int xse, long xsig) {
        roundedUp = false;
        if (xse == 0xffff && xsig == Long.MIN_VALUE && isDenormal(yse, ysig)) {
            invalid();
            return;
        }
        if (special(yse, ysig, xse, xsig)) {
            return;
        }
        int ys = yse >> 15 & 1;
        int xs = xse >> 15 & 1;
        boolean yi = isInfinite(yse, ysig);
        if (isInfinite(xse, xsig)) {
            if (xs != 0 || ysig == 0) {
                invalid();
            } else {
                infinity(ys);
            }
            return;
        }
        if (xsig == 0 || ysig == 0 || yi) {
            if (yi && xsig == 0) {
                invalid();
            } else if (yi) {
                infinity(ys ^ xs);
            } else {
                zero(ys ^ xs);
            }
            return;
        }
        int e = exponent(xse, xsig);
        if (xs != 0 && e >= 0) {
            // At or below -1 the instruction is undefined: the operand is left, as on hardware.
            flags |= PE;
            result(xse, xsig);
            return;
        }
        unpack(x, xse, xsig);
        if (e < -2) {
            z.set(2).add(x);
            x.divide(z);
            if (e >= TINY) {
                series.logRatio(x);
            } else {
                x.shift(1);
            }
            x.multiply(WideSeries.LOG2E);
        } else {
            x.add(WideSeries.ONE);
            binaryLog();
        }
        unpack(y, yse, ysig);
        packWide(x.multiply(y));
    }
}
