package org.jvisor.benchmarks;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.TextTable;

/** Rows of a table about the machines' processes as a whole. */
final class ProcessRows {
    private ProcessRows() {}

    /** Adds the seconds from start to end. */
    static void wall(
            TextTable table,
            String title,
            @Nullable Samples ours,
            @Nullable Samples tcg,
            double target) {
        row(table, title, walls(ours), walls(tcg), target);
    }

    /** Adds the seconds of processor time of all threads, for which there is no target. */
    static void cpu(TextTable table, String title, @Nullable Samples ours, @Nullable Samples tcg) {
        row(
                table,
                title,
                ours == null ? List.of() : ours.cpus(),
                tcg == null ? List.of() : tcg.cpus(),
                0);
    }

    /** Adds the peak resident memory in MiB. */
    static void memory(
            TextTable table,
            String title,
            @Nullable Samples ours,
            @Nullable Samples tcg,
            double target) {
        row(table, title, mebibytes(ours), mebibytes(tcg), target);
    }

    private static List<Double> walls(@Nullable Samples samples) {
        return samples == null ? List.of() : samples.walls();
    }

    private static List<Double> mebibytes(@Nullable Samples samples) {
        return samples == null
                ? List.of()
                : samples.peaks().stream().map(bytes -> bytes / (1 << 20)).toList();
    }

    private static void row(
            TextTable table, String title, List<Double> ours, List<Double> tcg, double target) {
        boolean both = !ours.isEmpty() && !tcg.isEmpty();
        Ratio ratio = both ? Ratio.of(ours, tcg) : null;
        table.row(
                title,
                ours.isEmpty() ? "-" : Comparison.format(Samples.median(ours)),
                tcg.isEmpty() ? "-" : Comparison.format(Samples.median(tcg)),
                ratio == null
                        ? "-"
                        : "%s (%s..%s)"
                                .formatted(
                                        Comparison.format(ratio.median()),
                                        Comparison.format(ratio.least()),
                                        Comparison.format(ratio.most())),
                target == 0 ? "-" : Comparison.format(target),
                ratio == null || target == 0 ? "-" : ratio.median() <= target ? "yes" : "no");
    }
}
