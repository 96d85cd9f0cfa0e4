package org.jvisor.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All samples as JSON: one object a machine, in it the processes and each program's passes. */
final class Results {
    private Results() {}

    /** Writes them, unless there is no file to write to. */
    static void write(@Nullable Path file, String kind, Comparison comparison) throws IOException {
        if (file == null) {
            return;
        }
        try (JsonGenerator json =
                new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeStringField("suite", kind);
            json.writeNumberField("hostCpus", Runtime.getRuntime().availableProcessors());
            machine(json, "ours", comparison, comparison.ours());
            machine(json, "tcg", comparison, comparison.tcg());
            machine(json, "native", comparison, comparison.host());
            json.writeEndObject();
        }
    }

    private static void machine(
            JsonGenerator json, String name, Comparison comparison, @Nullable Samples samples)
            throws IOException {
        if (samples == null) {
            return;
        }
        json.writeObjectFieldStart(name);
        numbers(json, "wallSeconds", samples.walls());
        numbers(json, "cpuSeconds", samples.cpus());
        numbers(json, "peakBytes", samples.peaks());
        json.writeObjectFieldStart("programs");
        for (Program program : comparison.programs()) {
            json.writeArrayFieldStart(program.name());
            for (List<GuestOutput.Pass> run : samples.runs(program.name())) {
                json.writeStartArray();
                for (GuestOutput.Pass pass : run) {
                    json.writeStartObject();
                    json.writeNumberField("guestNanos", pass.guestNanos());
                    json.writeNumberField("hostNanos", pass.hostNanos());
                    json.writeStringField("checksum", pass.checksum());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndArray();
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void numbers(JsonGenerator json, String name, List<Double> values)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (double value : values) {
            json.writeNumber(value);
        }
        json.writeEndArray();
    }
}
