package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Numbers;

/** How long one monitor took, run by run, in milliseconds. */
final class StartTimes {
    static final double FIRST_TARGET_MILLIS = 250;
    static final double RATIO_TARGET = 1.5;

    /** The entry that others are compared with. */
    private static final String REFERENCE = "QEMU TCG";

    private final List<Double> first = new ArrayList<>();
    private final List<Double> flatEnd = new ArrayList<>();
    private final List<Double> init = new ArrayList<>();
    private final List<Double> powerOff = new ArrayList<>();

    boolean flatFailed;
    boolean linuxFailed;
    @Nullable MemoryProbe memory;

    /** Adds a run of the tiny guest. */
    void flat(long firstNanos, long endNanos) {
        first.add(firstNanos / 1e6);
        flatEnd.add(endNanos / 1e6);
    }

    /** Adds a boot. */
    void linux(long initNanos, long endNanos) {
        init.add(initNanos / 1e6);
        powerOff.add(endNanos / 1e6);
    }

    private static String text(List<Double> values) {
        if (values.isEmpty()) {
            return "-";
        }
        double least = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
        double most = values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        return "%s (%s..%s)"
                .formatted(
                        Numbers.format(Samples.median(values)),
                        Numbers.format(least),
                        Numbers.format(most));
    }

    private static double median(List<Double> values) {
        return values.isEmpty() ? Double.NaN : Samples.median(values);
    }

    private static String ratio(List<Double> values, @Nullable List<Double> reference) {
        return values.isEmpty() || reference == null || reference.isEmpty()
                ? "-"
                : Numbers.format(Ratio.of(values, reference).median());
    }

    /** The tables and plots of all. */
    static List<Block> blocks(Map<StartMachine, StartTimes> times) {
        StartTimes qemu = null;
        for (Map.Entry<StartMachine, StartTimes> entry : times.entrySet()) {
            qemu = entry.getKey().title().equals(REFERENCE) ? entry.getValue() : qemu;
        }
        List<List<String>> starts = new ArrayList<>();
        List<List<String>> sizes = new ArrayList<>();
        List<Block.Group> firsts = new ArrayList<>();
        List<Block.Group> boots = new ArrayList<>();
        for (Map.Entry<StartMachine, StartTimes> entry : times.entrySet()) {
            String title = entry.getKey().title();
            StartTimes t = entry.getValue();
            starts.add(
                    List.of(
                            title,
                            text(t.first),
                            ratio(t.first, qemu == null ? null : qemu.first),
                            text(t.flatEnd),
                            text(t.init),
                            text(t.powerOff),
                            ratio(t.powerOff, qemu == null ? null : qemu.powerOff)));
            firsts.add(new Block.Group(title, List.of(median(t.first))));
            if (!t.init.isEmpty()) {
                boots.add(new Block.Group(title, List.of(median(t.init), median(t.powerOff))));
            }
            MemoryProbe probe = t.memory;
            if (probe != null) {
                sizes.add(
                        List.of(
                                title,
                                mebibytes(probe.resident()),
                                mebibytes(probe.guest()),
                                mebibytes(probe.overhead())));
            }
        }
        List<Block> blocks = new ArrayList<>();
        blocks.add(
                new Block.Table(
                        "From the start of the process, in ms: median (range). The first exit is the"
                                + " tiny guest's third instruction, seen outside. Targets: %s ms, and %s of QEMU's"
                                        .formatted(
                                                Numbers.format(FIRST_TARGET_MILLIS), RATIO_TARGET),
                        List.of(
                                "monitor",
                                "first instruction and exit",
                                "/ TCG",
                                "tiny guest's end",
                                "Linux: init",
                                "Linux: power-off",
                                "/ TCG"),
                        starts));
        blocks.add(
                new Block.Bars(
                        "To the first guest instruction and exit",
                        "ms",
                        List.of("median"),
                        firsts,
                        FIRST_TARGET_MILLIS));
        if (!boots.isEmpty()) {
            blocks.add(new Block.Bars("Linux", "ms", List.of("to init", "to power-off"), boots, 0));
        }
        if (!sizes.isEmpty()) {
            blocks.add(
                    new Block.Table(
                            "Memory when init runs, in MiB, with 256 MiB for the guest",
                            List.of(
                                    "monitor",
                                    "resident",
                                    "of it touched guest memory",
                                    "overhead"),
                            sizes));
        }
        return blocks;
    }

    private static String mebibytes(long bytes) {
        return bytes < 0 ? "-" : Numbers.format(bytes / 1048576.0);
    }

    /** Writes it into a JSON object. */
    void describe(ObjectNode json, String title) {
        json.put("monitor", title);
        numbers(json.putArray("firstExitMillis"), first);
        numbers(json.putArray("tinyGuestEndMillis"), flatEnd);
        numbers(json.putArray("initMillis"), init);
        numbers(json.putArray("powerOffMillis"), powerOff);
        MemoryProbe probe = memory;
        if (probe != null) {
            json.put("residentBytes", probe.resident());
            json.put("guestBytes", probe.guest());
        }
    }

    private static void numbers(ArrayNode array, List<Double> values) {
        values.forEach(array::add);
    }
}
