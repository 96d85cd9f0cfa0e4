package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * What the suites share.
 *
 * @param root the checkout
 * @param work a folder for files that are not kept
 * @param host what is measured on
 * @param quick whether less is measured
 * @param profilers that JMH is to use
 * @param err where progress goes
 */
record Bench(
        Path root,
        Path work,
        HostDescription host,
        boolean quick,
        List<String> profilers,
        PrintWriter err) {

    /** Makes it for a command. */
    static Bench of(ReportOptions options, Path work, PrintWriter err)
            throws IOException, InterruptedException {
        options.check();
        HostDescription host = HostDescription.take();
        List<String> profilers = new ArrayList<>(options.profilers);
        if (profilers.contains("perf") && !perfCounts()) {
            err.println(
                    "--prof perf is left out: perf is not installed, or counts no instructions here"
                            + " (perf stat -e instructions:u true)");
            profilers.remove("perf");
        }
        return new Bench(Checkout.root(), work, host, options.quick, profilers, err);
    }

    /** Whether {@code perf stat} can count instructions. */
    static boolean perfCounts() throws InterruptedException {
        try {
            Process perf =
                    new ProcessBuilder("perf", "stat", "-x,", "-e", "instructions:u", "true")
                            .redirectErrorStream(true)
                            .start();
            String output =
                    new String(perf.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return perf.waitFor(1, TimeUnit.MINUTES)
                    && perf.exitValue() == 0
                    && output.matches("(?s)[0-9]+,.*");
        } catch (IOException e) {
            return false;
        }
    }

    /** JMH with a plan. */
    Jmh jmh(Jmh.Plan plan) {
        return new Jmh(root, work, plan, profilers, err);
    }

    /**
     * Bytes that an operation allocates, by the operation's name.
     *
     * @param kinds as {@link org.jvisor.benchmarks.jmh.Allocations} takes them
     */
    Map<String, Double> allocations(String... kinds) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        Jvm.classPath(root, List.of(), "org.jvisor.benchmarks.jmh.Allocations"));
        command.addAll(List.of(kinds));
        VmProcess process = VmProcess.run(command, Duration.ofMinutes(10));
        if (process.status() != 0) {
            throw new BenchException(
                    "counting what is allocated failed (status %d):\n%s"
                            .formatted(process.status(), process.tail()));
        }
        Map<String, Double> bytes = new TreeMap<>();
        for (VmProcess.Line line : process.lines()) {
            if (line.text().matches("[a-zA-Z0-9_.]+ [0-9.]+")) {
                String[] words = line.text().split(" ", 2);
                bytes.put(words[0], Double.parseDouble(words[1]));
            }
        }
        return bytes;
    }
}
