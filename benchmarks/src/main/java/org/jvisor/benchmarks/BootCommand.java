package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Section;
import org.jvisor.benchmarks.report.TextTable;
import org.jvisor.launcher.image.Image;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jvisor bench boot}: from the start of the process to the guest's power-off. */
@Command(
        name = "boot",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Times the boot of the default image to its power-off, and the memory it takes, in"
                        + " jvisor and in QEMU TCG.")
final class BootCommand implements Callable<Integer> {
    static final double WALL_TARGET = 1.5;
    static final double MEMORY_TARGET = 2.0;
    private static final String COMMAND_LINE =
            "console=ttyS0,115200 rdinit=/bin/busybox -- poweroff -f";

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin MachineOptions options = new MachineOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        options.check();
        HostDescription host = HostDescription.take();
        Section section = measure(options, err);
        out.println(section.text());
        options.write(host, section, err);
        return 0;
    }

    /** Measures. */
    static Section measure(MachineOptions options, PrintWriter err)
            throws IOException, InterruptedException {
        String loadBefore = Machines.loadAverage();
        Image image = Images.debian(err);
        Vmm.Machine machine =
                new Vmm.Machine(
                        image.kernel(),
                        image.initrd(),
                        COMMAND_LINE,
                        options.memory("256M"),
                        options.cpus);
        Vmm.@Nullable Jvisor jvisor =
                options.wants("ours") ? options.jvisor(Checkout.root()) : null;
        Vmm.@Nullable Qemu qemu = options.wants("tcg") ? Machines.qemu(err) : null;
        Samples ours = jvisor == null ? null : new Samples();
        Samples tcg = qemu == null ? null : new Samples();
        Runs runs = new Runs(err, options.duration());
        for (int run = 0; run <= options.runs; run++) {
            // The first pair brings the files into the host's page cache and does not count.
            if (jvisor != null && ours != null) {
                Samples into = run == 0 ? new Samples() : ours;
                runs.plain(jvisor.title(), run, jvisor.command(machine), into);
            }
            if (qemu != null && tcg != null) {
                Samples into = run == 0 ? new Samples() : tcg;
                runs.plain(qemu.title(), run, qemu.command(machine), into);
            }
        }
        List<Block> blocks = new ArrayList<>();
        blocks.add(table(ours, tcg).block("The default image's boot to its power-off"));
        if (ours != null && tcg != null) {
            blocks.add(bars(ours, tcg));
        }
        blocks.add(new Block.Note(Machines.load(loadBefore)));
        Comparison comparison = new Comparison(List.of(), ours, tcg, null);
        return new Section("boot", "Boot", blocks, Results.data(comparison));
    }

    private static TextTable table(@Nullable Samples ours, @Nullable Samples tcg) {
        TextTable table = new TextTable("boot", "ours", "TCG", "ratio (min..max)", "target", "met");
        ProcessRows.wall(table, "start to power-off, s", ours, tcg, WALL_TARGET);
        ProcessRows.cpu(table, "processor time, s", ours, tcg);
        ProcessRows.memory(table, "peak RSS, MiB", ours, tcg, MEMORY_TARGET);
        return table;
    }

    private static Block bars(Samples ours, Samples tcg) {
        return new Block.Bars(
                "Ours / TCG",
                "ratio",
                List.of("median"),
                List.of(
                        group("start to power-off", ours.walls(), tcg.walls()),
                        group("processor time", ours.cpus(), tcg.cpus()),
                        group("peak memory", ours.peaks(), tcg.peaks())),
                WALL_TARGET);
    }

    private static Block.Group group(String label, List<Double> ours, List<Double> tcg) {
        return new Block.Group(label, List.of(Ratio.of(ours, tcg).median()));
    }
}
