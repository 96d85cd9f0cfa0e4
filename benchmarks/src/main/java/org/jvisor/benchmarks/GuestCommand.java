package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jvisor.benchmarks.report.Section;
import org.jvisor.launcher.image.Image;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench guest}: the programs of the suite, ours and TCG alternating. */
@Command(
        name = "guest",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs the guest suite in jvisor, in QEMU TCG and on the host, and compares the times.",
            "Programs: sieve, hash, qsort, fib, nbody, matrix, getppid, fork, mmap, pipe, sha256sum,"
                    + " awk, exec-true (these are the reference), strings, division, indirect,"
                    + " bytecode, pointers, gzip, x87, exec, faults, signals."
        })
final class GuestCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin MachineOptions options = new MachineOptions();

    @Option(
            names = "--programs",
            split = ",",
            paramLabel = "NAME",
            description =
                    "Programs, or groups of them: integer, double, x87, kernel, reference (default: all).")
    List<String> names = new ArrayList<>();

    @Option(
            names = "--scale",
            paramLabel = "X",
            description = "How much work a pass is (default: ${DEFAULT-VALUE}).")
    double scale = 1;

    @Option(
            names = "--passes",
            paramLabel = "N",
            description =
                    "Passes of each program in a run: the first is the cold one, the last the warm"
                            + " one (default: ${DEFAULT-VALUE}).")
    int passes = 3;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        options.check();
        if (passes < 1 || !(scale > 0)) {
            throw new BenchException("--passes and --scale have to be positive");
        }
        List<Program> programs = Suite.select(Suite.PROGRAMS, names);
        HostDescription host = HostDescription.take();
        Section section = measure(options, programs, scale, passes, err);
        out.println(section.text());
        options.write(host, section, err);
        return 0;
    }

    /** Measures. */
    static Section measure(
            MachineOptions options,
            List<Program> programs,
            double scale,
            int passes,
            PrintWriter err)
            throws IOException, InterruptedException {
        String loadBefore = Machines.loadAverage();
        Image image = Images.debian(err);
        SuiteRun run = new SuiteRun(options, programs, scale, passes, "256M", true);
        Comparison comparison = run.of(image, image.initrd(), err);
        return comparison.section("guest", "Guest suite", Machines.load(loadBefore));
    }
}
