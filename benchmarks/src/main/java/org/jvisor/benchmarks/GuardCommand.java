package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench guard}: whether anything has become worse, by counts. */
@Command(
        name = "guard",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Compares counts with those in the tree: bytes allocated by an operation, classes that a"
                    + " start loads, what a boot makes the software CPU do.",
            "Counts do not depend on the load of the host. Ends with status 1 if one has become worse."
        })
final class GuardCommand implements Callable<Integer> {
    private static final String BASELINE = "benchmarks/src/main/guard/baseline.json";
    private static final int WORSE = 1;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Option(names = "--update", description = "Make the counts of now the baseline.")
    boolean update;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Path file = Checkout.root().resolve(BASELINE);
        Map<String, Double> baseline = Guard.read(file);
        Guard guard;
        try (WorkFolder work = WorkFolder.make()) {
            Bench bench = Bench.of(new ReportOptions(), work.path(), err);
            guard = new Guard(baseline, new GuardCounts(bench).take());
        }
        out.println(guard.text());
        if (update) {
            Guard.write(file, guard.updated());
            err.println("The baseline is now that of " + file);
            return 0;
        }
        List<String> worse = guard.regressions();
        if (!worse.isEmpty()) {
            err.printf(
                    "Worse than the baseline: %s. If that is meant to be: jvisor bench guard --update%n",
                    String.join(", ", worse));
            return WORSE;
        }
        return 0;
    }
}
