package org.jvisor.emulator.math;

/**
 * Elementary functions of {@link Wide} numbers by their power series. Errors stay below 2^-115 of
 * the result, so rounding to 64 bits afterwards gives the nearest number but for about one argument
 * in 2^50. Constants are computed once, when the first function is used.
 */
final class WideSeries {
    private static final int TERMS = 64;

    /** {@code 1 / (2k + 1)}. */
    private static final Wide[] ODD = new Wide[TERMS];

    /** {@code 1 / k!}. */
    private static final Wide[] FACTORIAL = new Wide[TERMS];

    private static final int ARC_STEPS = 16;

    /** {@code atan(k / 16)}. */
    private static final Wide[] ARC = new Wide[ARC_STEPS + 1];

    static final Wide ONE = new Wide().set(1);
    static final Wide PI = new Wide();
    static final Wide LN2 = new Wide();
    static final Wide LOG2E = new Wide();

    static {
        Wide n = new Wide();
        for (int k = 0; k < TERMS; k++) {
            ODD[k] = new Wide().set(1).divide(2 * k + 1, n);
            FACTORIAL[k] = k == 0 ? new Wide().set(1) : new Wide().set(FACTORIAL[k - 1]);
            FACTORIAL[k].divide(Math.max(k, 1), n);
        }
        WideSeries series = new WideSeries();
        // Machin: pi / 4 = 4 atan(1/5) - atan(1/239).
        series.odd(PI.set(1).divide(5, n), true);
        PI.shift(4);
        Wide small = new Wide().set(1).divide(239, n);
        series.odd(small, true);
        PI.subtract(small.shift(2));
        // ln 2 = 2 atanh(1/3).
        series.odd(LN2.set(1).divide(3, n), false);
        LN2.shift(1);
        LOG2E.set(1).divide(LN2);
        ARC[0] = new Wide();
        // atan(k/16) = atan((k-1)/16) + atan(16 / (256 + k(k-1))).
        for (int k = 1; k <= ARC_STEPS; k++) {
            ARC[k] = new Wide().set(16).divide(256 + k * (k - 1), n);
            series.odd(ARC[k], true);
            ARC[k].add(ARC[k - 1]);
        }
    }

    private final Wide square = new Wide();
    private final Wide sum = new Wide();
    private final Wide a = new Wide();
    private final Wide b = new Wide();

    /** Replaces {@code x} by its arc tangent (alternating) or inverse hyperbolic tangent. */
    private void odd(Wide x, boolean alternating) {
        if (x.isZero()) {
            return;
        }
        square.set(x).multiply(x);
        if (alternating) {
            square.negate();
        }
        int n = Math.min(TERMS - 1, 126 / Math.max(1, -square.exp - 1) + 1);
        sum.set(ODD[n]);
        for (int k = n - 1; k >= 0; k--) {
            sum.multiply(square).add(ODD[k]);
        }
        x.multiply(sum);
    }

    /** Replaces {@code x}, in [0, 1], by its arc tangent. */
    void arcTangent(Wide x) {
        if (x.exp < -5 || x.isZero()) {
            odd(x, true);
            return;
        }
        int k = (int) ((x.hi >>> 32) * ARC_STEPS >>> (31 - x.exp));
        // atan(x) = atan(k/16) + atan((16x - k) / (16 + kx)).
        b.set(x).multiply(a.set(k)).add(a.set(16));
        x.shift(4).subtract(a.set(k)).divide(b);
        odd(x, true);
        x.add(ARC[k]);
    }

    /** Replaces {@code x} by {@code ln((1 + x) / (1 - x))}, for x at most about 0.2. */
    void logRatio(Wide x) {
        odd(x, false);
        x.shift(1);
    }

    /** Replaces {@code x}, at most 0.7 in magnitude, by {@code e^x - 1}. */
    void expMinusOne(Wide x) {
        sum.set(FACTORIAL[36]);
        for (int k = 35; k >= 1; k--) {
            sum.multiply(x).add(FACTORIAL[k]);
        }
        x.multiply(sum);
    }

    /** Replaces {@code x}, at most pi/4 in magnitude, by its sine. */
    void sine(Wide x) {
        square.set(x).multiply(x).negate();
        sum.set(FACTORIAL[35]);
        for (int k = 33; k >= 1; k -= 2) {
            sum.multiply(square).add(FACTORIAL[k]);
        }
        x.multiply(sum);
    }

    /** Replaces {@code x}, at most pi/4 in magnitude, by its cosine. */
    void cosine(Wide x) {
        square.set(x).multiply(x).negate();
        sum.set(FACTORIAL[34]);
        for (int k = 32; k >= 0; k -= 2) {
            sum.multiply(square).add(FACTORIAL[k]);
        }
        x.set(sum);
    }
}
