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
 * One run of a plan which must not report any error.
 *
 * @param options of the command
 * @param out where the guest's reports go
 * @param err where progress goes
 */
record TortureRun(MachineOptions options, PrintWriter out, PrintWriter err) {
    /** Runs it in jvisor, or where the options say so in QEMU or on the host. */
    void of(Image image, Path base, String memory, String plan)
            throws IOException, InterruptedException {
        Path root = Checkout.root();
        try (WorkFolder work = WorkFolder.make()) {
            SuiteImage suite = SuiteImage.make(root, work.path(), image, base, plan);
            if (options.initrd != null) {
                Files.copy(suite.initrd(), options.initrd, StandardCopyOption.REPLACE_EXISTING);
                return;
            }
            Vmm.Machine machine =
                    new Vmm.Machine(
                            suite.kernel(),
                            suite.initrd(),
                            SuiteImage.COMMAND_LINE,
                            options.memory(memory),
                            options.cpus);
            List<String> command = command(suite, work, machine, root, plan);
            if (command != null) {
                check(VmProcess.run(command, options.duration(), machine.memory()));
            }
        }
    }

    private @Nullable List<String> command(
            SuiteImage suite, WorkFolder work, Vmm.Machine machine, Path root, String plan)
            throws IOException {
        if ("native".equals(options.only)) {
            return suite.nativeCommand(work.path(), plan);
        }
        if ("tcg".equals(options.only)) {
            Vmm.Qemu qemu = Machines.qemu(err);
            return qemu == null ? null : qemu.command(machine);
        }
        return options.jvisor(root).command(machine);
    }

    private void check(VmProcess process) {
        for (VmProcess.Line line : process.lines()) {
            if (line.text().startsWith("@@ ")) {
                out.println(line.text());
            }
        }
        out.printf(
                "%.1f s, peak RSS %d MiB%nRSS over time (MiB):%s%nwithout the guest's memory:%s%n",
                process.wallNanos() / 1e9,
                process.peakBytes() >> 20,
                overTime(process.memory().stream().map(MemoryProbe::resident).toList()),
                overTime(process.memory().stream().map(MemoryProbe::overhead).toList()));
        GuestOutput output = GuestOutput.parse(process.lines());
        if (!output.errors().isEmpty()) {
            throw new BenchException(
                    "the guest reported %d errors, the first: %s"
                            .formatted(output.errors().size(), output.errors().getFirst()));
        }
        if (!output.finished() || process.status() != 0) {
            throw new BenchException(
                    "the machine ended with status %d%s; its last lines:\n%s"
                            .formatted(
                                    process.status(),
                                    output.finished() ? "" : " before its plan was done",
                                    process.tail()));
        }
    }

    /** At most twenty of the samples, in mebibytes. */
    static String overTime(List<Long> samples) {
        StringBuilder text = new StringBuilder();
        int step = Math.max(1, samples.size() / 20);
        for (int i = 0; i < samples.size(); i += step) {
            text.append(' ').append(samples.get(i) >> 20);
        }
        return text.toString();
    }
}
