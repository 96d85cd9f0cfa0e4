package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.jmh.GuestLoop;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Numbers;

/** The exits of one loop on KVM: in Java, and in C right before each time. */
final class ExitResult {
    static final double MEDIAN_TARGET = 1.05;
    static final double TAIL_TARGET = 1.5;

    private final GuestLoop loop;
    private final Histogram java = new Histogram();
    private final Histogram inC = new Histogram();
    private Histogram jmh = new Histogram();
    private final List<Double> medians = new ArrayList<>();
    private final List<Double> tails = new ArrayList<>();

    ExitResult(GuestLoop loop) {
        this.loop = loop;
    }

    /** Adds a pair of runs. */
    void add(Histogram samples, @Nullable Histogram c) {
        java.addAll(samples);
        if (c != null) {
            inC.addAll(c);
            medians.add(samples.percentile(50) / c.percentile(50));
            tails.add(samples.percentile(99.9) / c.percentile(99.9));
        }
    }

    /** Sets what JMH found. */
    void jmh(JmhResult result) {
        jmh = result.samples();
    }

    /** Java's median by C's: the median over the pairs; not a number without C. */
    double medianRatio() {
        return medians.isEmpty() ? Double.NaN : Samples.median(medians);
    }

    /** The same of the 99.9th percentile. */
    double tailRatio() {
        return tails.isEmpty() ? Double.NaN : Samples.median(tails);
    }

    /** The tables and plots of all loops. */
    static List<Block> blocks(List<ExitResult> results, Map<String, Double> allocated) {
        List<Block> blocks = new ArrayList<>();
        blocks.add(table(results, allocated));
        blocks.add(tails(results));
        boolean c = results.stream().anyMatch(result -> result.inC.count() > 0);
        if (c) {
            blocks.add(
                    bars(
                            results,
                            "Exits on KVM, Java / C at the median",
                            MEDIAN_TARGET,
                            ExitResult::medianRatio));
            blocks.add(
                    bars(
                            results,
                            "Exits on KVM, Java / C at the 99.9th percentile",
                            TAIL_TARGET,
                            ExitResult::tailRatio));
        }
        for (ExitResult result : results) {
            List<Block.Line> lines = new ArrayList<>(List.of(result.java.line("Java")));
            if (result.inC.count() > 0) {
                lines.add(result.inC.line("C"));
            }
            blocks.add(new Block.Curves("KVM: " + result.loop.title(), lines));
        }
        return blocks;
    }

    private static Block table(List<ExitResult> results, Map<String, Double> allocated) {
        List<List<String>> rows = new ArrayList<>();
        for (ExitResult result : results) {
            double bytes = allocated.getOrDefault("kvm." + result.loop.id(), Double.NaN);
            rows.add(
                    List.of(
                            result.loop.title(),
                            Numbers.micros(result.java.percentile(50)),
                            Numbers.micros(result.inC.percentile(50)),
                            ratio(result.medianRatio(), result.medians, MEDIAN_TARGET),
                            Numbers.micros(result.java.percentile(99.9)),
                            Numbers.micros(result.inC.percentile(99.9)),
                            ratio(result.tailRatio(), result.tails, TAIL_TARGET),
                            Numbers.micros(result.java.mean()),
                            Numbers.micros(result.inC.mean()),
                            Numbers.micros(result.jmh.mean()),
                            Double.isNaN(bytes) ? "-" : Numbers.format(bytes)));
        }
        return new Block.Table(
                "Exits on KVM in µs: Java and C alternating, the median ratio of the pairs (its"
                        + " range), with targets %s at the median and %s at the 99.9th percentile"
                                .formatted(MEDIAN_TARGET, TAIL_TARGET),
                List.of(
                        "exit",
                        "p50",
                        "C",
                        "ratio",
                        "p99.9",
                        "C",
                        "ratio",
                        "mean",
                        "C",
                        "JMH",
                        "bytes allocated"),
                rows);
    }

    private static String ratio(double median, List<Double> all, double target) {
        if (all.isEmpty()) {
            return "-";
        }
        double least = all.stream().mapToDouble(Double::doubleValue).min().orElse(median);
        double most = all.stream().mapToDouble(Double::doubleValue).max().orElse(median);
        return "%s (%s..%s)%s"
                .formatted(
                        Numbers.format(median),
                        Numbers.format(least),
                        Numbers.format(most),
                        median <= target ? "" : " !");
    }

    private static Block tails(List<ExitResult> results) {
        List<List<String>> rows = new ArrayList<>();
        for (ExitResult result : results) {
            List<String> row = new ArrayList<>(List.of(result.loop.title()));
            for (Histogram side : List.of(result.java, result.inC, result.jmh)) {
                for (double percentile : new double[] {90, 99, 99.9, 99.99}) {
                    row.add(Numbers.micros(side.percentile(percentile)));
                }
            }
            row.add(Long.toString(result.java.count()));
            rows.add(row);
        }
        return new Block.Table(
                "Percentiles of exits on KVM in µs",
                List.of(
                        "exit",
                        "p90",
                        "p99",
                        "p99.9",
                        "p99.99",
                        "C p90",
                        "C p99",
                        "C p99.9",
                        "C p99.99",
                        "JMH p90",
                        "JMH p99",
                        "JMH p99.9",
                        "JMH p99.99",
                        "samples"),
                rows);
    }

    private static Block bars(
            List<ExitResult> results,
            String title,
            double target,
            java.util.function.ToDoubleFunction<ExitResult> value) {
        List<Block.Group> groups = new ArrayList<>();
        for (ExitResult result : results) {
            groups.add(new Block.Group(result.loop.title(), List.of(value.applyAsDouble(result))));
        }
        return new Block.Bars(title, "ratio", List.of("Java / C"), groups, target);
    }

    /** Writes it into a JSON object. */
    void describe(ObjectNode json) {
        json.put("loop", loop.id());
        json.put("title", loop.title());
        java.describe(json.putObject("java"));
        jmh.describe(json.putObject("jmh"));
        if (inC.count() > 0) {
            inC.describe(json.putObject("c"));
            json.put("medianRatio", medianRatio());
            json.put("p99_9Ratio", tailRatio());
            ArrayNode each = json.putArray("medianRatios");
            medians.forEach(each::add);
            each = json.putArray("p99_9Ratios");
            tails.forEach(each::add);
        }
    }
}
