package org.jvisor.emulator.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Normal numbers against exact rational arithmetic, special ones against SDM 1 chapter 4 and 8. */
class X87FloatTest {
    private static final long INTEGER_BIT = Long.MIN_VALUE;
    private static final int BIAS = 16383;

    private final X87Float f = new X87Float();

    /** Makes few bits as likely as many. */
    private static long significand(long bits, int zeros) {
        return (bits | INTEGER_BIT) >>> zeros << zeros;
    }

    private void control(int mode, int precision) {
        f.rounding = mode;
        f.precision = precision == 0 ? 24 : precision == 1 ? 53 : 64;
        f.flags = 0;
    }

    private void assertRounded(BigInteger n, BigInteger d, int exponent, boolean negative) {
        Dyadic.Rounded want = Dyadic.round(n, d, exponent, f.precision, f.rounding, negative);
        int length = want.significand().bitLength();
        assertThat(f.se).isEqualTo((negative ? 0x8000 : 0) | want.exponent() + length - 1 + BIAS);
        assertThat(Dyadic.unsigned(f.sig)).isEqualTo(want.significand().shiftLeft(64 - length));
        assertThat(f.flags).isEqualTo(want.inexact() ? FloatCore.PE : 0);
        assertThat(f.roundedUp).isEqualTo(want.up());
    }

    @Property
    void sumsAreRoundedExactly(
            @ForAll long a,
            @ForAll long b,
            @ForAll @IntRange(max = 63) int za,
            @ForAll @IntRange(max = 63) int zb,
            @ForAll @IntRange(min = -140, max = 140) int distance,
            @ForAll boolean negate,
            @ForAll @IntRange(max = 3) int mode,
            @ForAll @IntRange(max = 2) int precision) {
        control(mode, precision);
        long ma = significand(a, za);
        long mb = significand(b, zb);
        int low = Math.min(0, distance);
        BigInteger sum =
                Dyadic.unsigned(ma)
                        .shiftLeft(-low)
                        .add(
                                Dyadic.unsigned(mb)
                                        .shiftLeft(distance - low)
                                        .multiply(BigInteger.valueOf(negate ? -1 : 1)));
        f.add(BIAS, ma, (negate ? 0x8000 : 0) | BIAS + distance, mb);
        if (sum.signum() == 0) {
            assertThat(f.sig).isZero();
            assertThat(f.se).isEqualTo(mode == FloatCore.DOWN ? 0x8000 : 0);
            return;
        }
        assertRounded(sum.abs(), BigInteger.ONE, low - 63, sum.signum() < 0);
    }

    @Property
    void productsAreRoundedExactly(
            @ForAll long a,
            @ForAll long b,
            @ForAll @IntRange(max = 63) int za,
            @ForAll @IntRange(max = 63) int zb,
            @ForAll boolean negate,
            @ForAll @IntRange(max = 3) int mode,
            @ForAll @IntRange(max = 2) int precision) {
        control(mode, precision);
        long ma = significand(a, za);
        long mb = significand(b, zb);
        f.multiply((negate ? 0x8000 : 0) | BIAS, ma, BIAS, mb);
        BigInteger product = Dyadic.unsigned(ma).multiply(Dyadic.unsigned(mb));
        assertRounded(product, BigInteger.ONE, -126, negate);
    }

    @Property
    void quotientsAreRoundedExactly(
            @ForAll long a,
            @ForAll long b,
            @ForAll @IntRange(max = 63) int za,
            @ForAll @IntRange(max = 63) int zb,
            @ForAll boolean negate,
            @ForAll @IntRange(max = 3) int mode,
            @ForAll @IntRange(max = 2) int precision) {
        control(mode, precision);
        long ma = significand(a, za);
        long mb = significand(b, zb);
        f.divide((negate ? 0x8000 : 0) | BIAS, ma, BIAS, mb);
        assertRounded(Dyadic.unsigned(ma), Dyadic.unsigned(mb), 0, negate);
    }

    @Property
    void theSquareRootOfASquareIsExact(@ForAll int root) {
        control(FloatCore.NEAREST, 2);
        long r = Integer.toUnsignedLong(root) | 1L << 32;
        BigInteger square = BigInteger.valueOf(r).multiply(BigInteger.valueOf(r));
        int n = square.bitLength();
        if (n > 64) {
            return; // not a number of the format
        }
        f.squareRoot(BIAS + n - 1, square.shiftLeft(64 - n).longValue());
        int length = 64 - Long.numberOfLeadingZeros(r);
        assertThat(f.sig).isEqualTo(r << 64 - length);
        assertThat(f.flags).isZero();
    }

    @Property
    void squareRootsAreTheNearestBelowOrAbove(
            @ForAll long a, @ForAll boolean odd, @ForAll boolean up) {
        control(up ? FloatCore.UP : FloatCore.DOWN, 2);
        long m = a | INTEGER_BIT;
        f.squareRoot(BIAS + (odd ? 1 : 0), m);
        // The root with 63 fraction bits, squared, against the operand with 126.
        BigInteger operand = Dyadic.unsigned(m).shiftLeft(odd ? 64 : 63);
        BigInteger root = Dyadic.unsigned(f.sig).shiftLeft(f.se - BIAS);
        BigInteger other = up ? root.subtract(BigInteger.ONE) : root.add(BigInteger.ONE);
        int order = root.multiply(root).compareTo(operand);
        int otherOrder = other.multiply(other).compareTo(operand);
        assertThat(order).isIn(0, up ? 1 : -1);
        assertThat(otherOrder).isEqualTo(up ? -1 : 1);
    }

    @ParameterizedTest
    @CsvSource({
        // a, b, the sum, flags: SDM 1 table 4-7 and §8.2.2
        "7fff_8000000000000000, ffff_8000000000000000, ffff_c000000000000000, 1",
        "7fff_c000000000000001, 3fff_8000000000000000, 7fff_c000000000000001, 0",
        "7fff_8000000000000001, 3fff_8000000000000000, 7fff_c000000000000001, 1",
        "7fff_8000000000000005, 7fff_c000000000000001, 7fff_c000000000000001, 1",
        "7fff_c000000000000001, 7fff_c000000000000002, 7fff_c000000000000002, 0",
        "ffff_c000000000000001, 7fff_c000000000000001, 7fff_c000000000000001, 0",
        "3fff_4000000000000000, 3fff_8000000000000000, ffff_c000000000000000, 1",
        "7fff_0000000000000000, 3fff_8000000000000000, ffff_c000000000000000, 1",
        "0000_8000000000000000, 0000_0000000000000000, 0001_8000000000000000, 2",
        "0000_0000000000000001, 0000_0000000000000001, 0000_0000000000000002, 2",
        "8000_0000000000000000, 8000_0000000000000000, 8000_0000000000000000, 0",
        "7ffe_ffffffffffffffff, 7ffe_ffffffffffffffff, 7fff_8000000000000000, 40",
    })
    void specialOperandsAddAsOnHardware(String a, String b, String sum, int flags) {
        f.add(Extended.se(a), Extended.sig(a), Extended.se(b), Extended.sig(b));
        assertThat(Extended.text(f)).isEqualTo(sum);
        assertThat(f.flags).isEqualTo(flags);
    }

    @Test
    void aZeroDivisorHidesADenormalDividend() {
        f.divide(0, 1, 0, 0);
        assertThat(f.flags).isEqualTo(FloatCore.ZE);
    }

    @Test
    void anUnmaskedUnderflowWrapsTheExponent() {
        f.masks &= ~FloatCore.UE;
        f.multiply(1, INTEGER_BIT, BIAS - 1, INTEGER_BIT);
        assertThat(f.se).isEqualTo(24576);
        assertThat(f.flags).isEqualTo(FloatCore.UE);
    }

    @Test
    void anUnmaskedDenormalOperandIsAllThatIsFlagged() {
        f.masks &= ~FloatCore.DE;
        f.add(0, 1, BIAS, INTEGER_BIT);
        assertThat(f.flags).isEqualTo(FloatCore.DE);
    }

    @Test
    void quietNansCompareUnorderedWithoutAnExceptionWhenAskedTo() {
        int order = f.compare(0x7fff, 3L << 62, BIAS, INTEGER_BIT, true);
        assertThat(order).isEqualTo(X87Float.UNORDERED);
        assertThat(f.flags).isZero();
    }

    @Test
    void quietNansCompareUnorderedWithIeOtherwise() {
        f.compare(0x7fff, 3L << 62, BIAS, INTEGER_BIT, false);
        assertThat(f.flags).isEqualTo(FloatCore.IE);
    }
}
