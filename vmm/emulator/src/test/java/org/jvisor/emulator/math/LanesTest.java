package org.jvisor.emulator.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.function.LongBinaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Tricks with whole longs against one lane at a time. */
class LanesTest {
    /** Applies {@code op} to sign-extended lanes of {@code bits} bits. */
    private static long each(int bits, long a, long b, LongBinaryOperator op) {
        long result = 0;
        for (int at = 0; at < 64; at += bits) {
            long x = a << 64 - bits - at >> 64 - bits;
            long y = b << 64 - bits - at >> 64 - bits;
            result |= (op.applyAsLong(x, y) & -1L >>> 64 - bits) << at;
        }
        return result;
    }

    @Property
    void additionsDoNotCarryBetweenLanes(@ForAll long a, @ForAll long b) {
        assertThat(Lanes.addB(a, b)).isEqualTo(each(8, a, b, Long::sum));
        assertThat(Lanes.addW(a, b)).isEqualTo(each(16, a, b, Long::sum));
        assertThat(Lanes.addD(a, b)).isEqualTo(each(32, a, b, Long::sum));
    }

    @Property
    void subtractionsDoNotBorrowBetweenLanes(@ForAll long a, @ForAll long b) {
        assertThat(Lanes.subB(a, b)).isEqualTo(each(8, a, b, (x, y) -> x - y));
        assertThat(Lanes.subW(a, b)).isEqualTo(each(16, a, b, (x, y) -> x - y));
        assertThat(Lanes.subD(a, b)).isEqualTo(each(32, a, b, (x, y) -> x - y));
    }

    @Property
    void comparisonsFillTheirLanes(@ForAll long a, @ForAll long mask) {
        long b = a ^ mask & mask << 7 & mask >> 3; // often equal in some lanes
        LongBinaryOperator equal = (x, y) -> x == y ? -1 : 0;
        assertThat(Lanes.equalB(a, b)).isEqualTo(each(8, a, b, equal));
        assertThat(Lanes.equalW(a, b)).isEqualTo(each(16, a, b, equal));
        assertThat(Lanes.equalD(a, b)).isEqualTo(each(32, a, b, equal));
    }

    @Property
    void averagesRoundUp(@ForAll long a, @ForAll long b) {
        assertThat(Lanes.averageB(a, b))
                .isEqualTo(each(8, a, b, (x, y) -> (x & 0xff) + (y & 0xff) + 1 >> 1));
        assertThat(Lanes.averageW(a, b))
                .isEqualTo(each(16, a, b, (x, y) -> (x & 0xffff) + (y & 0xffff) + 1 >> 1));
    }

    @Property
    void unsignedMinimaAndMaximaCompareUnsigned(@ForAll long a, @ForAll long b) {
        assertThat(Lanes.minUb(a, b))
                .isEqualTo(each(8, a, b, (x, y) -> Math.min(x & 0xff, y & 0xff)));
        assertThat(Lanes.maxUw(a, b))
                .isEqualTo(each(16, a, b, (x, y) -> Math.max(x & 0xffff, y & 0xffff)));
        assertThat(Lanes.maxUd(a, b))
                .isEqualTo(each(32, a, b, (x, y) -> Math.max(x & -1L >>> 32, y & -1L >>> 32)));
    }

    @Property
    void wordsShiftWithinTheirLanes(@ForAll long a, @ForAll @IntRange(max = 20) int n) {
        int k = Math.min(n, 15);
        assertThat(LaneMoves.shiftLeftW(a, n))
                .isEqualTo(each(16, a, 0, (x, y) -> n > 15 ? 0 : x << n));
        assertThat(LaneMoves.shiftRightW(a, n))
                .isEqualTo(each(16, a, 0, (x, y) -> n > 15 ? 0 : (x & 0xffff) >>> n));
        assertThat(LaneMoves.shiftSignedW(a, n)).isEqualTo(each(16, a, 0, (x, y) -> x >> k));
    }

    @Test
    void aShiftCountIsNotTakenModuloTheLane() {
        assertThat(LaneMoves.shiftLeftQ(-1, 64)).isZero();
        assertThat(LaneMoves.shiftRightD(-1, 1L << 32)).isZero();
    }

    @Property
    void signMasksGatherTheTopBits(@ForAll long a) {
        int want = 0;
        for (int i = 0; i < 8; i++) {
            want |= (int) (a >>> 8 * i + 7 & 1) << i;
        }
        assertThat(LaneMoves.signMaskB(a)).isEqualTo(want);
    }

    private static BigInteger wide(long low, long high) {
        return Dyadic.unsigned(high).shiftLeft(64).or(Dyadic.unsigned(low));
    }

    @Property
    void palignrShiftsTheConcatenation(
            @ForAll long a0,
            @ForAll long a1,
            @ForAll long b0,
            @ForAll long b1,
            @ForAll @IntRange(max = 255) int n) {
        long[] x = {a0, a1};
        WideLanes.align16(x, 0, b0, b1, n);
        BigInteger want = wide(a0, a1).shiftLeft(128).or(wide(b0, b1)).shiftRight(8 * n);
        assertThat(x[0]).isEqualTo(want.longValue());
        assertThat(x[1]).isEqualTo(want.shiftRight(64).longValue());
    }

    @Property
    void byteShiftsMoveTheWholeRegister(
            @ForAll long a0, @ForAll long a1, @ForAll @IntRange(max = 40) int n) {
        long[] x = {a0, a1};
        WideLanes.shiftLeftBytes(x, 0, 0, 0, n);
        assertThat(wide(x[0], x[1])).isEqualTo(wide(a0, a1).shiftLeft(8 * n).and(wide(-1, -1)));
        long[] y = {a0, a1};
        WideLanes.shiftRightBytes(y, 0, 0, 0, n);
        assertThat(wide(y[0], y[1])).isEqualTo(wide(a0, a1).shiftRight(8 * n));
    }
}
