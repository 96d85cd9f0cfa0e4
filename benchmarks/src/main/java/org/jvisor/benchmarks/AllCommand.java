package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jvisor.benchmarks.jmh.GuestLoop;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Section;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jvisor bench all}: everything that is measured, in one report. */
@Command(
        name = "all",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Runs exits, memory, queue, start, boot, guest, userland and devices, and tells what was"
                        + " left out and why.")
final class AllCommand implements Callable<Integer> {
    private static final int FAILED = 70;

    /**
     * What a pair of boots takes, of runs of the guest suite at scale 1, and of the userland, in s.
     */
    private static final double BOOT_SECONDS = 12, GUEST_SECONDS = 100, USERLAND_SECONDS = 40;

    private static final double QUICK_SCALE = 0.3;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin ReportOptions options = new ReportOptions();

    private boolean failed;

    /** A part of the whole. */
    private interface Part {
        Section measure() throws IOException, InterruptedException;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (WorkFolder work = WorkFolder.make()) {
            Bench bench = Bench.of(options, work.path(), err);
            boolean quick = options.quick;
            ExitsSuite exits =
                    new ExitsSuite(
                            bench,
                            List.of(GuestLoop.values()),
                            ExitsCommand.rounds(quick),
                            true,
                            true);
            PartsSuite parts = new PartsSuite(bench);
            StartSuite start =
                    new StartSuite(bench, quick ? StartCommand.QUICK_RUNS : StartCommand.RUNS);
            MachineOptions machines = new MachineOptions();
            machines.runs = quick ? 1 : machines.runs;
            DevicesSuite devices =
                    new DevicesSuite(
                            machines, quick ? DevicesSuite.QUICK_SECONDS : DevicesSuite.SECONDS);
            double scale = quick ? QUICK_SCALE : 1;
            int passes = quick ? 2 : 3;
            double seconds =
                    exits.seconds()
                            + parts.memorySeconds()
                            + parts.queueSeconds()
                            + start.seconds()
                            + (machines.runs + 1) * BOOT_SECONDS
                            + machines.runs * GUEST_SECONDS * (quick ? 0.4 : 1)
                            + machines.runs * USERLAND_SECONDS
                            + devices.duration();
            err.printf(
                    "This takes about %.0f minutes on a quiet host%s.%n",
                    Math.ceil(seconds / 60), quick ? "" : "; --quick takes a third");
            Map<String, Part> all = new LinkedHashMap<>();
            all.put("exits", exits::run);
            all.put("memory", parts::memory);
            all.put("queue", parts::queue);
            all.put("start", start::run);
            all.put("boot", () -> BootCommand.measure(machines, err));
            all.put(
                    "guest",
                    () ->
                            GuestCommand.measure(
                                    machines,
                                    Suite.select(Suite.PROGRAMS, List.of()),
                                    scale,
                                    passes,
                                    err));
            all.put(
                    "userland",
                    () ->
                            UserlandCommand.measure(
                                    machines, Suite.select(Suite.USERLAND, List.of()), err));
            all.put("devices", () -> devices.measure(err));
            List<Section> sections = new ArrayList<>();
            for (Map.Entry<String, Part> part : all.entrySet()) {
                add(sections, out, part.getKey(), part.getValue());
                // Whoever interrupts a long run keeps what there is.
                options.write(bench.host(), sections);
            }
            options.tell(err);
        }
        return failed ? FAILED : 0;
    }

    /** Adds a part; one that cannot be measured says so instead, and the others go on. */
    private void add(List<Section> sections, PrintWriter out, String id, Part part)
            throws IOException, InterruptedException {
        Section section;
        try {
            section = part.measure();
        } catch (BenchException e) {
            failed |= e.status() == FAILED;
            ObjectNode data = new ObjectMapper().createObjectNode();
            data.put("skipped", e.getMessage());
            section =
                    new Section(
                            id, id, List.of(new Block.Note("Skipped: " + e.getMessage())), data);
        }
        sections.add(section);
        out.println(section.text());
    }
}
