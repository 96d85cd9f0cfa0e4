package org.jvisor.machine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads a machine's configuration from a JSON file: one object with the keys {@code name}, {@code
 * memory} (bytes, or a string such as {@code "512M"}), {@code cpus}, {@code accel}, {@code
 * smpMode}, {@code clock}, {@code kernel}, {@code initrd}, {@code cmdline}, {@code flatAddress} (a
 * number or {@code "0x..."}), {@code noReboot}, {@code transport}, {@code disks}, {@code networks},
 * {@code rng}, {@code balloon} and {@code vsock}. Relative paths are relative to the file. A key
 * that is not known, given twice, or of the wrong type is an error told with its line and column.
 */
public final class MachineConfigFile {
    private static final List<String> KEYS =
            List.of(
                    "name",
                    "memory",
                    "cpus",
                    "accel",
                    "smpMode",
                    "clock",
                    "kernel",
                    "initrd",
                    "cmdline",
                    "flatAddress",
                    "noReboot",
                    "transport",
                    "disks",
                    "networks",
                    "rng",
                    "balloon",
                    "vsock");

    private MachineConfigFile() {}

    /**
     * Reads a file into a builder, which the caller may refine.
     *
     * @throws MachineException if it cannot be read or is not such an object
     */
    public static MachineConfig.Builder read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new MachineException(
                    MachineException.Kind.FILE,
                    "the configuration file %s does not exist: check the path".formatted(file),
                    e);
        } catch (IOException e) {
            throw new MachineException(
                    MachineException.Kind.FILE,
                    "the configuration file %s cannot be read (%s): it must be a readable UTF-8 text file"
                            .formatted(file, e.getMessage()),
                    e);
        }
        try (JsonParser json = new JsonFactory().createParser(text)) {
            return parse(file, json);
        } catch (JsonProcessingException e) {
            throw new MachineException(
                    MachineException.Kind.CONFIGURATION,
                    "%s is not JSON: %s: %s"
                            .formatted(file, place(e.getLocation()), e.getOriginalMessage()),
                    e);
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
    }

    private static MachineConfig.Builder parse(Path file, JsonParser json) throws IOException {
        MachineConfig.Builder config = MachineConfig.builder();
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw at(
                    file,
                    json,
                    "a configuration is one JSON object: { \"memory\": \"512M\", ... }");
        }
        Set<String> seen = new HashSet<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            if (!KEYS.contains(key)) {
                throw at(file, json, unknown(key));
            }
            if (!seen.add(key)) {
                throw at(file, json, "the key \"%s\" is given twice".formatted(key));
            }
            json.nextToken();
            set(file, json, config, key);
        }
        if (json.nextToken() != null) {
            throw at(file, json, "there is more after the configuration's closing brace");
        }
        return config;
    }

    private static void set(Path file, JsonParser json, MachineConfig.Builder config, String key)
            throws IOException {
        switch (key) {
            case "name" -> config.name(string(file, json, key));
            case "memory" -> config.memory(size(file, json));
            case "cpus" -> config.cpus(Math.clamp(integer(file, json, key), -1, 1 << 20));
            case "accel" -> config.accelerator(named(file, json, key, AcceleratorKind.values()));
            case "smpMode" -> config.smpMode(named(file, json, key, SmpMode.values()));
            case "clock" -> config.clock(named(file, json, key, ClockKind.values()));
            case "kernel" -> config.kernel(path(file, json, key));
            case "initrd" -> config.initrd(path(file, json, key));
            case "cmdline" -> config.commandLine(string(file, json, key));
            case "flatAddress" -> config.flatAddress(address(file, json));
            case "noReboot" -> config.stopOnReset(bool(file, json, key));
            case "transport" -> config.transport(named(file, json, key, TransportKind.values()));
            default -> device(file, json, config, key);
        }
    }

    private static void device(Path file, JsonParser json, MachineConfig.Builder config, String key)
            throws IOException {
        DeviceJson devices = new DeviceJson(json, fault -> at(file, json, fault));
        Path base = file.toAbsolutePath().resolveSibling("");
        switch (key) {
            case "disks" ->
                    config.disks(
                            devices.list(key, DiskConfig.KIND, spec -> DiskConfig.of(spec, base)));
            case "networks" ->
                    config.networks(
                            devices.list(
                                    key, NetworkConfig.KIND, spec -> NetworkConfig.of(spec, base)));
            case "rng" -> fit(config, bool(file, json, key), new DeviceConfig.Rng());
            case "balloon" -> fit(config, bool(file, json, key), new DeviceConfig.Balloon());
            case "vsock" ->
                    config.device(
                            devices.one(
                                    key,
                                    DeviceConfig.Vsock.KIND,
                                    spec -> DeviceConfig.Vsock.of(spec, base)));
            default -> throw new IllegalStateException(key);
        }
    }

    private static void fit(MachineConfig.Builder config, boolean wanted, DeviceConfig device) {
        if (wanted) {
            config.device(device);
        } else {
            config.without(device.getClass());
        }
    }

    private static boolean bool(Path file, JsonParser json, String key) throws IOException {
        if (!json.currentToken().isBoolean()) {
            throw at(file, json, "\"%s\" takes true or false".formatted(key));
        }
        return json.getBooleanValue();
    }

    private static String string(Path file, JsonParser json, String key) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            throw at(file, json, "\"%s\" takes a string".formatted(key));
        }
        return json.getText();
    }

    private static Path path(Path file, JsonParser json, String key) throws IOException {
        return file.toAbsolutePath().resolveSibling(string(file, json, key));
    }

    private static long integer(Path file, JsonParser json, String key) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw at(file, json, "\"%s\" takes a whole number".formatted(key));
        }
        return json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                ? Long.MAX_VALUE
                : json.getLongValue();
    }

    private static long size(Path file, JsonParser json) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_STRING) {
            try {
                return Sizes.parse(json.getText());
            } catch (IllegalArgumentException e) {
                throw at(file, json, "\"memory\": " + e.getMessage());
            }
        }
        return integer(file, json, "memory");
    }

    private static long address(Path file, JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            return integer(file, json, "flatAddress");
        }
        try {
            return Long.decode(json.getText());
        } catch (NumberFormatException e) {
            throw at(
                    file,
                    json,
                    "\"flatAddress\": '%s' is not an address: write it as 0x100000"
                            .formatted(json.getText()));
        }
    }

    private static <T extends Enum<T>> T named(Path file, JsonParser json, String key, T[] values)
            throws IOException {
        String name = string(file, json, key);
        for (T value : values) {
            if (value.toString().equals(name)) {
                return value;
            }
        }
        throw at(
                file,
                json,
                "\"%s\" takes %s, not \"%s\""
                        .formatted(
                                key,
                                Arrays.stream(values)
                                        .map("\"%s\""::formatted)
                                        .collect(Collectors.joining(" or ")),
                                name));
    }

    private static String unknown(String key) {
        String near =
                KEYS.stream()
                        .filter(
                                k ->
                                        distance(
                                                        k.toLowerCase(Locale.ROOT),
                                                        key.toLowerCase(Locale.ROOT))
                                                <= 2)
                        .findFirst()
                        .map(k -> "did you mean \"%s\"?".formatted(k))
                        .orElse("the keys are " + String.join(", ", KEYS));
        return "the key \"%s\" is not known: %s".formatted(key, near);
    }

    /** The Levenshtein distance of two short strings. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(diagonal + change, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }

    private static MachineException at(Path file, JsonParser json, String message) {
        return new MachineException(
                MachineException.Kind.CONFIGURATION,
                "%s: %s: %s".formatted(file, place(json.currentTokenLocation()), message));
    }

    private static String place(JsonLocation location) {
        return "line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
    }
}
