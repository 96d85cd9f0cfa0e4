package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.jmh.GuestLoop;
import org.jvisor.benchmarks.report.Section;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench exits}: what it costs to leave the guest. */
@Command(
        name = "exits",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures exits on KVM, beside a C program with the same guests, and in software.",
            "Loops: out8, out16, out32, in8, in16, in32, outs, ins, mmio_write, mmio_read, doorbell,"
                    + " interrupt, immediate, registers, kick, irqfd_wake."
        })
final class ExitsCommand implements Callable<Integer> {
    static final int ROUNDS = 3, QUICK_ROUNDS = 2;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin ReportOptions options = new ReportOptions();

    @Option(
            names = "--loops",
            split = ",",
            paramLabel = "NAME",
            description = "Loops to run (default: all).")
    List<String> names = new ArrayList<>();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "How often Java and C alternate (default: 3, or 2 with --quick).")
    int rounds;

    @Option(names = "--only", paramLabel = "WHICH", description = "Run only kvm or software.")
    @Nullable String only;

    @Option(
            names = "--soak",
            paramLabel = "MINUTES",
            description = "Instead, look for pauses in so many minutes of exits.")
    int soak;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (only != null && !List.of("kvm", "software").contains(only)) {
            throw new BenchException("--only is %s: it has to be kvm or software".formatted(only));
        }
        List<GuestLoop> loops = select(names);
        try (WorkFolder work = WorkFolder.make()) {
            Bench bench = Bench.of(options, work.path(), err);
            Section section;
            if (soak > 0) {
                section = new SoakRun(bench, !"software".equals(only)).run(soak * 60);
            } else {
                ExitsSuite suite =
                        new ExitsSuite(
                                bench,
                                loops,
                                rounds > 0 ? rounds : rounds(options.quick),
                                !"software".equals(only),
                                !"kvm".equals(only));
                err.printf("This takes about %.0f minutes.%n", Math.ceil(suite.seconds() / 60));
                section = suite.run();
            }
            out.println(section.text());
            options.write(bench.host(), List.of(section), err);
        }
        return 0;
    }

    static int rounds(boolean quick) {
        return quick ? QUICK_ROUNDS : ROUNDS;
    }

    /** The loops of these names, or all. */
    static List<GuestLoop> select(List<String> names) {
        if (names.isEmpty()) {
            return List.of(GuestLoop.values());
        }
        List<GuestLoop> loops = new ArrayList<>();
        for (String name : names) {
            loops.add(
                    Arrays.stream(GuestLoop.values())
                            .filter(loop -> loop.id().equals(name.toLowerCase(Locale.ROOT)))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new BenchException(
                                                    "there is no loop %s; see jvisor bench exits --help"
                                                            .formatted(name))));
        }
        return loops;
    }
}
