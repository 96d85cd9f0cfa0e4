package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.launcher.image.Image;

/**
 * Runs of a plan in each machine, alternating.
 *
 * @param options of the command
 * @param programs in the plan
 * @param scale of each pass
 * @param passes of each program
 * @param memory of the guests where the options do not say
 * @param onHost whether the plan can run on the host as well
 */
record SuiteRun(
        MachineOptions options,
        List<Program> programs,
        double scale,
        int passes,
        String memory,
        boolean onHost) {

    /**
     * Runs them.
     *
     * @param image whose kernel boots
     * @param base the initial RAM disk under the suite
     * @param err where progress goes
     */
    Comparison of(Image image, Path base, PrintWriter err)
            throws IOException, InterruptedException {
        Path root = Checkout.root();
        String plan = SuiteImage.plan(programs, scale, passes);
        try (WorkFolder work = WorkFolder.make()) {
            SuiteImage suite = SuiteImage.make(root, work.path(), image, base, plan);
            Vmm.Machine machine =
                    new Vmm.Machine(
                            suite.kernel(),
                            suite.initrd(),
                            SuiteImage.COMMAND_LINE,
                            options.memory(memory),
                            options.cpus);
            if (options.initrd != null) {
                Files.copy(suite.initrd(), options.initrd, StandardCopyOption.REPLACE_EXISTING);
                return new Comparison(List.of(), null, null, null);
            }
            Runs runs = new Runs(err, options.duration());
            Samples host = onHost && options.wants("native") ? new Samples() : null;
            if (host != null) {
                runs.suite("native", 1, suite.nativeCommand(work.path(), plan), host);
            }
            return alternate(runs, machine, options.jvisor(root), host, err);
        }
    }

    private Comparison alternate(
            Runs runs,
            Vmm.Machine machine,
            Vmm.Jvisor jvisor,
            @Nullable Samples host,
            PrintWriter err)
            throws InterruptedException {
        Vmm.@Nullable Qemu qemu = options.wants("tcg") ? Machines.qemu(err) : null;
        Samples ours = options.wants("ours") ? new Samples() : null;
        Samples tcg = qemu == null ? null : new Samples();
        for (int run = 1; run <= options.runs; run++) {
            if (ours != null) {
                runs.suite(jvisor.title(), run, jvisor.command(machine), ours);
            }
            if (qemu != null && tcg != null) {
                runs.suite(qemu.title(), run, qemu.command(machine), tcg);
            }
        }
        return new Comparison(programs, ours, tcg, host);
    }
}
