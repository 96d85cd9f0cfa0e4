package org.jvisor.benchmarks.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * All that one run of the benchmarks found.
 *
 * @param host the machine, by the names of its properties, in their order
 * @param sections in their order
 */
public record Report(Map<String, String> host, List<Section> sections) {
    /** Makes one; the list is copied. */
    public Report {
        sections = List.copyOf(sections);
    }

    /** The whole as one JSON object: the host, and a member for each section. */
    public ObjectNode json() {
        ObjectNode root = new ObjectMapper().createObjectNode();
        ObjectNode described = root.putObject("host");
        host.forEach(described::put);
        ObjectNode all = root.putObject("sections");
        for (Section section : sections) {
            all.set(section.id(), section.data());
        }
        return root;
    }

    /**
     * Writes the JSON object to a file.
     *
     * @throws IOException if it cannot be written
     */
    public void writeJson(Path file) throws IOException {
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(file.toFile(), json());
    }

    /**
     * Writes the page to a file.
     *
     * @throws IOException if it cannot be written
     */
    public void writeHtml(Path file) throws IOException {
        Files.writeString(file, HtmlPage.of(this));
    }
}
