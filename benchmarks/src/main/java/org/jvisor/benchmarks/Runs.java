package org.jvisor.benchmarks;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;

/** Runs of the machines, each checked to have come to its proper end. */
final class Runs {
    private final PrintWriter err;
    private final Duration limit;

    /**
     * Makes it.
     *
     * @param err where progress goes
     * @param limit of each run
     */
    Runs(PrintWriter err, Duration limit) {
        this.err = err;
        this.limit = limit;
    }

    /** Runs a command which prints what {@link GuestOutput} reads. */
    void suite(String title, int run, List<String> command, Samples into)
            throws InterruptedException {
        VmProcess process = VmProcess.run(command, limit);
        GuestOutput output = GuestOutput.parse(process.lines());
        for (String error : output.errors()) {
            err.printf("%s: %s%n", title, error);
        }
        if (!output.finished() || process.status() != 0) {
            throw new BenchException(
                    "run %d of %s ended with status %d%s; its last lines:\n%s"
                            .formatted(
                                    run,
                                    title,
                                    process.status(),
                                    output.finished() ? "" : " before its plan was done",
                                    process.tail()));
        }
        into.add(process, output);
        report(title, run, process);
    }

    /** Runs a command which only has to end well. */
    void plain(String title, int run, List<String> command, Samples into)
            throws InterruptedException {
        VmProcess process = VmProcess.run(command, limit);
        if (process.status() != 0) {
            throw new BenchException(
                    "run %d of %s ended with status %d; its last lines:\n%s"
                            .formatted(run, title, process.status(), process.tail()));
        }
        into.add(process);
        report(title, run, process);
    }

    private void report(String title, int run, VmProcess process) {
        err.printf(
                "%s, run %d: %.2f s, %d MiB%n",
                title, run, process.wallNanos() / 1e9, process.peakBytes() >> 20);
    }
}
