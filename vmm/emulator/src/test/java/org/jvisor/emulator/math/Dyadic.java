package org.jvisor.emulator.math;

import java.math.BigInteger;

/** Exact references for rounding: positive fractions, and what they are rounded to a precision. */
final class Dyadic {
    private Dyadic() {}

    /** A rounded fraction: {@code significand * 2^exponent}. */
    record Rounded(BigInteger significand, int exponent, boolean inexact, boolean up) {}

    /**
     * Rounds {@code n / d * 2^exponent} to {@code bits} bits.
     *
     * @param mode as in FCW, for the given sign
     */
    static Rounded round(
            BigInteger n, BigInteger d, int exponent, int bits, int mode, boolean negative) {
        // Scaled so that the quotient has bits or bits + 1 bits.
        int shift = bits - (n.bitLength() - d.bitLength());
        BigInteger num = shift > 0 ? n.shiftLeft(shift) : n;
        BigInteger den = shift < 0 ? d.shiftLeft(-shift) : d;
        int e = exponent - shift;
        BigInteger[] qr = num.divideAndRemainder(den);
        if (qr[0].bitLength() > bits) {
            den = den.shiftLeft(1);
            e++;
            qr = num.divideAndRemainder(den);
        }
        boolean inexact = qr[1].signum() != 0;
        int half = qr[1].shiftLeft(1).compareTo(den);
        boolean up =
                switch (mode) {
                    case FloatCore.NEAREST -> half > 0 || half == 0 && qr[0].testBit(0);
                    case FloatCore.DOWN -> inexact && negative;
                    case FloatCore.UP -> inexact && !negative;
                    default -> false;
                };
        return new Rounded(up ? qr[0].add(BigInteger.ONE) : qr[0], e, inexact, up);
    }

    /** The significand of an x87 or unpacked number as an unsigned integer. */
    static BigInteger unsigned(long significand) {
        return new BigInteger(Long.toUnsignedString(significand));
    }
}
