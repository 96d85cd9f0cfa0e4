package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench devices}: fio and iperf3 in a guest, with virtio devices. */
@Command(
        name = "devices",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Runs fio and iperf3 in a guest of jvisor and of QEMU TCG, with the same virtio disk"
                        + " and user network.")
final class DevicesCommand implements Callable<Integer> {
    /** Throughput at least QEMU's. */
    static final double TARGET = 1.0;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin MachineOptions options = new MachineOptions();

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description =
                    "How long each measurement takes, after half of that to warm up (default:"
                            + " ${DEFAULT-VALUE}).")
    int seconds = 10;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        options.check();
        if (seconds < 2 || seconds > 600) {
            throw new BenchException("--seconds is %d: from 2 to 600".formatted(seconds));
        }
        if (options.json != null || options.html != null) {
            throw new BenchException(
                    "devices writes neither --json nor --html: its table goes to standard output");
        }
        String loadBefore = Machines.loadAverage();
        int port = freePort();
        Process server = server(port, err);
        try (WorkFolder work = WorkFolder.make()) {
            DeviceGuest guest =
                    DeviceGuest.make(
                            work.path(), options, seconds, server == null ? null : port, err);
            measure(guest, out, err);
        } finally {
            if (server != null) {
                server.destroy();
            }
        }
        out.println(Machines.load(loadBefore));
        return 0;
    }

    private void measure(DeviceGuest guest, PrintWriter out, PrintWriter err)
            throws InterruptedException {
        Vmm.@Nullable Jvisor jvisor =
                options.wants("ours") ? options.jvisor(Checkout.root()) : null;
        Vmm.@Nullable Qemu qemu = options.wants("tcg") ? Machines.qemu(err) : null;
        Map<String, List<Double>> ours = new LinkedHashMap<>();
        Map<String, List<Double>> tcg = new LinkedHashMap<>();
        for (int run = 1; run <= options.runs; run++) {
            if (jvisor != null) {
                run(jvisor.title(), run, guest.command(jvisor), ours, err);
            }
            if (qemu != null) {
                run(qemu.title(), run, guest.command(qemu), tcg, err);
            }
        }
        out.println(table(ours, tcg));
    }

    private void run(
            String title,
            int run,
            List<String> command,
            Map<String, List<Double>> into,
            PrintWriter err)
            throws InterruptedException {
        VmProcess process = VmProcess.run(command, options.duration());
        DeviceOutput output =
                DeviceOutput.parse(process.lines().stream().map(line -> line.text()).toList());
        output.errors().forEach(error -> err.printf("%s: %s%n", title, error));
        if (!output.finished() || process.status() != 0) {
            throw new BenchException(
                    "run %d of %s ended with status %d; its last lines:\n%s"
                            .formatted(run, title, process.status(), process.tail()));
        }
        output.values()
                .forEach(
                        (name, value) ->
                                into.computeIfAbsent(name, key -> new ArrayList<>()).add(value));
        err.printf(
                "%s, run %d: %.0f s, %.0f s of processor time%n",
                title, run, process.wallNanos() / 1e9, process.cpuNanos() / 1e9);
    }

    /** The table of medians, and of what we have of QEMU's throughput. */
    static String table(Map<String, List<Double>> ours, Map<String, List<Double>> tcg) {
        TextTable table =
                new TextTable("throughput", "ours", "TCG", "ratio (min..max)", "target", "met");
        Map<String, List<Double>> all = new LinkedHashMap<>(ours);
        tcg.forEach(all::putIfAbsent);
        for (String name : all.keySet()) {
            List<Double> mine = ours.getOrDefault(name, List.of());
            List<Double> theirs = tcg.getOrDefault(name, List.of());
            boolean both = !mine.isEmpty() && !theirs.isEmpty();
            Ratio ratio = both ? Ratio.of(mine, theirs) : null;
            table.row(
                    name,
                    median(mine),
                    median(theirs),
                    ratio == null
                            ? "-"
                            : "%s (%s..%s)"
                                    .formatted(
                                            Comparison.format(ratio.median()),
                                            Comparison.format(ratio.least()),
                                            Comparison.format(ratio.most())),
                    Comparison.format(TARGET),
                    ratio == null ? "-" : ratio.median() >= TARGET ? "yes" : "no");
        }
        return table.toString();
    }

    private static String median(List<Double> values) {
        return values.isEmpty() ? "-" : Comparison.format(Samples.median(values));
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    /** The host's iperf3, or null with a message where it is not installed. */
    private static @Nullable Process server(int port, PrintWriter err) {
        try {
            return new ProcessBuilder(
                            "iperf3", "-s", "-B", "127.0.0.1", "-p", Integer.toString(port))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            err.printf("networks are left out: there is no iperf3 (%s)%n", e.getMessage());
            return null;
        }
    }
}
