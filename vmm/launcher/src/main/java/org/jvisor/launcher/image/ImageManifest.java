package org.jvisor.launcher.image;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * What the store keeps of an image beside its files: a flat JSON object of strings. The streaming
 * parser reads it, as this is on the way of every start.
 *
 * @param kernel the SHA-256 of the kernel, in hex
 * @param initrd the SHA-256 of the initial RAM disk, in hex
 * @param layout of the initial RAM disk: see {@link Initramfs#LAYOUT}
 * @param disk the name of the disk's file in the store, which the guest writes; empty for none
 * @param base the image this one is a clone of; empty for none
 */
record ImageManifest(
        String name,
        String kernel,
        String initrd,
        String commandLine,
        String version,
        String origin,
        Instant created,
        int layout,
        String disk,
        String base) {
    /** Of images whose manifests do not tell. */
    private static final String FIRST_LAYOUT = "1";

    /** Of an image without a disk. */
    ImageManifest(
            String name,
            String kernel,
            String initrd,
            String commandLine,
            String version,
            String origin,
            Instant created,
            int layout) {
        this(name, kernel, initrd, commandLine, version, origin, created, layout, "", "");
    }

    /** The same with a disk. */
    ImageManifest withDisk(String file, String cloned) {
        return new ImageManifest(
                name, kernel, initrd, commandLine, version, origin, created, layout, file, cloned);
    }

    /** The same under another name, made at another time. */
    ImageManifest called(String other, Instant time) {
        return new ImageManifest(
                other, kernel, initrd, commandLine, version, origin, time, layout, disk, base);
    }

    /** The same as another machine: see {@link CloneIdentity}. */
    ImageManifest asAnother() {
        String told = CloneIdentity.commandLine(commandLine);
        return new ImageManifest(
                name, kernel, initrd, told, version, origin, created, layout, disk, base);
    }

    /**
     * Reads one.
     *
     * @throws IOException if the text is not one
     */
    static ImageManifest parse(String text) throws IOException {
        Map<String, String> values = new HashMap<>();
        try (JsonParser json = new JsonFactory().createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not a JSON object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                if (json.nextToken() != JsonToken.VALUE_STRING) {
                    throw new IOException("\"%s\" is not a string".formatted(key));
                }
                values.put(key, json.getText());
            }
        }
        try {
            return new ImageManifest(
                    value(values, "name"),
                    sha256(values, "kernel"),
                    sha256(values, "initrd"),
                    value(values, "commandLine"),
                    value(values, "version"),
                    value(values, "origin"),
                    Instant.parse(value(values, "created")),
                    Integer.parseInt(values.getOrDefault("layout", FIRST_LAYOUT)),
                    fileName(values, "disk"),
                    fileName(values, "base"));
        } catch (DateTimeException e) {
            throw new IOException("\"created\" is not a time", e);
        } catch (NumberFormatException e) {
            throw new IOException("\"layout\" is not a number", e);
        }
    }

    private static String value(Map<String, String> values, String key) throws IOException {
        String value = values.get(key);
        if (value == null) {
            throw new IOException("\"%s\" is missing".formatted(key));
        }
        return value;
    }

    private static String sha256(Map<String, String> values, String key) throws IOException {
        String value = value(values, key);
        // Becomes part of a path.
        if (!value.matches("[0-9a-f]{64}")) {
            throw new IOException("\"%s\" is not a SHA-256".formatted(key));
        }
        return value;
    }

    private static String fileName(Map<String, String> values, String key) throws IOException {
        String value = values.getOrDefault(key, "");
        // Becomes part of a path.
        if (!value.isEmpty() && !ImageStore.validFile(value)) {
            throw new IOException("\"%s\" is not a name".formatted(key));
        }
        return value;
    }

    /** Writes it as JSON. */
    String toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeStringField("name", name);
            json.writeStringField("kernel", kernel);
            json.writeStringField("initrd", initrd);
            json.writeStringField("commandLine", commandLine);
            json.writeStringField("version", version);
            json.writeStringField("origin", origin);
            json.writeStringField("created", created.toString());
            json.writeStringField("layout", Integer.toString(layout));
            if (!disk.isEmpty()) {
                json.writeStringField("disk", disk);
            }
            if (!base.isEmpty()) {
                json.writeStringField("base", base);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return text + "\n";
    }
}
