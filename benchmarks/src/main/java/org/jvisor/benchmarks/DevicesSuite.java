package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Section;
import org.jvisor.benchmarks.report.TextTable;

/**
 * Throughput of disks and networks in guests, ours and QEMU's alternating.
 *
 * @param options which machines, and how often
 * @param seconds of each measurement
 */
record DevicesSuite(MachineOptions options, int seconds) {
    /** Seconds of a measurement, if not given, and in a quick run. */
    static final int SECONDS = 10, QUICK_SECONDS = 4;

    /** Throughput at least QEMU's. */
    static final double TARGET = 1.0;

    /** Measurements in a run, each with half its time to warm up, and a run's boot. */
    private static final double MEASUREMENTS = 8 * 1.5, BOOT_SECONDS = 10;

    /** Seconds that it takes about, once there is a Debian to boot. */
    double duration() {
        return options.runs * 2 * (MEASUREMENTS * seconds + BOOT_SECONDS);
    }

    /** Measures. */
    Section measure(PrintWriter err) throws IOException, InterruptedException {
        String loadBefore = Machines.loadAverage();
        int port = freePort();
        List<String> skipped = new ArrayList<>();
        Process server = server(port, skipped);
        Map<String, List<Double>> ours = new LinkedHashMap<>();
        Map<String, List<Double>> tcg = new LinkedHashMap<>();
        try (WorkFolder work = WorkFolder.make()) {
            DeviceGuest guest =
                    DeviceGuest.make(
                            work.path(), options, seconds, server == null ? null : port, err);
            alternate(guest, ours, tcg, err);
        } finally {
            if (server != null) {
                server.destroy();
            }
        }
        List<Block> blocks = blocks(ours, tcg);
        skipped.forEach(what -> blocks.add(new Block.Note("Skipped: " + what)));
        blocks.add(new Block.Note(Machines.load(loadBefore)));
        return new Section("devices", "Devices", blocks, data(ours, tcg));
    }

    private void alternate(
            DeviceGuest guest,
            Map<String, List<Double>> ours,
            Map<String, List<Double>> tcg,
            PrintWriter err)
            throws InterruptedException {
        Vmm.@Nullable Jvisor jvisor =
                options.wants("ours") ? options.jvisor(Checkout.root()) : null;
        Vmm.@Nullable Qemu qemu = options.wants("tcg") ? Machines.qemu(err) : null;
        for (int run = 1; run <= options.runs; run++) {
            if (jvisor != null) {
                run(jvisor.title(), run, guest.command(jvisor), ours, err);
            }
            if (qemu != null) {
                run(qemu.title(), run, guest.command(qemu), tcg, err);
            }
        }
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

    /** A table of medians, with what we have of QEMU's throughput, and that as bars. */
    static List<Block> blocks(Map<String, List<Double>> ours, Map<String, List<Double>> tcg) {
        TextTable table =
                new TextTable("throughput", "ours", "TCG", "ratio (min..max)", "target", "met");
        Map<String, List<Double>> all = new LinkedHashMap<>(ours);
        tcg.forEach(all::putIfAbsent);
        List<Block.Group> bars = new ArrayList<>();
        for (String name : all.keySet()) {
            List<Double> mine = ours.getOrDefault(name, List.of());
            List<Double> theirs = tcg.getOrDefault(name, List.of());
            String compared = "-";
            String met = "-";
            if (!mine.isEmpty() && !theirs.isEmpty()) {
                Ratio ratio = Ratio.of(mine, theirs);
                bars.add(new Block.Group(name, List.of(ratio.median())));
                compared =
                        "%s (%s..%s)"
                                .formatted(
                                        Comparison.format(ratio.median()),
                                        Comparison.format(ratio.least()),
                                        Comparison.format(ratio.most()));
                met = ratio.median() >= TARGET ? "yes" : "no";
            }
            table.row(name, median(mine), median(theirs), compared, Comparison.format(TARGET), met);
        }
        List<Block> blocks = new ArrayList<>();
        blocks.add(table.block("In the guest, more is better"));
        if (!bars.isEmpty()) {
            blocks.add(new Block.Bars("Ours / TCG", "ratio", List.of("median"), bars, TARGET));
        }
        return blocks;
    }

    private static String median(List<Double> values) {
        return values.isEmpty() ? "-" : Comparison.format(Samples.median(values));
    }

    private static ObjectNode data(Map<String, List<Double>> ours, Map<String, List<Double>> tcg) {
        ObjectMapper json = new ObjectMapper();
        ObjectNode data = json.createObjectNode();
        data.set("ours", json.valueToTree(ours));
        data.set("tcg", json.valueToTree(tcg));
        return data;
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    /** The host's iperf3, or null where it is not installed. */
    private static @Nullable Process server(int port, List<String> skipped) {
        try {
            return new ProcessBuilder(
                            "iperf3", "-s", "-B", "127.0.0.1", "-p", Integer.toString(port))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            skipped.add("networks: there is no iperf3 (%s)".formatted(e.getMessage()));
            return null;
        }
    }
}
