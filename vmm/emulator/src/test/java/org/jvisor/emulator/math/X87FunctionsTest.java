package org.jvisor.emulator.math;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class X87FunctionsTest {
    private final X87Functions f = new X87Functions();

    private void apply(String name, String st0, String st1) {
        int se = Extended.se(st0);
        long sig = Extended.sig(st0);
        int se1 = Extended.se(st1);
        long sig1 = Extended.sig(st1);
        switch (name) {
            case "FSIN" -> f.sine(se, sig);
            case "FCOS" -> f.cosine(se, sig);
            case "FPTAN" -> f.tangent(se, sig);
            case "F2XM1" -> f.exponentialMinusOne(se, sig);
            case "FPATAN" -> f.arcTangent(se1, sig1, se, sig);
            case "FYL2X" -> f.logarithm(se1, sig1, se, sig);
            case "FYL2XP1" -> f.logarithmPlusOne(se1, sig1, se, sig);
            default -> throw new IllegalArgumentException(name);
        }
    }

    /** Results of an Intel Xeon of the Sapphire Rapids generation, rounding to nearest. */
    @ParameterizedTest
    @CsvSource({
        "FSIN, 3fff_8000000000000000, 0000_0000000000000000, 3ffe_d76aa47848677021",
        "FSIN, 4000_c000000000000000, 0000_0000000000000000, 3ffc_9081c36db6aada79",
        "FSIN, 4020_9502f90000000000, 0000_0000000000000000, bffd_f99a63c49c6f2b1a",
        "FSIN, 4000_c90fdaa22168c000, 0000_0000000000000000, 3fca_8d30000000000000",
        "FCOS, 3fff_8000000000000000, 0000_0000000000000000, 3ffe_8a51407da8345c92",
        "FCOS, c000_a000000000000000, 0000_0000000000000000, bffe_cd17bf7c2c5be959",
        "FCOS, 3fff_c90fdaa22168c000, 0000_0000000000000000, 3fc9_8d30000000000000",
        "FPTAN, 3fff_8000000000000000, 0000_0000000000000000, 3fff_c75922e5f71d2dc5",
        "FPTAN, bffe_c000000000000000, 0000_0000000000000000, bffe_ee7d1b0887775f06",
        "FPATAN, 3fff_8000000000000000, 3fff_8000000000000000, 3ffe_c90fdaa22168c235",
        "FPATAN, c000_8000000000000000, 3ffe_8000000000000000, 4000_b9621fa58b285383",
        "FPATAN, 4000_c000000000000000, c001_e000000000000000, bfff_953c5c27dfafe08a",
        "F2XM1, 3ffe_8000000000000000, 0000_0000000000000000, 3ffd_d413cccfe7799211",
        "F2XM1, bffd_8000000000000000, 0000_0000000000000000, bffc_a2ec0cd4a58a542f",
        "F2XM1, 3fd7_8000000000000000, 0000_0000000000000000, 3fd6_b17217f7d20cf928",
        "FYL2X, 4002_a000000000000000, 3fff_8000000000000000, 4000_d49a784bcd1b8afe",
        "FYL2X, 3ffb_cccccccccccccccd, 4000_a000000000000000, c002_84e08b2f603136df",
        "FYL2X, 3fff_800000d6bf94d5e5, 3fff_8000000000000000, 3fe8_9ae87f5179975212",
        "FYL2XP1, 3ffd_8000000000000000, 3fff_8000000000000000, 3ffd_a4d3c25e68dc57f2",
        "FYL2XP1, bfe1_8000000000000000, 4000_c000000000000000, bfe3_8a7fac601a114d4e",
    })
    void functionsGiveWhatAProcessorGives(String name, String st0, String st1, String expected) {
        apply(name, st0, st1);
        assertThat(Extended.text(f)).isEqualTo(expected);
        assertThat(f.flags).isEqualTo(FloatCore.PE);
    }

    private double value() {
        return Double.longBitsToDouble(f.toDouble(f.se, f.sig));
    }

    /** Java's functions are accurate to 1 ulp of a double, so the doubles are neighbours. */
    private static void assertClose(double actual, double expected) {
        assertThat(Math.abs(actual - expected)).isLessThanOrEqualTo(1.01 * Math.ulp(expected));
    }

    @Property
    void sinesAgreeWithJavas(@ForAll @DoubleRange(min = -3, max = 3) double x) {
        f.fromDouble(Double.doubleToRawLongBits(x));
        f.sine(f.se, f.sig);
        assertClose(value(), Math.sin(x));
    }

    @Property
    void arcTangentsAgreeWithJavas(
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double y,
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double x) {
        f.fromDouble(Double.doubleToRawLongBits(y));
        int se = f.se;
        long sig = f.sig;
        f.fromDouble(Double.doubleToRawLongBits(x));
        f.arcTangent(se, sig, f.se, f.sig);
        // Math.atan2 is good to 2 ulp.
        double want = Math.atan2(y, x);
        assertThat(Math.abs(value() - want)).isLessThanOrEqualTo(2.01 * Math.ulp(want));
    }

    @Property
    void logarithmsAgreeWithJavas(@ForAll @DoubleRange(min = 0.01, max = 1e18) double x) {
        // ln 2 * log2(x)
        f.fromDouble(Double.doubleToRawLongBits(x));
        f.logarithm(0x3ffe, 0xb172_17f7_d1cf_79acL, f.se, f.sig);
        assertClose(value(), Math.log(x));
    }

    @Property
    void exponentialsAgreeWithJavas(@ForAll @DoubleRange(min = -0.69, max = 0.69) double x) {
        // 2^(x log2 e) - 1; the product's rounding costs less than an ulp of a double.
        f.fromDouble(Double.doubleToRawLongBits(x));
        f.multiply(f.se, f.sig, 0x3fff, 0xb8aa_3b29_5c17_f0bcL);
        f.exponentialMinusOne(f.se, f.sig);
        assertClose(value(), Math.expm1(x));
    }

    @Test
    void anAngleBeyondTwoToThe63IsOutOfRange() {
        f.sine(0x403e, Long.MIN_VALUE);
        assertThat(f.outOfRange).isTrue();
        assertThat(f.flags).isZero();
    }

    @Test
    void theLogarithmOfZeroDividesByZero() {
        f.logarithm(0x3fff, Long.MIN_VALUE, 0, 0);
        assertThat(Extended.text(f)).isEqualTo("ffff_8000000000000000");
        assertThat(f.flags).isEqualTo(FloatCore.ZE);
    }

    @Test
    void theLogarithmOfANegativeNumberIsInvalid() {
        f.logarithm(0x3fff, Long.MIN_VALUE, 0xbfff, Long.MIN_VALUE);
        assertThat(f.flags).isEqualTo(FloatCore.IE);
    }

    @Property
    void completeRemaindersAreThoseOfIntegers(@ForAll int a, @ForAll int b) {
        if (b == 0) {
            return;
        }
        f.fromLong(b);
        int bse = f.se;
        long bsig = f.sig;
        f.fromLong(a);
        f.remainder(f.se, f.sig, bse, bsig, false);
        assertThat(f.partial).isFalse();
        assertThat(f.quotient).isEqualTo((int) (Math.abs((long) a / b) & 7));
        assertThat(f.toInteger(f.se, f.sig, 64, false)).isEqualTo((long) a % b);
    }

    @Property
    void nearestRemaindersAreThoseOfJava(@ForAll double a, @ForAll double b) {
        f.fromDouble(Double.doubleToRawLongBits(b));
        int bse = f.se;
        long bsig = f.sig;
        f.fromDouble(Double.doubleToRawLongBits(a));
        f.remainder(f.se, f.sig, bse, bsig, true);
        if (!f.partial) {
            Double want = Math.IEEEremainder(a, b); // boxed, so that NaN equals NaN
            assertThat(value()).isEqualTo(want);
        }
    }

    @Test
    void aDistantRemainderIsPartial() {
        f.remainder(0x3fff + 100, Long.MIN_VALUE, 0x3fff, 3L << 62, false);
        assertThat(f.partial).isTrue();
    }
}
