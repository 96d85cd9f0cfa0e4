package org.jvisor.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A device as a user writes it: named values, of which the main one may stand without its name. The
 * text form is {@code MAIN[,KEY=VALUE|,FLAG]...}, in which two commas stand for one that is part of
 * a value; the configuration file has an object with the same keys.
 */
final class DeviceSpec {
    /** What kind of device has which keys. */
    record Kind(String name, String mainKey, Set<String> keys, Set<String> flags) {}

    private final Kind kind;
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    DeviceSpec(Kind kind) {
        this.kind = kind;
    }

    /** Reads the text form. */
    static DeviceSpec parse(Kind kind, String text) {
        DeviceSpec spec = new DeviceSpec(kind);
        List<String> items = split(text);
        spec.add(kind.mainKey, items.getFirst());
        for (String item : items.subList(1, items.size())) {
            int equals = item.indexOf('=');
            if (equals >= 0) {
                spec.add(item.substring(0, equals), item.substring(equals + 1));
            } else if (kind.flags.contains(item)) {
                spec.add(item, "on");
            } else {
                throw spec.bad(
                        kind.keys.contains(item)
                                ? "%s needs a value: %s=...".formatted(item, item)
                                : spec.unknown(item));
            }
        }
        return spec;
    }

    private static List<String> split(String text) {
        List<String> items = new ArrayList<>();
        StringBuilder item = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != ',') {
                item.append(c);
            } else if (i + 1 < text.length() && text.charAt(i + 1) == ',') {
                item.append(c);
                i++;
            } else {
                items.add(item.toString());
                item.setLength(0);
            }
        }
        items.add(item.toString());
        return items;
    }

    /** Adds a value. */
    void add(String key, String value) {
        if (!key.equals(kind.mainKey) && !kind.keys.contains(key) && !kind.flags.contains(key)) {
            throw bad(unknown(key));
        }
        values.computeIfAbsent(key, k -> new ArrayList<>()).add(value);
    }

    private String unknown(String key) {
        List<String> all = new ArrayList<>(kind.flags);
        all.addAll(kind.keys);
        all.sort(null);
        return "'%s' is not known: there are %s".formatted(key, String.join(", ", all));
    }

    /** The value of a key, or null. */
    @Nullable String get(String key) {
        List<String> given = values.get(key);
        if (given == null) {
            return null;
        }
        if (given.size() > 1) {
            throw bad("%s is given twice".formatted(key));
        }
        return given.getFirst();
    }

    /** All values of a key that may be repeated. */
    List<String> all(String key) {
        return List.copyOf(values.getOrDefault(key, List.of()));
    }

    /** All values of all keys given, the main one's too. */
    Map<String, List<String>> values() {
        return Collections.unmodifiableMap(values);
    }

    /** The main value. */
    String main() {
        String value = get(kind.mainKey);
        if (value == null || value.isEmpty()) {
            throw bad("the %s is missing".formatted(kind.mainKey));
        }
        return value;
    }

    boolean flag(String key) {
        String value = get(key);
        return switch (value == null ? "off" : value) {
            case "on", "true" -> true;
            case "off", "false" -> false;
            default -> throw bad("%s is on or off, not '%s'".formatted(key, value));
        };
    }

    /** A size in bytes; 0 if not given. */
    long size(String key) {
        String value = get(key);
        try {
            return value == null ? 0 : Sizes.parse(value);
        } catch (IllegalArgumentException e) {
            throw bad("%s: %s".formatted(key, e.getMessage()));
        }
    }

    /** A whole number; {@code absent} if not given. */
    long number(String key, long low, long high, long absent) {
        String value = get(key);
        if (value == null) {
            return absent;
        }
        try {
            long number = Long.parseLong(value);
            if (number >= low && number <= high) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw bad("%s is a number from %d to %d, not '%s'".formatted(key, low, high, value));
    }

    /** An error about this device. */
    MachineException bad(String message) {
        return new MachineException(
                MachineException.Kind.CONFIGURATION, "%s: %s".formatted(kind.name, message));
    }
}
