package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What JMH found about one benchmark with one set of parameters.
 *
 * @param name class and method, such as {@code KvmExits.exit}
 * @param params by name
 * @param nanos the mean of an operation, in nanoseconds
 * @param error half of its confidence interval; not a number where JMH gives none
 * @param samples the latencies; empty where only the mean was taken
 * @param secondary what profilers add, by metric
 */
record JmhResult(
        String name,
        Map<String, String> params,
        double nanos,
        double error,
        Histogram samples,
        Map<String, Double> secondary) {

    /** Reads JMH's result file. */
    static List<JmhResult> read(Path file) throws IOException {
        List<JmhResult> results = new ArrayList<>();
        for (JsonNode node : new ObjectMapper().readTree(file.toFile())) {
            results.add(of(node));
        }
        return results;
    }

    private static JmhResult of(JsonNode node) {
        String full = node.path("benchmark").asText();
        String name = full.substring(full.lastIndexOf('.', full.lastIndexOf('.') - 1) + 1);
        Map<String, String> params = new TreeMap<>();
        node.path("params")
                .properties()
                .forEach(e -> params.put(e.getKey(), e.getValue().asText()));
        JsonNode metric = node.path("primaryMetric");
        Histogram samples = new Histogram();
        for (JsonNode fork : metric.path("rawDataHistogram")) {
            for (JsonNode iteration : fork) {
                for (JsonNode pair : iteration) {
                    samples.add(Math.round(pair.get(0).asDouble()), pair.get(1).asLong());
                }
            }
        }
        Map<String, Double> secondary = new TreeMap<>();
        node.path("secondaryMetrics")
                .properties()
                .forEach(e -> secondary.put(e.getKey(), number(e.getValue().path("score"))));
        return new JmhResult(
                name,
                params,
                number(metric.path("score")),
                number(metric.path("scoreError")),
                samples,
                secondary);
    }

    /** JMH writes what is no number as a string. */
    private static double number(JsonNode node) {
        return node.isNumber() ? node.asDouble() : Double.NaN;
    }

    /** One parameter's value. */
    String param(String name) {
        return params.getOrDefault(name, "");
    }

    /** Writes it into a JSON object. */
    void describe(ObjectNode json) {
        json.put("benchmark", name);
        params.forEach(json::put);
        json.put("meanNanos", nanos);
        if (!Double.isNaN(error)) {
            json.put("errorNanos", error);
        }
        if (samples.count() > 0) {
            samples.describe(json.putObject("samples"));
        }
        if (!secondary.isEmpty()) {
            ObjectNode more = json.putObject("profilers");
            secondary.forEach(more::put);
        }
    }
}
