package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All samples as JSON: one object a machine, in it the processes and each program's passes. */
final class Results {
    private Results() {}

    /** The samples of all machines that ran. */
    static ObjectNode data(Comparison comparison) {
        ObjectNode data = new ObjectMapper().createObjectNode();
        machine(data, "ours", comparison, comparison.ours());
        machine(data, "tcg", comparison, comparison.tcg());
        machine(data, "native", comparison, comparison.host());
        return data;
    }

    private static void machine(
            ObjectNode data, String name, Comparison comparison, @Nullable Samples samples) {
        if (samples == null) {
            return;
        }
        ObjectNode json = data.putObject(name);
        numbers(json.putArray("wallSeconds"), samples.walls());
        numbers(json.putArray("cpuSeconds"), samples.cpus());
        numbers(json.putArray("peakBytes"), samples.peaks());
        ObjectNode programs = json.putObject("programs");
        for (Program program : comparison.programs()) {
            ArrayNode runs = programs.putArray(program.name());
            for (List<GuestOutput.Pass> run : samples.runs(program.name())) {
                ArrayNode passes = runs.addArray();
                for (GuestOutput.Pass pass : run) {
                    ObjectNode one = passes.addObject();
                    one.put("guestNanos", pass.guestNanos());
                    one.put("hostNanos", pass.hostNanos());
                    one.put("checksum", pass.checksum());
                }
            }
        }
    }

    private static void numbers(ArrayNode array, List<Double> values) {
        values.forEach(array::add);
    }
}
