package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs benchmarks by JMH, each in a JVM of its own with the flags of {@code jvisor run}.
 *
 * @param root the checkout
 * @param work where result files may be made
 * @param plan how long
 * @param profilers of JMH, such as {@code gc}
 * @param err where progress goes
 */
record Jmh(Path root, Path work, Plan plan, List<String> profilers, PrintWriter err) {
    private static final Duration LIMIT = Duration.ofHours(2);

    /**
     * How long is measured.
     *
     * @param forks JVMs, one after another
     * @param warmups iterations that do not count
     * @param iterations iterations that do
     * @param millis of each
     */
    record Plan(int forks, int warmups, int iterations, int millis) {
        /** Seconds that a benchmark takes about. */
        double seconds() {
            return forks * (1.5 + (warmups + iterations) * millis / 1e3);
        }
    }

    /** The same with another plan. */
    Jmh with(Plan other) {
        return new Jmh(root, work, other, profilers, err);
    }

    /**
     * Runs what a pattern selects.
     *
     * @param pattern a regular expression on the benchmarks' full names
     * @param params values of their parameters where not all are wanted
     */
    List<JmhResult> run(String pattern, Map<String, String> params)
            throws IOException, InterruptedException {
        Path file = Files.createTempFile(work, "jmh", ".json");
        List<String> command =
                new ArrayList<>(
                        Jvm.classPath(
                                root,
                                // Whoever measures may well measure two checkouts at once.
                                List.of("-Djmh.ignoreLock=true"),
                                "org.openjdk.jmh.Main"));
        command.addAll(arguments(pattern, params, file));
        VmProcess process = VmProcess.run(command, LIMIT);
        boolean failed =
                process.status() != 0
                        || process.lines().stream()
                                .anyMatch(line -> line.text().startsWith("<failure>"));
        if (failed) {
            throw new BenchException(
                    "JMH could not run %s (status %d); its last lines:\n%s"
                            .formatted(pattern, process.status(), process.tail()));
        }
        return JmhResult.read(file);
    }

    /** JMH's arguments. */
    List<String> arguments(String pattern, Map<String, String> params, Path file) {
        List<String> arguments = new ArrayList<>(List.of(pattern));
        String time = plan.millis + "ms";
        arguments.addAll(List.of("-f", Integer.toString(plan.forks)));
        arguments.addAll(List.of("-wi", Integer.toString(plan.warmups), "-w", time));
        arguments.addAll(List.of("-i", Integer.toString(plan.iterations), "-r", time));
        arguments.addAll(List.of("-foe", "true", "-rf", "json", "-rff", file.toString()));
        params.forEach((name, value) -> arguments.addAll(List.of("-p", name + "=" + value)));
        for (String profiler : profilers) {
            arguments.addAll(List.of("-prof", profiler.equals("perf") ? "perfnorm" : profiler));
        }
        return arguments;
    }
}
