package org.jvisor.emulator.math;

/** FPREM, FPREM1, FSCALE and FXTRACT. */
public class X87Remainder extends X87Convert {
    /** Set by the remainders: the reduction is incomplete (C2). */
    public boolean partial;

    /**
     * Set by the remainders: the three lowest bits of the quotient, 0 if it is incomplete, or -1 if
     * the result is a NaN.
     */
    public int quotient;

    /** FXTRACT's exponent part: sign and exponent. */
    public int exponentSe;

    /** FXTRACT's exponent part: significand. */
    public long exponentSig;

    /**
     * FPREM, and FPREM1 when {@code nearest}: the remainder of the first operand by the second. The
     * result is exact.
     */
    public final void remainder(int ase, long asig, int bse, long bsig, boolean nearest) {
        partial = false;
        quotient = -1;
        roundedUp = false;
        if (isZero(bse, bsig) && isDenormal(ase, asig)
                || asig < 0 && isInfinite(ase, asig) && isDenormal(bse, bsig)) {
            // Invalid whatever the denormal is, which goes unmentioned.
            invalid();
            return;
        }
        if (special(ase, asig, bse, bsig)) {
            return;
        }
        if (isInfinite(ase, asig) || bsig == 0) {
            invalid();
            return;
        }
        quotient = 0;
        if (asig == 0 || isInfinite(bse, bsig)) {
            finish(ase, asig);
            return;
        }
        int ea = exponent(ase, asig);
        int eb = exponent(bse, bsig);
        int d = ea - eb;
        if (d < -1) {
            finish(ase, asig);
            return;
        }
        sign = ase >> 15 & 1;
        long a = significand(asig);
        long b = significand(bsig);
        int steps = d;
        if (d >= 64) {
            // The CPU takes between 32 and 63 bits off at a time.
            partial = true;
            steps = d & 31 | 32;
        }
        reduce(a, ea, b, steps, nearest && !partial);
        if (hi == 0) {
            zero(sign);
        } else {
            normalize();
            pack(64);
        }
    }

    /** A remainder that is the dividend: packed again, since it may underflow. */
    private void finish(int ase, long asig) {
        if (asig == 0) {
            result(ase, asig);
        } else {
            setUnpacked(ase >> 15 & 1, exponent(ase, asig), significand(asig), 0);
            pack(64);
        }
    }

    /** Takes {@code steps + 1} quotient bits; leaves the rest in {@link #hi} and {@link #exp}. */
    private void reduce(long a, int ea, long b, int steps, boolean nearest) {
        long q = 0;
        long r = a;
        boolean carry = false;
        if (steps >= 0) {
            for (int i = steps; ; i--) {
                q <<= 1;
                if (carry || Long.compareUnsigned(r, b) >= 0) {
                    r -= b;
                    q |= 1;
                }
                if (i == 0) {
                    break;
                }
                carry = r < 0;
                r <<= 1;
            }
            exp = ea - steps;
        } else {
            exp = ea;
        }
        if (nearest) {
            // Compare twice the rest with the divisor; with steps = -1 it is the dividend itself.
            boolean above;
            boolean tie;
            if (steps < 0) {
                above = Long.compareUnsigned(r, b) > 0;
                tie = r == b;
            } else {
                above = r < 0 || Long.compareUnsigned(r << 1, b) > 0;
                tie = r >= 0 && r << 1 == b;
            }
            if (above || tie && (q & 1) != 0) {
                q++;
                sign ^= 1;
                // With steps = -1, b - a/2 in units of half a quotient step: 2b - a fits 64 bits.
                r = steps < 0 ? (b << 1) - r : b - r;
            }
        }
        quotient = partial ? 0 : (int) q & 7;
        hi = r;
        lo = 0;
    }

    /** FSCALE: the first operand times two to the power of the second, truncated. */
    public final void scale(int ase, long asig, int bse, long bsig) {
        roundedUp = false;
        if (special(ase, asig, bse, bsig)) {
            return;
        }
        int sa = ase >> 15 & 1;
        boolean negative = bse >> 15 != 0;
        boolean ai = isInfinite(ase, asig);
        if (isInfinite(bse, bsig)) {
            if (ai && negative || asig == 0 && !negative) {
                invalid();
            } else if (negative) {
                zero(sa);
            } else {
                infinity(sa);
            }
            return;
        }
        if (ai || asig == 0) {
            result(ase, asig);
            return;
        }
        if (bsig == 0 && (masks & UE) == 0) {
            // No scaling, so no underflow either; a pseudo-denormal becomes normal.
            result((ase & EXP_MASK) == 0 && asig < 0 ? ase | 1 : ase, asig);
            return;
        }
        int by = 0;
        if (bsig != 0) {
            int eb = exponent(bse, bsig);
            // Beyond 2^17 every number overflows or underflows, even with its exponent wrapped.
            by = eb < 0 ? 0 : eb > 16 ? 1 << 17 : (int) (significand(bsig) >>> (63 - eb));
        }
        setUnpacked(sa, exponent(ase, asig) + (negative ? -by : by), significand(asig), 0);
        pack(64);
    }

    /**
     * FXTRACT: leaves the significand as the result and the exponent in {@link #exponentSe} and
     * {@link #exponentSig}.
     */
    public final void extract(int ase, long asig) {
        roundedUp = false;
        if (special(ase, asig)) {
            exponentSe = se;
            exponentSig = sig;
            return;
        }
        if (isInfinite(ase, asig)) {
            exponentSe = EXP_MASK;
            exponentSig = Long.MIN_VALUE;
            result(ase, asig);
            return;
        }
        if (asig == 0) {
            flags |= ZE;
            exponentSe = 0x8000 | EXP_MASK;
            exponentSig = Long.MIN_VALUE;
            result(ase, asig);
            return;
        }
        int e = exponent(ase, asig);
        integer(e < 0 ? 1 : 0, Math.abs(e));
        exponentSe = se;
        exponentSig = sig;
        result(ase & 0x8000 | BIAS, significand(asig));
    }
}
