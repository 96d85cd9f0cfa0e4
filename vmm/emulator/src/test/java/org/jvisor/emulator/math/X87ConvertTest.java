package org.jvisor.emulator.math;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class X87ConvertTest {
    private static final long LARGEST_DECIMAL = 999_999_999_999_999_999L;

    private final X87Convert f = new X87Convert();

    @Property
    void integersComeBackFromTheStack(@ForAll long value) {
        f.fromLong(value);
        assertThat(f.toInteger(f.se, f.sig, 64, false)).isEqualTo(value);
        assertThat(f.flags).isZero();
    }

    @Property
    void doublesComeBackFromTheStack(@ForAll double value) {
        long bits = Double.doubleToRawLongBits(value);
        f.fromDouble(bits);
        assertThat(f.toDouble(f.se, f.sig)).isEqualTo(bits);
    }

    @Property
    void aDoubleStoredAsASingleIsTheNearestSingle(@ForAll double value) {
        f.fromDouble(Double.doubleToRawLongBits(value));
        f.flags = 0;
        int bits = f.toFloat(f.se, f.sig);
        assertThat(bits).isEqualTo(Float.floatToRawIntBits((float) value));
        boolean exact = (double) (float) value == value;
        assertThat((f.flags & FloatCore.PE) == 0).isEqualTo(exact);
    }

    @Property
    void doublesRoundToIntegersAsMathRintDoes(@ForAll double value) {
        f.fromDouble(Double.doubleToRawLongBits(value));
        f.flags = 0;
        long n = f.toInteger(f.se, f.sig, 64, false);
        boolean fits = Math.abs(value) < 0x1p63;
        assertThat(n).isEqualTo(fits ? (long) Math.rint(value) : Long.MIN_VALUE);
        if (!fits && value != -0x1p63) {
            assertThat(f.flags).isEqualTo(FloatCore.IE);
        }
    }

    @Property
    void packedDecimalsComeBack(
            @ForAll @LongRange(min = -LARGEST_DECIMAL, max = LARGEST_DECIMAL) long value) {
        f.fromLong(value);
        long low = f.toBcd(f.se, f.sig);
        int high = f.bcdHigh;
        f.fromBcd(low, high);
        assertThat(f.toInteger(f.se, f.sig, 64, false)).isEqualTo(value);
        assertThat("%02x%016x".formatted(high & 0xff, low))
                .isEqualTo("%018d".formatted(Math.abs(value)));
    }

    @Test
    void tenToTheEighteenthIsTooLargeForAPackedDecimal() {
        f.fromLong(LARGEST_DECIMAL + 1);
        assertThat(f.toBcd(f.se, f.sig)).isEqualTo(0xc000_0000_0000_0000L);
        assertThat(f.bcdHigh).isEqualTo(0xffff);
        assertThat(f.flags).isEqualTo(FloatCore.IE);
    }

    @ParameterizedTest
    @CsvSource({
        // value, mode, integer: 2.5 and -2.5 in every mode
        "4000_a000000000000000, 0, 2",
        "4000_a000000000000000, 1, 2",
        "4000_a000000000000000, 2, 3",
        "4000_a000000000000000, 3, 2",
        "c000_a000000000000000, 0, -2",
        "c000_a000000000000000, 1, -3",
        "c000_a000000000000000, 2, -2",
        "c000_a000000000000000, 3, -2",
    })
    void integersAreRoundedAsTheModeSays(String value, int mode, long expected) {
        f.rounding = mode;
        long n = f.toInteger(Extended.se(value), Extended.sig(value), 32, false);
        assertThat(n).isEqualTo(expected);
    }

    @Test
    void aDenormalDoubleIsFlaggedWhenLoaded() {
        f.fromDouble(1);
        assertThat(f.flags).isEqualTo(FloatCore.DE);
        assertThat(Extended.text(f)).isEqualTo("3bcd_8000000000000000");
    }

    @Test
    void aSignallingNanIsQuietedWhenLoaded() {
        f.fromFloat(0x7f80_0001);
        assertThat(f.flags).isEqualTo(FloatCore.IE);
        assertThat(Extended.text(f)).isEqualTo("7fff_c000010000000000");
    }
}
