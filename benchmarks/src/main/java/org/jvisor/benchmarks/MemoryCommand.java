package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jvisor.benchmarks.report.Section;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jvisor bench memory}: native calls, guest memory and the bus. */
@Command(
        name = "memory",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures calls between Java and C, accesses to guest memory, and the bus.")
final class MemoryCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin ReportOptions options = new ReportOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (WorkFolder work = WorkFolder.make()) {
            Bench bench = Bench.of(options, work.path(), err);
            PartsSuite suite = new PartsSuite(bench);
            err.printf("This takes about %.0f minutes.%n", Math.ceil(suite.memorySeconds() / 60));
            Section section = suite.memory();
            out.println(section.text());
            options.write(bench.host(), List.of(section), err);
        }
        return 0;
    }
}
