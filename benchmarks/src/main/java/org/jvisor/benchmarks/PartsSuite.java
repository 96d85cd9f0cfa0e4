package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Numbers;
import org.jvisor.benchmarks.report.Section;

/**
 * Parts that all guests' requests go through, by JMH.
 *
 * @param bench what all suites have
 */
record PartsSuite(Bench bench) {
    private static final int MEMORY_BENCHMARKS = 15, QUEUE_BENCHMARKS = 12;

    private static final Map<String, String> TITLES =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry("NativeCalls.downcall", "downcall (abs)"),
                            Map.entry("NativeCalls.criticalDowncall", "critical downcall (abs)"),
                            Map.entry("NativeCalls.errnoDowncall", "downcall that keeps errno"),
                            Map.entry("NativeCalls.ioctl", "ioctl that fails at once"),
                            Map.entry("NativeCalls.upcallInDowncall", "downcall with an upcall"),
                            Map.entry("NativeCalls.eventfd", "eventfd signalled and drained"),
                            Map.entry("MemoryAccess.readInt", "guest memory: 32 bits read"),
                            Map.entry("MemoryAccess.writeInt", "guest memory: 32 bits written"),
                            Map.entry("MemoryAccess.plainReadInt", "plain memory: 32 bits read"),
                            Map.entry("MemoryAccess.slice", "guest memory: view of a page"),
                            Map.entry("MemoryAccess.writePage", "guest memory: page written"),
                            Map.entry("BusDispatch.readOne", "bus: read from one device"),
                            Map.entry("BusDispatch.writeOne", "bus: write to one device"),
                            Map.entry("BusDispatch.readAll", "bus: read from 24 devices in turn"),
                            Map.entry("BusDispatch.readNothing", "bus: read where nothing is")));

    private Jmh.Plan plan() {
        return bench.quick() ? new Jmh.Plan(1, 3, 3, 300) : new Jmh.Plan(2, 4, 5, 500);
    }

    /** Seconds that {@link #memory} takes about. */
    double memorySeconds() {
        return MEMORY_BENCHMARKS * plan().seconds();
    }

    /** Seconds that {@link #queue} takes about. */
    double queueSeconds() {
        return QUEUE_BENCHMARKS * plan().seconds();
    }

    /** Native calls, guest memory and the bus. */
    Section memory() throws IOException, InterruptedException {
        bench.err().println("memory: native calls, guest memory, bus");
        List<JmhResult> results =
                bench.jmh(plan()).run("(NativeCalls|MemoryAccess|BusDispatch)\\.", Map.of());
        List<List<String>> rows = new ArrayList<>();
        List<Block.Group> groups = new ArrayList<>();
        for (JmhResult result : results) {
            String title = TITLES.getOrDefault(result.name(), result.name());
            rows.add(row(result, title));
            groups.add(new Block.Group(title, List.of(result.nanos())));
        }
        List<Block> blocks =
                List.of(
                        new Block.Table(
                                "Calls, guest memory and bus", head("operation", rows), rows),
                        new Block.Bars("Time of an operation", "ns", List.of("mean"), groups, 0));
        return new Section("memory", "Calls, memory and bus", blocks, data(results));
    }

    /** Rings, and requests through whole devices. */
    Section queue() throws IOException, InterruptedException {
        bench.err().println("queue: rings and devices");
        List<JmhResult> results =
                bench.jmh(plan()).run("(QueueOperations|DevicePaths)\\.", Map.of());
        List<List<String>> rings = new ArrayList<>();
        List<List<String>> devices = new ArrayList<>();
        List<Block.Group> groups = new ArrayList<>();
        List<Block.Line> lines = new ArrayList<>();
        for (JmhResult result : results) {
            String format = result.param("format").equals("SPLIT") ? "split" : "packed";
            if (result.samples().count() == 0) {
                int descriptors = Integer.parseInt(result.param("descriptors"));
                double million = descriptors / result.nanos() * 1e3;
                String title = "%s, chains of %d".formatted(format, descriptors);
                rings.add(List.of(title, Numbers.format(result.nanos()), Numbers.format(million)));
                groups.add(new Block.Group(title, List.of(million)));
                continue;
            }
            boolean block = result.name().endsWith("blockRead");
            int burst = Integer.parseInt(result.param("burst"));
            String title =
                    "%s, %s, %s"
                            .formatted(
                                    block ? "virtio-blk 4 KiB read" : "virtio-net frame echoed",
                                    format,
                                    burst == 1 ? "one" : burst + " at once");
            devices.add(
                    List.of(
                            title,
                            Numbers.micros(result.samples().percentile(50)),
                            Numbers.micros(result.samples().percentile(99)),
                            Numbers.micros(result.samples().percentile(99.9)),
                            Numbers.format(burst / result.samples().percentile(50) * 1e6)));
            if (burst == 1) {
                lines.add(result.samples().line(title));
            }
        }
        List<Block> blocks = new ArrayList<>();
        blocks.add(
                new Block.Table(
                        "Rings, driver and device on one thread",
                        List.of("ring", "ns a chain", "million descriptors/s"),
                        rings));
        blocks.add(new Block.Bars("Rings", "million descriptors/s", List.of("mean"), groups, 0));
        blocks.add(
                new Block.Table(
                        "Requests through devices, from the notification to the used ring",
                        List.of("request", "p50, µs", "p99", "p99.9", "thousand/s at p50"),
                        devices));
        blocks.add(new Block.Curves("Requests through devices, one at a time", lines));
        return new Section("queue", "Queues and devices", blocks, data(results));
    }

    private static List<String> head(String first, List<List<String>> rows) {
        boolean profiled = !rows.isEmpty() && rows.getFirst().size() > 3;
        return profiled ? List.of(first, "ns", "±", "profilers") : List.of(first, "ns", "±");
    }

    private static List<String> row(JmhResult result, String title) {
        List<String> row =
                new ArrayList<>(
                        List.of(
                                title,
                                Numbers.format(result.nanos()),
                                Numbers.format(result.error())));
        if (!result.secondary().isEmpty()) {
            List<String> more = new ArrayList<>();
            result.secondary()
                    .forEach(
                            (name, value) -> {
                                if (name.endsWith(".norm") || name.startsWith("instructions")) {
                                    more.add(name + " " + Numbers.format(value));
                                }
                            });
            row.add(String.join(", ", more));
        }
        return row;
    }

    private static ObjectNode data(List<JmhResult> results) {
        ObjectNode data = new ObjectMapper().createObjectNode();
        ArrayNode all = data.putArray("results");
        results.forEach(result -> result.describe(all.addObject()));
        return data;
    }
}
