package org.jvisor.benchmarks;

import java.util.Arrays;
import java.util.List;

/**
 * How two series of measurements compare, run by run.
 *
 * @param median of the ratios of the pairs
 * @param least the smallest
 * @param most the largest
 */
record Ratio(double median, double least, double most) {
    /**
     * Compares the series pair by pair; where one is longer, its rest is left out.
     *
     * @param ours positive values in the order of the runs
     * @param theirs likewise
     */
    static Ratio of(List<Double> ours, List<Double> theirs) {
        double[] ratios = new double[Math.min(ours.size(), theirs.size())];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = ours.get(i) / theirs.get(i);
        }
        return new Ratio(
                Statistics.median(ratios),
                Arrays.stream(ratios).min().orElseThrow(),
                Arrays.stream(ratios).max().orElseThrow());
    }
}
