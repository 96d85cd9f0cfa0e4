package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Numbers;
import org.jvisor.benchmarks.report.Section;

/**
 * A long run of exits, and the pauses of the JVM in it.
 *
 * @param bench what all suites have
 * @param kvm whether KVM is preferred where it can be used
 */
record SoakRun(Bench bench, boolean kvm) {
    /** A line of {@code -Xlog:safepoint} with the uptime in milliseconds before it. */
    private static final Pattern SAFEPOINT =
            Pattern.compile("\\[(\\d+)ms\\].*Safepoint \"(\\w+)\".* Total: +(\\d+) ns.*");

    /**
     * What a log tells of pauses.
     *
     * @param count how many
     * @param longest in nanoseconds
     * @param kinds their names
     */
    record Pauses(long count, long longest, List<String> kinds) {
        /** Reads the pauses between two uptimes of the JVM, in milliseconds. */
        static Pauses parse(List<String> lines, long from, long to) {
            long count = 0;
            long longest = 0;
            List<String> kinds = new ArrayList<>();
            for (String line : lines) {
                Matcher matcher = SAFEPOINT.matcher(line);
                if (matcher.matches()) {
                    long at = Long.parseLong(matcher.group(1));
                    if (at >= from && at <= to) {
                        count++;
                        longest = Math.max(longest, Long.parseLong(matcher.group(3)));
                        kinds.add(matcher.group(2));
                    }
                }
            }
            return new Pauses(count, longest, kinds.stream().distinct().sorted().toList());
        }
    }

    /** Runs for so many seconds. */
    Section run(int seconds) throws IOException, InterruptedException {
        boolean onKvm = kvm && bench.host().hasKvm();
        Path log = bench.work().resolve("safepoints.log");
        List<String> command =
                new ArrayList<>(
                        Jvm.classPath(
                                bench.root(),
                                List.of("-Xlog:safepoint=info:file=" + log + ":uptimemillis"),
                                "org.jvisor.benchmarks.jmh.ExitSoak"));
        command.addAll(List.of(onKvm ? "kvm" : "software", "out8", "5000", seconds + "000"));
        bench.err().printf("soak: %d s of exits on %s%n", seconds, onKvm ? "KVM" : "software");
        VmProcess process = VmProcess.run(command, Duration.ofSeconds(seconds + 120));
        if (process.status() != 0) {
            throw new BenchException(
                    "the soak ended with status %d:\n%s"
                            .formatted(process.status(), process.tail()));
        }
        List<String> lines = process.lines().stream().map(VmProcess.Line::text).toList();
        Histogram samples = Histogram.parse(lines);
        Pauses pauses =
                Pauses.parse(
                        Files.readAllLines(log),
                        number(lines, "window", 1),
                        number(lines, "window", 2));
        return section(
                onKvm,
                seconds,
                samples,
                number(lines, "allocated", 1),
                number(lines, "collections", 1),
                pauses);
    }

    private static long number(List<String> lines, String name, int word) {
        return lines.stream()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> Long.parseLong(line.split(" ", 3)[word]))
                .findFirst()
                .orElseThrow(() -> new BenchException("the soak did not tell its " + name));
    }

    private static Section section(
            boolean onKvm,
            int seconds,
            Histogram samples,
            long allocated,
            long collections,
            Pauses pauses) {
        ObjectNode data = new ObjectMapper().createObjectNode();
        data.put("accelerator", onKvm ? "kvm" : "software");
        data.put("seconds", seconds);
        samples.describe(data.putObject("exits"));
        data.put("allocatedBytes", allocated);
        data.put("collections", collections);
        data.put("safepoints", pauses.count());
        data.put("longestSafepointNanos", pauses.longest());
        List<List<String>> rows =
                List.of(
                        List.of("exits", Long.toString(samples.count())),
                        List.of("median, µs", Numbers.micros(samples.percentile(50))),
                        List.of("p99.9, µs", Numbers.micros(samples.percentile(99.9))),
                        List.of("p99.99, µs", Numbers.micros(samples.percentile(99.99))),
                        List.of("longest, µs", Numbers.micros(samples.max())),
                        List.of("bytes allocated by the vCPU's thread", Long.toString(allocated)),
                        List.of("garbage collections", Long.toString(collections)),
                        List.of(
                                "safepoints " + String.join(", ", pauses.kinds()),
                                Long.toString(pauses.count())),
                        List.of(
                                "longest safepoint, µs",
                                Numbers.micros((double) pauses.longest())));
        String title =
                "%d s of exits on %s"
                        .formatted(seconds, onKvm ? "KVM" : "the software accelerator");
        return new Section(
                "soak",
                "Pauses",
                List.of(
                        new Block.Table(title, List.of("what", "value"), rows),
                        new Block.Curves(title, List.of(samples.line("Java")))),
                data);
    }
}
