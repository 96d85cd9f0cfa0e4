package org.jvisor.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jvisor.launcher.image.Image;

/**
 * The counts of the guard: what operations allocate, what a start loads, what a boot makes the
 * software CPU do, and the host's instructions where its counters can be used.
 *
 * @param bench what all suites have
 */
record GuardCounts(Bench bench) {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /** Boots, of which the least counts: a busy host only adds to them. */
    private static final int BOOTS = 3;

    /** Lines of {@code jvisor run --stats} that count. */
    private static final List<String> STATISTICS =
            List.of(
                    "guest instructions",
                    "page walks",
                    "interrupts",
                    "page faults",
                    "port accesses",
                    "MMIO accesses");

    private static final Pattern INSTRUCTIONS = Pattern.compile("([0-9]+),.*instructions.*");

    /** Counts all that can be counted here. */
    Map<String, Double> take() throws IOException, InterruptedException {
        Map<String, Double> counts = new TreeMap<>();
        List<String> kinds = new ArrayList<>(List.of("software", "parts"));
        if (bench.host().hasKvm()) {
            kinds.add("kvm");
        } else {
            bench.err().println("Exits on KVM are left out: it is " + bench.host().kvm());
        }
        bench.err().println("guard: allocation");
        bench.allocations(kinds.toArray(String[]::new))
                .forEach((name, bytes) -> counts.put("alloc." + name, bytes));
        bench.err().println("guard: classes");
        counts.putAll(classes());
        bench.err().println("guard: boots");
        counts.putAll(boots());
        if (Bench.perfCounts()) {
            bench.err().println("guard: instructions");
            counts.put("perf.software.out8", instructionsPerExit());
        } else {
            bench.err()
                    .println(
                            "Instructions of the host are left out: perf is not installed, or counts"
                                    + " none here");
        }
        return counts;
    }

    private Map<String, Double> classes() throws IOException, InterruptedException {
        Path log = bench.work().resolve("classes.log");
        Path dist = bench.root().resolve("vmm/launcher/target/dist");
        boolean cache = Jvm.hasCache(dist);
        List<String> launcher = new ArrayList<>(Jvm.launcher(dist, cache));
        launcher.add(2, "-Xlog:class+load:file=" + log);
        StartMachine.Guests guests =
                StartGuests.tiny(
                        bench.work(),
                        new Vmm.Machine(Path.of(""), Path.of(""), "", StartGuests.MEMORY, 1));
        StartMachine machine = StartMachine.ours("", launcher, "software", guests, false);
        List<String> command = machine.flat();
        if (command == null) {
            throw new IllegalStateException("ours has a tiny guest");
        }
        VmProcess process = VmProcess.run(command, LIMIT);
        if (process.status() != StartGuests.FLAT_STATUS) {
            throw new BenchException(
                    "the tiny guest ended with status %d:\n%s"
                            .formatted(process.status(), process.tail()));
        }
        return loaded(Files.readAllLines(log), cache);
    }

    /** Classes in a log of {@code -Xlog:class+load}, and those that the cache did not have. */
    static Map<String, Double> loaded(List<String> lines, boolean cache) {
        double all = 0;
        double outside = 0;
        for (String line : lines) {
            if (line.contains(" source: ")) {
                all++;
                outside += line.contains("shared objects file") ? 0 : 1;
            }
        }
        Map<String, Double> counts = new TreeMap<>(Map.of("start.classes", all));
        if (cache) {
            counts.put("start.classes-outside-aot-cache", outside);
        }
        return counts;
    }

    private Map<String, Double> boots() throws IOException, InterruptedException {
        Image image;
        try {
            image = Images.debian(bench.err());
        } catch (BenchException e) {
            bench.err().println("Boots are left out: " + e.getMessage());
            return Map.of();
        }
        Vmm.Machine linux = StartGuests.linux(bench.work(), image, "initrd-guard", "");
        List<String> script = List.of(bench.root().resolve("jvisor").toString());
        List<String> command = new Vmm.Jvisor(script, List.of("--stats")).command(linux);
        Map<String, Double> least = new TreeMap<>();
        for (int boot = 0; boot < BOOTS; boot++) {
            VmProcess process = VmProcess.run(command, LIMIT);
            if (process.status() != 0) {
                throw new BenchException(
                        "a boot ended with status %d:\n%s"
                                .formatted(process.status(), process.tail()));
            }
            statistics(process.lines().stream().map(VmProcess.Line::text).toList())
                    .forEach((name, value) -> least.merge(name, value, Math::min));
        }
        return least;
    }

    /** The counts in what {@code jvisor run --stats} prints. */
    static Map<String, Double> statistics(List<String> lines) {
        Map<String, Double> counts = new TreeMap<>();
        for (String label : STATISTICS) {
            Pattern pattern = Pattern.compile(Pattern.quote(label) + " +([0-9,]+)( .*)?");
            for (String line : lines) {
                Matcher matcher = pattern.matcher(line);
                if (matcher.matches()) {
                    String name = "guest.boot." + label.replace(' ', '-').toLowerCase(Locale.ROOT);
                    counts.put(name, Double.parseDouble(matcher.group(1).replace(",", "")));
                }
            }
        }
        return counts;
    }

    private double instructionsPerExit() throws IOException, InterruptedException {
        // A long and a short run: their difference is free of the start and the warm-up.
        long[] shorter = instructions(5);
        long[] longer = instructions(15);
        return (double) (longer[0] - shorter[0]) / (longer[1] - shorter[1]);
    }

    private long[] instructions(int seconds) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("perf", "stat", "-x,", "-e", "instructions:u"));
        command.addAll(
                Jvm.classPath(bench.root(), List.of(), "org.jvisor.benchmarks.jmh.ExitSoak"));
        command.addAll(List.of("software", "out8", "1000", seconds + "000"));
        VmProcess process = VmProcess.run(command, LIMIT);
        List<String> lines = process.lines().stream().map(VmProcess.Line::text).toList();
        for (String line : lines) {
            Matcher matcher = INSTRUCTIONS.matcher(line);
            if (matcher.matches()) {
                return new long[] {
                    Long.parseLong(matcher.group(1)), Histogram.parse(lines).count()
                };
            }
        }
        throw new BenchException("perf counted nothing:\n" + process.tail());
    }
}
