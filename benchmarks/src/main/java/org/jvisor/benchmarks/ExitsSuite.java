package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.jmh.GuestLoop;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Section;

/**
 * Exits on KVM in Java and in C, alternating, and on the software accelerator.
 *
 * @param bench what all suites have
 * @param loops which
 * @param rounds how often Java and C alternate
 * @param kvm whether KVM is wanted
 * @param software whether the software accelerator is
 */
record ExitsSuite(Bench bench, List<GuestLoop> loops, int rounds, boolean kvm, boolean software) {
    private static final List<GuestLoop> NOT_IN_SOFTWARE =
            List.of(GuestLoop.DOORBELL, GuestLoop.IRQFD_WAKE);

    private static final int C_WARMUP_MILLIS = 300, JAVA_WARMUP_MILLIS = 1500;

    private Jmh.Plan plan() {
        return bench.quick() ? new Jmh.Plan(1, 3, 3, 400) : new Jmh.Plan(1, 4, 6, 500);
    }

    private int millis() {
        return bench.quick() ? 1200 : 3000;
    }

    /** Seconds that it takes about. */
    double seconds() {
        double perLoop = plan().seconds();
        double onKvm =
                kvm && bench.host().hasKvm()
                        ? rounds * (2 * millis() + C_WARMUP_MILLIS + JAVA_WARMUP_MILLIS + 700) / 1e3
                                + perLoop
                                + 1
                        : 0;
        return loops.size() * (onKvm + (software ? perLoop + 1 : 0)) + 20;
    }

    /** Measures. */
    Section run() throws IOException, InterruptedException {
        List<String> skipped = new ArrayList<>();
        List<ExitResult> onKvm = new ArrayList<>();
        List<String> kinds = new ArrayList<>();
        if (kvm && bench.host().hasKvm()) {
            CExits c = CExits.make(bench.root(), bench.work(), skipped);
            for (GuestLoop loop : loops) {
                onKvm.add(kvm(loop, c));
            }
            kinds.add("kvm");
        } else if (kvm) {
            skipped.add("Exits on KVM: it is " + bench.host().kvm());
        }
        List<JmhResult> inSoftware = new ArrayList<>();
        if (software) {
            for (GuestLoop loop : loops) {
                if (!NOT_IN_SOFTWARE.contains(loop)) {
                    bench.err().printf("exits: %s, software%n", loop.id());
                    inSoftware.add(jmh("SoftwareExits", loop));
                }
            }
            bench.err().println("exits: accesses that are served on the way");
            inSoftware.addAll(bench.jmh(plan()).run("SoftwareExits.served", Map.of()));
            kinds.add("software");
        }
        Map<String, Double> allocated = bench.allocations(kinds.toArray(String[]::new));
        return section(onKvm, inSoftware, allocated, skipped);
    }

    private JmhResult jmh(String type, GuestLoop loop) throws IOException, InterruptedException {
        String method = loop.twoThreads() ? "wake" : "exit";
        return bench.jmh(plan())
                .run(type + "\\." + method + "$", Map.of("loop", loop.name()))
                .getFirst();
    }

    private ExitResult kvm(GuestLoop loop, @Nullable CExits c)
            throws IOException, InterruptedException {
        ExitResult result = new ExitResult(loop);
        for (int round = 1; round <= rounds; round++) {
            Histogram inC = c == null ? null : c.run(loop, C_WARMUP_MILLIS, millis());
            Histogram java = rounds(loop);
            result.add(java, inC);
            bench.err()
                    .printf(
                            "exits: %s, KVM, round %d: median %.2f µs%s%n",
                            loop.id(),
                            round,
                            java.percentile(50) / 1e3,
                            inC == null
                                    ? ""
                                    : ", in C %.2f µs".formatted(inC.percentile(50) / 1e3));
        }
        result.jmh(jmh("KvmExits", loop));
        return result;
    }

    /** The rounds as the C program times them, in a JVM of their own. */
    private Histogram rounds(GuestLoop loop) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        Jvm.classPath(
                                bench.root(), List.of(), "org.jvisor.benchmarks.jmh.ExitSoak"));
        command.addAll(
                List.of(
                        "kvm",
                        loop.id(),
                        Integer.toString(JAVA_WARMUP_MILLIS),
                        Integer.toString(millis())));
        VmProcess process = VmProcess.run(command, Duration.ofMinutes(5));
        if (process.status() != 0) {
            throw new BenchException(
                    "the rounds of %s failed (status %d):\n%s"
                            .formatted(loop.id(), process.status(), process.tail()));
        }
        return Histogram.parse(process.lines().stream().map(VmProcess.Line::text).toList());
    }

    private static Section section(
            List<ExitResult> onKvm,
            List<JmhResult> inSoftware,
            Map<String, Double> allocated,
            List<String> skipped) {
        List<Block> blocks = new ArrayList<>();
        if (!onKvm.isEmpty()) {
            blocks.addAll(ExitResult.blocks(onKvm, allocated));
        }
        if (!inSoftware.isEmpty()) {
            blocks.addAll(SoftwareExitResults.blocks(inSoftware, allocated));
        }
        skipped.forEach(what -> blocks.add(new Block.Note("Skipped: " + what)));
        ObjectNode data = new ObjectMapper().createObjectNode();
        ArrayNode kvm = data.putArray("kvm");
        onKvm.forEach(result -> result.describe(kvm.addObject()));
        ArrayNode software = data.putArray("software");
        inSoftware.forEach(result -> result.describe(software.addObject()));
        ObjectNode bytes = data.putObject("allocatedBytes");
        allocated.forEach(bytes::put);
        ArrayNode left = data.putArray("skipped");
        skipped.forEach(left::add);
        return new Section("exits", "Exits", blocks, data);
    }
}
