package org.jvisor.benchmarks;

import java.util.Arrays;

/** The few numbers that stand for many. */
final class Statistics {
    private Statistics() {}

    /** The middle value, or the mean of the two in the middle. */
    static double median(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("the median of nothing");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The geometric mean of positive values. */
    static double geometricMean(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("the mean of nothing");
        }
        double logarithms = 0;
        for (double value : values) {
            if (!(value > 0)) {
                throw new IllegalArgumentException("not positive: " + value);
            }
            logarithms += Math.log(value);
        }
        return Math.exp(logarithms / values.length);
    }
}
