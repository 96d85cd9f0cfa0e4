package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jvisor.benchmarks.report.Section;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench start}: how soon a guest runs. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Times the start of the process to the first guest instruction, to Linux's init and to"
                        + " its power-off, with and without the AOT cache, beside QEMU and other"
                        + " monitors in the PATH; and tells the memory they take.")
final class StartCommand implements Callable<Integer> {
    static final int RUNS = 7, QUICK_RUNS = 3;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin ReportOptions options = new ReportOptions();

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "How often each monitor runs (default: 7, or 3 with --quick).")
    int runs;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (WorkFolder work = WorkFolder.make()) {
            Bench bench = Bench.of(options, work.path(), err);
            StartSuite suite =
                    new StartSuite(bench, runs > 0 ? runs : options.quick ? QUICK_RUNS : RUNS);
            err.printf("This takes about %.0f minutes.%n", Math.ceil(suite.seconds() / 60));
            Section section = suite.run();
            out.println(section.text());
            options.write(bench.host(), List.of(section), err);
        }
        return 0;
    }
}
