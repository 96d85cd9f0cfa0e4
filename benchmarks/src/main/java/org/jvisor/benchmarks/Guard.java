package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jvisor.benchmarks.report.Numbers;
import org.jvisor.benchmarks.report.TextTable;

/**
 * Counts, and the counts they are compared with. Counts do not depend on how busy the host is; some
 * vary a little nevertheless, and each kind has its tolerance.
 *
 * @param baseline by name
 * @param now by name
 */
record Guard(Map<String, Double> baseline, Map<String, Double> now) {
    /** Makes one; the maps are copied. */
    Guard {
        baseline = new TreeMap<>(baseline);
        now = new TreeMap<>(now);
    }

    /**
     * How far a count may be above its baseline.
     *
     * @param factor of the baseline
     * @param more added to that
     */
    record Tolerance(double factor, double more) {
        /** The tolerance of a count, by the first part of its name. */
        static Tolerance of(String name) {
            return switch (name.substring(0, name.indexOf('.'))) {
                // Bytes per operation: less than any object has.
                case "alloc" -> new Tolerance(1.1, 4);
                // Classes loaded: the JDK's own threads load a few more or less.
                case "start" -> new Tolerance(1.02, 10);
                // A boot waits for its clock, and does more on a slow host.
                case "guest" -> new Tolerance(1.15, 100);
                // The host's instructions per exit.
                case "perf" -> new Tolerance(1.05, 20);
                default -> throw new IllegalArgumentException("a count of no kind: " + name);
            };
        }

        double limit(double baseline) {
            return baseline * factor + more;
        }
    }

    /** The counts that are above what the baseline allows. */
    List<String> regressions() {
        List<String> worse = new ArrayList<>();
        now.forEach(
                (name, value) -> {
                    Double before = baseline.get(name);
                    if (before != null && value > Tolerance.of(name).limit(before)) {
                        worse.add(name);
                    }
                });
        return worse;
    }

    /** All counts beside their baseline. */
    String text() {
        TextTable table = new TextTable("count", "baseline", "now", "limit", "result");
        List<String> worse = regressions();
        now.forEach(
                (name, value) -> {
                    Double before = baseline.get(name);
                    table.row(
                            name,
                            before == null ? "-" : Numbers.format(before),
                            Numbers.format(value),
                            before == null ? "-" : Numbers.format(Tolerance.of(name).limit(before)),
                            before == null ? "new" : worse.contains(name) ? "WORSE" : "good");
                });
        StringBuilder text = new StringBuilder(table.toString());
        for (String name : baseline.keySet()) {
            if (!now.containsKey(name)) {
                text.append("Not counted here: ").append(name).append('\n');
            }
        }
        return text.toString();
    }

    /** The baseline with the counts of now in it; those that could not be counted here stay. */
    Map<String, Double> updated() {
        Map<String, Double> all = new TreeMap<>(baseline);
        all.putAll(now);
        return all;
    }

    /** Reads a baseline; empty where there is no file. */
    static Map<String, Double> read(Path file) throws IOException {
        Map<String, Double> counts = new TreeMap<>();
        if (Files.exists(file)) {
            JsonNode root = new ObjectMapper().readTree(file.toFile());
            root.properties().forEach(e -> counts.put(e.getKey(), e.getValue().asDouble()));
        }
        return counts;
    }

    /** Writes a baseline. */
    static void write(Path file, Map<String, Double> counts) throws IOException {
        ObjectNode root = new ObjectMapper().createObjectNode();
        counts.forEach(root::put);
        String text =
                new ObjectMapper()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .writeValueAsString(root);
        Files.writeString(file, text + "\n");
    }
}
