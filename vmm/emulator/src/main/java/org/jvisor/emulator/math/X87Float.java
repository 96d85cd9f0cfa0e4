package org.jvisor.emulator.math;

/**
 * The arithmetic of the x87 FPU on numbers of 80 bits, given as sign and exponent (16 bits, {@code
 * se}) and significand with its explicit integer bit. A result is left in {@link #se} and {@link
 * #sig}; exceptions are added to {@link #flags}. When an unmasked IE, DE or ZE was raised there is
 * no result to store; an unmasked OE or UE leaves the result with its exponent wrapped by 24576
 * (SDM 1 §8.5.4 and §8.5.5).
 */
public class X87Float extends FloatCore {
    static final int BIAS = 16383;
    static final int EXP_MASK = 0x7fff;
    private static final long INTEGER_BIT = Long.MIN_VALUE;
    private static final long QUIET_BIT = 1L << 62;
    private static final int WRAP = 24576;

    /** Outcomes of {@link #compare}: the first operand is less. */
    public static final int LESS = -1;

    /** The operands are equal. */
    public static final int EQUAL = 0;

    /** The first operand is greater. */
    public static final int GREATER = 1;

    /** One operand is a NaN or of an unsupported format. */
    public static final int UNORDERED = 2;

    /** The result's sign (bit 15) and biased exponent. */
    public int se;

    /** The result's significand. */
    public long sig;

    /** Bits of the significand that results of the basic operations are rounded to: 24, 53, 64. */
    public int precision = 64;

    /**
     * A memory operand, converted by {@link X87Convert#operand(int)} and the like, was denormal:
     * counts as a denormal operand of the next operation. The caller clears it.
     */
    public boolean sourceDenormal;

    /** Sets {@link #rounding}, {@link #precision} and {@link #masks} from a control word. */
    public final void control(int fcw) {
        rounding = fcw >> 10 & 3;
        int pc = fcw >> 8 & 3;
        precision = pc == 0 ? 24 : pc == 2 ? 53 : 64;
        masks = fcw & 0x3f;
    }

    /** Whether the operand is an unnormal, pseudo-NaN or pseudo-infinity (SDM 1 table 8-3). */
    public static boolean unsupported(int se, long sig) {
        return (se & EXP_MASK) != 0 && sig >= 0;
    }

    /** Whether a supported operand is a NaN. */
    public static boolean isNan(int se, long sig) {
        return (se & EXP_MASK) == EXP_MASK && sig << 1 != 0;
    }

    /** Whether a NaN is a signalling one. */
    static boolean signalling(long sig) {
        return (sig & QUIET_BIT) == 0;
    }

    /** Whether a supported operand is an infinity. */
    public static boolean isInfinite(int se, long sig) {
        return (se & EXP_MASK) == EXP_MASK && sig << 1 == 0;
    }

    /** Whether the operand is a zero. */
    public static boolean isZero(int se, long sig) {
        return (se & EXP_MASK) == 0 && sig == 0;
    }

    /** Whether the operand is a denormal or pseudo-denormal. */
    public static boolean isDenormal(int se, long sig) {
        return (se & EXP_MASK) == 0 && sig != 0;
    }

    final void result(int se, long sig) {
        this.se = se;
        this.sig = sig;
    }

    /** Raises IE and leaves the default NaN. */
    public final void invalid() {
        flags |= IE;
        result(0xffff, 0xc000_0000_0000_0000L);
    }

    final void infinity(int sign) {
        result(sign << 15 | EXP_MASK, INTEGER_BIT);
    }

    final void zero(int sign) {
        result(sign << 15, 0);
    }

    /** Unbiased exponent of a finite, non-zero operand after normalisation. */
    static int exponent(int se, long sig) {
        int e = se & EXP_MASK;
        return (e == 0 ? 1 : e) - BIAS - Long.numberOfLeadingZeros(sig);
    }

    /** Normalised significand of a non-zero operand. */
    static long significand(long sig) {
        return sig << Long.numberOfLeadingZeros(sig);
    }

    /**
     * Deals with operands that are NaNs or unsupported, and flags denormals when there are none.
     * The result is settled also when DE is unmasked: nothing else is flagged then.
     *
     * @return whether the result is settled
     */
    final boolean special(int ase, long asig, int bse, long bsig) {
        if (unsupported(ase, asig) || unsupported(bse, bsig)) {
            invalid();
            return true;
        }
        boolean an = isNan(ase, asig);
        boolean bn = isNan(bse, bsig);
        if (an || bn) {
            propagate(ase, asig, an, bse, bsig, bn);
            return true;
        }
        if (anyDenormal(ase, asig, bse, bsig)) {
            return denormal();
        }
        return false;
    }

    private boolean anyDenormal(int ase, long asig, int bse, long bsig) {
        return isDenormal(ase, asig) || isDenormal(bse, bsig) || sourceDenormal;
    }

    /** Flags a denormal operand; true if that is unmasked, so that nothing more is done. */
    private boolean denormal() {
        flags |= DE;
        return (masks & DE) == 0;
    }

    /** Chooses among NaN operands: SDM 1 table 4-7. */
    private void propagate(int ase, long asig, boolean an, int bse, long bsig, boolean bn) {
        boolean as = an && signalling(asig);
        boolean bs = bn && signalling(bsig);
        if (as || bs) {
            flags |= IE;
        }
        boolean first;
        if (!an || !bn) {
            first = an;
        } else if (as != bs) {
            first = bs;
        } else {
            int order = Long.compareUnsigned(asig, bsig);
            first = order > 0 || (order == 0 && ase < bse);
        }
        result(first ? ase : bse, (first ? asig : bsig) | QUIET_BIT);
    }

    /** As {@link #special(int, long, int, long)} for operations with one operand. */
    final boolean special(int ase, long asig) {
        if (unsupported(ase, asig)) {
            invalid();
            return true;
        }
        if (isNan(ase, asig)) {
            flags |= signalling(asig) ? IE : 0;
            result(ase, asig | QUIET_BIT);
            return true;
        }
        return isDenormal(ase, asig) && denormal();
    }

    /** Rounds the unpacked result to {@code bits} bits and packs it, raising OE, UE and PE. */
    final void pack(int bits) {
        if ((hi | lo) == 0) {
            zero(sign);
            return;
        }
        long m = round(sign, hi, lo, bits);
        int e = exp;
        if (m == 0) {
            m = INTEGER_BIT;
            e++;
        }
        if (e > BIAS) {
            flags |= OE;
            if ((masks & OE) != 0) {
                flags |= PE;
                overflow(bits);
                return;
            }
            e -= WRAP;
            if (e > BIAS) {
                // Only FSCALE gets here: massive overflow (SDM 2A, FSCALE).
                flags |= PE;
                roundedUp = true;
                infinity(sign);
                return;
            }
        } else if (e < 1 - BIAS) {
            if ((masks & UE) != 0) {
                m = roundDenormal(1 - BIAS - exp, bits);
                flags |= inexact ? UE | PE : 0;
                result(sign << 15 | (m < 0 ? 1 : 0), m);
                return;
            }
            flags |= UE;
            e += WRAP;
            if (e < 1 - BIAS) {
                flags |= PE;
                roundedUp = false;
                zero(sign);
                return;
            }
        }
        flags |= inexact ? PE : 0;
        result(sign << 15 | e + BIAS, m);
    }

    private void overflow(int bits) {
        roundedUp = overflowsToInfinity(sign);
        if (roundedUp) {
            infinity(sign);
        } else {
            result(sign << 15 | EXP_MASK - 1, -1L << (64 - bits));
        }
    }

    /** FADD. */
    public final void add(int ase, long asig, int bse, long bsig) {
        sum(ase, asig, bse, bsig, 0);
    }

    /** FSUB: the first operand minus the second. */
    public final void subtract(int ase, long asig, int bse, long bsig) {
        sum(ase, asig, bse, bsig, 1);
    }

    private void sum(int ase, long asig, int bse, long bsig, int negate) {
        roundedUp = false;
        if (special(ase, asig, bse, bsig)) {
            return;
        }
        int sa = ase >> 15 & 1;
        int sb = (bse >> 15 & 1) ^ negate;
        boolean ai = isInfinite(ase, asig);
        boolean bi = isInfinite(bse, bsig);
        if (ai || bi) {
            if (ai && bi && sa != sb) {
                invalid();
            } else {
                infinity(ai ? sa : sb);
            }
            return;
        }
        if (asig == 0 || bsig == 0) {
            if (asig == 0 && bsig == 0) {
                zero(sa == sb ? sa : rounding == DOWN ? 1 : 0);
                return;
            }
            // Still rounded: the other operand may have more bits than the precision.
            boolean a = asig != 0;
            setUnpacked(
                    a ? sa : sb,
                    a ? exponent(ase, asig) : exponent(bse, bsig),
                    significand(a ? asig : bsig),
                    0);
        } else {
            addCore(
                    sa,
                    exponent(ase, asig),
                    significand(asig),
                    sb,
                    exponent(bse, bsig),
                    significand(bsig));
        }
        pack(precision);
    }

    /** FMUL. */
    public final void multiply(int ase, long asig, int bse, long bsig) {
        roundedUp = false;
        if (special(ase, asig, bse, bsig)) {
            return;
        }
        int sa = ase >> 15 & 1;
        int sb = bse >> 15 & 1;
        if (isInfinite(ase, asig) || isInfinite(bse, bsig)) {
            if (asig == 0 || bsig == 0) {
                invalid();
            } else {
                infinity(sa ^ sb);
            }
        } else if (asig == 0 || bsig == 0) {
            zero(sa ^ sb);
        } else {
            mulCore(
                    sa,
                    exponent(ase, asig),
                    significand(asig),
                    sb,
                    exponent(bse, bsig),
                    significand(bsig));
            pack(precision);
        }
    }

    /** FDIV: the first operand by the second. */
    public final void divide(int ase, long asig, int bse, long bsig) {
        roundedUp = false;
        if (isZero(bse, bsig) && (isDenormal(ase, asig) || sourceDenormal)) {
            // The zero divisor hides the denormal dividend.
            flags |= ZE;
            infinity((ase ^ bse) >> 15 & 1);
            return;
        }
        if (special(ase, asig, bse, bsig)) {
            return;
        }
        int sa = ase >> 15 & 1;
        int sb = bse >> 15 & 1;
        boolean ai = isInfinite(ase, asig);
        boolean bi = isInfinite(bse, bsig);
        if (ai && bi || asig == 0 && bsig == 0) {
            invalid();
        } else if (ai) {
            infinity(sa ^ sb);
        } else if (bi || asig == 0) {
            zero(sa ^ sb);
        } else if (bsig == 0) {
            flags |= ZE;
            infinity(sa ^ sb);
        } else {
            divCore(
                    sa,
                    exponent(ase, asig),
                    significand(asig),
                    sb,
                    exponent(bse, bsig),
                    significand(bsig));
            pack(precision);
        }
    }

    /** FSQRT. */
    public final void squareRoot(int ase, long asig) {
        roundedUp = false;
        boolean nan = unsupported(ase, asig) || isNan(ase, asig);
        if (!nan && ase >> 15 != 0 && asig != 0) {
            invalid();
            return;
        }
        if (special(ase, asig)) {
            return;
        }
        if (asig == 0 || isInfinite(ase, asig)) {
            result(ase, asig);
            return;
        }
        sqrtCore(exponent(ase, asig), significand(asig));
        pack(precision);
    }

    /** FRNDINT. */
    public final void roundToInteger(int ase, long asig) {
        roundedUp = false;
        if (special(ase, asig)) {
            return;
        }
        int e = asig == 0 ? 63 : exponent(ase, asig);
        if (isInfinite(ase, asig) || e >= 63) {
            result(ase, asig);
            return;
        }
        setUnpacked(ase >> 15 & 1, e, significand(asig), 0);
        long whole = roundDenormal(63 - e, 64);
        flags |= inexact ? PE : 0;
        integer(sign, whole);
    }

    /** Leaves {@code magnitude}, an unsigned integer, exactly. */
    final void integer(int sign, long magnitude) {
        if (magnitude == 0) {
            zero(sign);
        } else {
            int n = Long.numberOfLeadingZeros(magnitude);
            result(sign << 15 | BIAS + 63 - n, magnitude << n);
        }
    }

    /**
     * FCOM and FUCOM.
     *
     * @param quiet whether quiet NaNs do not raise IE
     * @return {@link #LESS}, {@link #EQUAL}, {@link #GREATER} or {@link #UNORDERED}
     */
    public final int compare(int ase, long asig, int bse, long bsig, boolean quiet) {
        if (unsupported(ase, asig) || unsupported(bse, bsig)) {
            flags |= IE;
            return UNORDERED;
        }
        boolean an = isNan(ase, asig);
        boolean bn = isNan(bse, bsig);
        if (an || bn) {
            if (!quiet || an && signalling(asig) || bn && signalling(bsig)) {
                flags |= IE;
            }
            return UNORDERED;
        }
        if (anyDenormal(ase, asig, bse, bsig)) {
            flags |= DE;
        }
        if (asig == 0 && bsig == 0) {
            return EQUAL;
        }
        if ((ase ^ bse) << 16 < 0) {
            return (ase & 0x8000) != 0 ? LESS : GREATER;
        }
        // Pseudo-denormals have the value of exponent 1.
        int ae = (ase & EXP_MASK) == 0 && asig < 0 ? 1 : ase & EXP_MASK;
        int be = (bse & EXP_MASK) == 0 && bsig < 0 ? 1 : bse & EXP_MASK;
        int order = ae != be ? Integer.compare(ae, be) : Long.compareUnsigned(asig, bsig);
        order = Integer.signum(order);
        return (ase & 0x8000) != 0 ? -order : order;
    }
}
