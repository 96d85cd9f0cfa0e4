package org.jvisor.emulator.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fast path, the soft path and Java's own arithmetic against each other. */
class SseFloatTest {
    private static final int PLAIN = 0x1f80;

    private final SseFloat f = new SseFloat();

    private void start(int mxcsr) {
        f.control(mxcsr);
        f.flags = 0;
    }

    /** Doubles near each other, near the ends of the range, with few bits and with many. */
    @Provide
    Arbitrary<Long> doubles() {
        Arbitrary<Long> exponents =
                Arbitraries.oneOf(
                        Arbitraries.longs().between(1015, 1032),
                        Arbitraries.longs().between(0, 60),
                        Arbitraries.longs().between(2040, 2047),
                        Arbitraries.longs().between(0, 2047));
        Arbitrary<Long> fractions =
                Arbitraries.oneOf(
                        Arbitraries.longs(),
                        Arbitraries.of(0L, 1L, -1L, 1L << 51),
                        Arbitraries.integers().between(0, 51).map(n -> -1L << n));
        return exponents.flatMap(
                e -> fractions.map(m -> e << 52 | m & (1L << 52) - 1 | m & Long.MIN_VALUE));
    }

    private long apply(int op, long a, long b) {
        return switch (op) {
            case 0 -> f.add(a, b);
            case 1 -> f.subtract(a, b);
            case 2 -> f.multiply(a, b);
            default -> f.divide(a, b);
        };
    }

    private static double java(int op, double a, double b) {
        return switch (op) {
            case 0 -> a + b;
            case 1 -> a - b;
            case 2 -> a * b;
            default -> a / b;
        };
    }

    @Property(tries = 5000)
    void theFastPathRaisesWhatTheSoftPathDoes(
            @ForAll("doubles") long a,
            @ForAll("doubles") long b,
            @ForAll @IntRange(max = 3) int op) {
        start(PLAIN);
        long fast = apply(op, a, b);
        int fastFlags = f.flags;
        f.flags = 0;
        assertThat(f.binary(op, a, b, 53)).isEqualTo(fast);
        assertThat(f.flags).isEqualTo(fastFlags);
    }

    @Property(tries = 2000)
    void theSoftPathGivesJavasResults(
            @ForAll("doubles") long a,
            @ForAll("doubles") long b,
            @ForAll @IntRange(max = 3) int op) {
        start(PLAIN);
        Double want = java(op, Double.longBitsToDouble(a), Double.longBitsToDouble(b));
        // Boxed, so that NaN equals NaN and zeros differ by their sign.
        assertThat(Double.longBitsToDouble(f.binary(op, a, b, 53))).isEqualTo(want);
    }

    @Property(tries = 2000)
    void singlesTakeTheSamePathsToTheSameResults(
            @ForAll float a, @ForAll float b, @ForAll @IntRange(max = 3) int op) {
        start(PLAIN);
        int x = Float.floatToRawIntBits(a);
        int y = Float.floatToRawIntBits(b);
        int fast =
                switch (op) {
                    case 0 -> f.add(x, y);
                    case 1 -> f.subtract(x, y);
                    case 2 -> f.multiply(x, y);
                    default -> f.divide(x, y);
                };
        int fastFlags = f.flags;
        f.flags = 0;
        long soft = f.binary(op, x & 0xffff_ffffL, y & 0xffff_ffffL, 24);
        assertThat((int) soft).isEqualTo(fast);
        assertThat(f.flags).isEqualTo(fastFlags);
    }

    @Property
    void precisionIsFlaggedExactlyWhenASumIsInexact(
            @ForAll("doubles") long a, @ForAll("doubles") long b) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        if (!Double.isFinite(x) || !Double.isFinite(y) || !Double.isFinite(x + y)) {
            return;
        }
        start(PLAIN);
        f.add(a, b);
        boolean exact =
                new BigDecimal(x).add(new BigDecimal(y)).compareTo(new BigDecimal(x + y)) == 0;
        assertThat((f.flags & FloatCore.PE) == 0).isEqualTo(exact);
    }

    @Property
    void directedRoundingsEncloseTheNearest(
            @ForAll("doubles") long a,
            @ForAll("doubles") long b,
            @ForAll @IntRange(max = 3) int op) {
        start(PLAIN | FloatCore.DOWN << 13);
        double down = Double.longBitsToDouble(apply(op, a, b));
        start(PLAIN | FloatCore.UP << 13);
        double up = Double.longBitsToDouble(apply(op, a, b));
        start(PLAIN);
        double nearest = Double.longBitsToDouble(apply(op, a, b));
        if (Double.isNaN(nearest)) {
            return;
        }
        boolean exact = (f.flags & FloatCore.PE) == 0;
        assertThat(up).isEqualTo(exact ? down == 0 ? up : down : Math.nextUp(down));
        assertThat(nearest == down || nearest == up).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        // the first NaN wins, quieted; a signalling one raises IE (SDM 1 table 4-7)
        "7ff0000000000001, 7ff8000000000002, 7ff8000000000001, 1",
        "3ff0000000000000, 7ff0000000000002, 7ff8000000000002, 1",
        "fff8000000000001, 7ff8000000000002, fff8000000000001, 0",
        "7ff0000000000000, fff0000000000000, fff8000000000000, 1",
    })
    void nansAddAsOnHardware(String a, String b, String sum, int flags) {
        start(PLAIN);
        long x = Long.parseUnsignedLong(a, 16);
        long y = Long.parseUnsignedLong(b, 16);
        assertThat(Long.toHexString(f.add(x, y))).isEqualTo(sum);
        assertThat(f.flags).isEqualTo(flags);
    }

    @Test
    void theMinimumOfZerosIsTheSecond() {
        start(PLAIN);
        assertThat(f.select(false, 0L, Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
        assertThat(f.select(false, Long.MIN_VALUE, 0L)).isZero();
    }

    @Test
    void theMinimumWithANanIsTheSecondUnchanged() {
        start(PLAIN);
        long signalling = 0x7ff0_0000_0000_0001L;
        assertThat(f.select(false, 0L, signalling)).isEqualTo(signalling);
        assertThat(f.flags).isEqualTo(FloatCore.IE);
    }

    @Test
    void denormalsAreZerosWithDaz() {
        start(PLAIN | 0x40);
        assertThat(f.add(1L, Long.MIN_VALUE)).isZero();
        assertThat(f.flags).isZero();
    }

    @Test
    void tinyResultsAreFlushedWithFtz() {
        start(PLAIN | 0x8000);
        assertThat(f.multiply(0x8010_0000_0000_0000L, 0x3fe0_0000_0000_0000L))
                .isEqualTo(Long.MIN_VALUE);
        assertThat(f.flags).isEqualTo(FloatCore.UE | FloatCore.PE);
    }

    @Test
    void anUnmaskedEarlyExceptionHidesTheLateOnes() {
        start(PLAIN & ~(FloatCore.ZE << 7));
        f.divide(0x3ff0_0000_0000_0000L, 0L);
        f.divide(0x3ff0_0000_0000_0000L, 0x4008_0000_0000_0000L);
        assertThat(f.report()).isEqualTo(FloatCore.ZE);
    }

    @Property
    void conversionsToIntegersTruncateAsJavaDoes(@ForAll double x) {
        start(PLAIN);
        long bits = Double.doubleToRawLongBits(x);
        boolean fits = x > -0x1p31 - 1 && x < 0x1p31;
        assertThat(f.toInteger(bits, 32, true)).isEqualTo(fits ? (int) x : Integer.MIN_VALUE);
        boolean exact = fits && (int) x == x;
        assertThat(f.flags).isEqualTo(exact ? 0 : fits ? FloatCore.PE : FloatCore.IE);
    }

    @Property
    void reciprocalsAreWithinTheBound(@ForAll float x) {
        float r = Float.intBitsToFloat(SseFloat.reciprocal(Float.floatToRawIntBits(x)));
        if (Math.abs(x) >= Float.MIN_NORMAL && Math.abs(1 / x) >= Float.MIN_NORMAL) {
            assertThat(Math.abs((double) r * x - 1)).isLessThanOrEqualTo(1.5 / 4096);
        }
    }
}
