package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jvisor.benchmarks.guest.GuestException;
import org.jvisor.benchmarks.guest.UserlandImage;
import org.jvisor.benchmarks.report.Section;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench userland}: first runs of a Debian's programs. */
@Command(
        name = "userland",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Times the first runs of a Debian userland's programs in jvisor and in QEMU TCG.",
            "Programs: apt-cache, python, perl, perl-modules, tcc. The userland is built once, with"
                    + " mmdebstrap and the network, and kept in the cache folder."
        })
final class UserlandCommand implements Callable<Integer> {
    private static final int PASSES = 2;

    /** What the command ends with where the host lacks what builds the userland. */
    private static final int UNAVAILABLE = 69;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin MachineOptions options = new MachineOptions();

    @Option(
            names = "--programs",
            split = ",",
            paramLabel = "NAME",
            description = "Programs to run (default: all).")
    List<String> names = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        options.check();
        List<Program> programs = Suite.select(Suite.USERLAND, names);
        HostDescription host = HostDescription.take();
        Section section = measure(options, programs, err);
        out.println(section.text());
        options.write(host, section, err);
        return 0;
    }

    /** Measures. */
    static Section measure(MachineOptions options, List<Program> programs, PrintWriter err)
            throws IOException, InterruptedException {
        String loadBefore = Machines.loadAverage();
        Image image = Images.debian(err);
        Path userland;
        try {
            userland = UserlandImage.ensure(ImageStore.ofUser().root(), err);
        } catch (GuestException e) {
            throw new BenchException(
                    "the userland cannot be built: " + e.getMessage(), e, UNAVAILABLE);
        }
        SuiteRun run = new SuiteRun(options, programs, 1, PASSES, "1G", false);
        Comparison comparison = run.of(image, userland, err);
        return comparison.section("userland", "Debian userland", Machines.load(loadBefore));
    }
}
