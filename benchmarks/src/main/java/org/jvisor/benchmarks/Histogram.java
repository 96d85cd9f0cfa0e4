package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jvisor.benchmarks.report.Block;

/** How often each latency in nanoseconds occurred. */
final class Histogram {
    /** Percentiles of a curve: close together where the tail is. */
    private static final double[] CURVE = {
        0, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 93, 95, 97, 98, 99, 99.3, 99.5, 99.7, 99.8, 99.9,
        99.93, 99.95, 99.97, 99.98, 99.99
    };

    /** Percentiles of the JSON file, by name. */
    private static final Map<String, Double> NAMED =
            new TreeMap<>(
                    Map.of("p50", 50.0, "p90", 90.0, "p99", 99.0, "p99_9", 99.9, "p99_99", 99.99));

    private final TreeMap<Long, Long> counts = new TreeMap<>();
    private long total;

    /** Adds occurrences. */
    void add(long nanos, long count) {
        counts.merge(nanos, count, Long::sum);
        total += count;
    }

    /** Adds those of another. */
    void addAll(Histogram other) {
        other.counts.forEach(this::add);
    }

    /** How many there are. */
    long count() {
        return total;
    }

    /** The mean; not a number where there are none. */
    double mean() {
        double sum = 0;
        for (Map.Entry<Long, Long> entry : counts.entrySet()) {
            sum += (double) entry.getKey() * entry.getValue();
        }
        return sum / total;
    }

    /** The greatest; not a number where there are none. */
    double max() {
        return counts.isEmpty() ? Double.NaN : counts.lastKey();
    }

    /**
     * The least latency that this part of all did not exceed; not a number where there are none.
     *
     * @param percentile 0 to 100
     */
    double percentile(double percentile) {
        if (total == 0) {
            return Double.NaN;
        }
        long rank = Math.max(1, (long) Math.ceil(total * (percentile / 100) - 1e-9));
        long seen = 0;
        for (Map.Entry<Long, Long> entry : counts.entrySet()) {
            seen += entry.getValue();
            if (seen >= rank) {
                return entry.getKey();
            }
        }
        return counts.lastKey();
    }

    /** As a line of a plot, as far as there are occurrences beyond a percentile. */
    Block.Line line(String name) {
        List<Block.Point> points = new ArrayList<>();
        for (double percentile : CURVE) {
            if (total * (1 - percentile / 100) >= 1) {
                points.add(new Block.Point(percentile, percentile(percentile)));
            }
        }
        return new Block.Line(name, points);
    }

    /** Writes the usual numbers and the curve into a JSON object. */
    void describe(ObjectNode json) {
        json.put("count", total);
        if (total == 0) {
            return;
        }
        json.put("meanNanos", mean());
        NAMED.forEach((name, percentile) -> json.put(name + "Nanos", percentile(percentile)));
        json.put("maxNanos", max());
        ArrayNode curve = json.putArray("distribution");
        for (Block.Point point : line("").points()) {
            curve.addArray().add(point.percentile()).add(point.nanos());
        }
    }

    /**
     * Reads lines of a latency and a count, as the C program and the soak print them; other lines
     * are skipped.
     */
    static Histogram parse(List<String> lines) {
        Histogram histogram = new Histogram();
        for (String line : lines) {
            if (line.matches("[0-9]{1,18} [0-9]{1,18}")) {
                String[] words = line.split(" ", 2);
                histogram.add(Long.parseLong(words[0]), Long.parseLong(words[1]));
            }
        }
        return histogram;
    }
}
