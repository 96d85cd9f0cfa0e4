package org.jvisor.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jvisor.benchmarks.jmh.GuestLoop;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Numbers;

/** The tables and plots of exits on the software accelerator. */
final class SoftwareExitResults {
    private static final int LINES = 5;

    private SoftwareExitResults() {}

    static List<Block> blocks(List<JmhResult> results, Map<String, Double> allocated) {
        List<List<String>> exits = new ArrayList<>();
        List<List<String>> served = new ArrayList<>();
        List<Block.Line> lines = new ArrayList<>();
        for (JmhResult result : results) {
            GuestLoop loop = GuestLoop.valueOf(result.param("loop"));
            String title = title(loop);
            if (result.samples().count() == 0) {
                served.add(List.of(title, Numbers.format(result.nanos())));
                continue;
            }
            double bytes = allocated.getOrDefault("software." + loop.id(), Double.NaN);
            List<String> row = new ArrayList<>(List.of(title));
            row.add(Numbers.format(result.samples().mean()));
            for (double percentile : new double[] {50, 90, 99, 99.9, 99.99}) {
                row.add(Numbers.format(result.samples().percentile(percentile)));
            }
            row.add(Numbers.format(bytes));
            exits.add(row);
            lines.add(result.samples().line(title));
        }
        List<Block> blocks = new ArrayList<>();
        if (!exits.isEmpty()) {
            blocks.add(
                    new Block.Table(
                            "The same rounds on the software accelerator in ns, the CPU given back to"
                                    + " its thread each time",
                            List.of(
                                    "exit",
                                    "mean",
                                    "p50",
                                    "p90",
                                    "p99",
                                    "p99.9",
                                    "p99.99",
                                    "bytes allocated"),
                            exits));
        }
        if (!served.isEmpty()) {
            blocks.add(
                    new Block.Table(
                            "An access to a device that the software CPU serves on its way, with the"
                                    + " jump of the loop",
                            List.of("access", "mean, ns"),
                            served));
        }
        for (int from = 0; from < lines.size(); from += LINES) {
            blocks.add(
                    new Block.Curves(
                            from == 0 ? "Software accelerator" : "Software accelerator, continued",
                            lines.subList(from, Math.min(lines.size(), from + LINES))));
        }
        return blocks;
    }

    private static String title(GuestLoop loop) {
        return loop == GuestLoop.REGISTERS ? "all of the CPU's state out and in" : loop.title();
    }
}
