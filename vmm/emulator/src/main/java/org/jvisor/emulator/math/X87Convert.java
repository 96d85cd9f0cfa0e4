package org.jvisor.emulator.math;

/**
 * What FLD, FST, FILD, FIST, FBLD and FBSTP do between the 80-bit format and those of memory. Loads
 * leave a result as {@link X87Float} does; stores return the bits to write, which are of no meaning
 * when an unmasked IE, OE or UE was raised.
 */
public class X87Convert extends X87Float {
    private static final long BCD_LIMIT = 1_000_000_000_000_000_000L;

    /** The exponent word of the packed BCD indefinite, whose significand is 0xc000000000000000. */
    private static final int BCD_INDEFINITE = 0xffff;

    /** The upper 16 bits that {@link #toBcd} made: the sign and the two highest digits. */
    public int bcdHigh;

    /** FLD m32fp. */
    public final void fromFloat(int bits) {
        operand(bits);
        load();
    }

    /** FLD m64fp. */
    public final void fromDouble(long bits) {
        operand(bits);
        load();
    }

    private void load() {
        if (sourceDenormal) {
            flags |= DE;
            sourceDenormal = false;
        }
        if (isNan(se, sig) && signalling(sig)) {
            flags |= IE;
            sig |= 1L << 62;
        }
    }

    /** Converts a single operand of an operation, raising nothing. */
    public final void operand(int bits) {
        int e = bits >>> 23 & 0xff;
        long m = bits & 0x7f_ffffL;
        widen(bits >>> 31, e, 0xff, 127, m << 40);
    }

    /** Converts a double operand of an operation, raising nothing. */
    public final void operand(long bits) {
        int e = (int) (bits >>> 52) & 0x7ff;
        long m = bits & 0xf_ffff_ffff_ffffL;
        widen((int) (bits >>> 63), e, 0x7ff, 1023, m << 11);
    }

    /** Widens a number whose fraction lies below bit 63 of {@code m}. */
    private void widen(int sign, int e, int max, int bias, long m) {
        roundedUp = false;
        sourceDenormal = false;
        if (e == max) {
            result(sign << 15 | EXP_MASK, m | Long.MIN_VALUE);
        } else if (e != 0) {
            result(sign << 15 | e - bias + BIAS, m | Long.MIN_VALUE);
        } else if (m == 0) {
            zero(sign);
        } else {
            sourceDenormal = true;
            int n = Long.numberOfLeadingZeros(m);
            result(sign << 15 | 1 - bias + BIAS - n, m << n);
        }
    }

    /** FILD. */
    public final void fromLong(long value) {
        roundedUp = false;
        integer(value < 0 ? 1 : 0, value < 0 ? -value : value);
    }

    /**
     * FBLD.
     *
     * @param low the lower 16 digits
     * @param high the sign in bit 15 and the two highest digits
     */
    public final void fromBcd(long low, int high) {
        roundedUp = false;
        long value = 0;
        for (int shift = 4; shift >= 0; shift -= 4) {
            value = value * 10 + (high >> shift & 15);
        }
        for (int shift = 60; shift >= 0; shift -= 4) {
            value = value * 10 + (low >>> shift & 15);
        }
        integer(high >> 15 & 1, value);
    }

    /** FST m32fp. */
    public final int toFloat(int ase, long asig) {
        return (int) narrow(ase, asig, 24, 127);
    }

    /** FST m64fp. */
    public final long toDouble(int ase, long asig) {
        return narrow(ase, asig, 53, 1023);
    }

    private long narrow(int ase, long asig, int p, int bias) {
        roundedUp = false;
        int s = ase >> 15 & 1;
        long signBit = (long) s << (p == 53 ? 63 : 31);
        long infinity = (2L * bias + 1) << (p - 1);
        if (unsupported(ase, asig)) {
            flags |= IE;
            return infinity | 1L << (p - 2) | 1L << (p == 53 ? 63 : 31);
        }
        if ((ase & EXP_MASK) == EXP_MASK) {
            if (asig << 1 == 0) {
                return signBit | infinity;
            }
            flags |= signalling(asig) ? IE : 0;
            return signBit | infinity | 1L << (p - 2) | (asig & Long.MAX_VALUE) >>> (64 - p);
        }
        if (asig == 0) {
            return signBit;
        }
        setUnpacked(s, exponent(ase, asig), significand(asig), 0);
        long bits = packIeee(p, bias, false);
        if (!allMasked(OE | UE)) {
            // Nothing is stored, so nothing was rounded.
            flags &= ~PE;
            roundedUp = false;
        }
        return bits;
    }

    /**
     * FIST and FISTP, and FISTTP when {@code truncate}.
     *
     * @param bits 16, 32 or 64
     * @return the integer, sign-extended; the most negative one after IE
     */
    public final long toInteger(int ase, long asig, int bits, boolean truncate) {
        int mode = rounding;
        if (truncate) {
            rounding = TRUNCATE;
        }
        long limit = 1L << (bits - 1);
        long value = wholeMagnitude(ase, asig, limit);
        rounding = mode;
        return value;
    }

    /** Rounds to an integer of at most {@code limit} in magnitude, one less where positive. */
    private long wholeMagnitude(int ase, long asig, long limit) {
        roundedUp = false;
        long indefinite = -limit;
        if (unsupported(ase, asig) || (ase & EXP_MASK) == EXP_MASK) {
            flags |= IE;
            return indefinite;
        }
        if (asig == 0) {
            return 0;
        }
        int e = exponent(ase, asig);
        if (e > 63) {
            flags |= IE;
            return indefinite;
        }
        setUnpacked(ase >> 15 & 1, e, significand(asig), 0);
        long m;
        if (e == 63) {
            m = hi;
            inexact = false;
        } else {
            m = roundDenormal(63 - e, 64);
        }
        long most = sign != 0 ? limit : limit - 1;
        if (Long.compareUnsigned(m, most) > 0) {
            flags |= IE;
            roundedUp = false;
            return indefinite;
        }
        flags |= inexact ? PE : 0;
        return sign != 0 ? -m : m;
    }

    /**
     * FBSTP; the two highest digits and the sign are left in {@link #bcdHigh}.
     *
     * @return the lower 16 digits
     */
    public final long toBcd(int ase, long asig) {
        // A magnitude limit of 10^18 is its own indefinite: no number of 18 digits equals it.
        long value = wholeMagnitude(ase, asig, BCD_LIMIT);
        if (value == -BCD_LIMIT) {
            if ((flags & IE) == 0) {
                flags |= IE;
                flags &= ~PE;
                roundedUp = false;
            }
            bcdHigh = BCD_INDEFINITE;
            return 0xc000_0000_0000_0000L;
        }
        long rest = Math.abs(value);
        long low = 0;
        for (int i = 0; i < 16; i++) {
            low |= rest % 10 << (4 * i);
            rest /= 10;
        }
        bcdHigh = (int) (rest % 10 | rest / 10 << 4) | (ase & 0x8000);
        return low;
    }
}
