package org.jvisor.virtio.net;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text of an interface, {@code KIND,KEY=VALUE,...}: each key is asked for once, and what nobody
 * asked for is an error that names what there is.
 */
final class NetText {
    private static final Pattern DOTTED = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    private final String kind;
    private final Map<String, List<String>> given = new LinkedHashMap<>();
    private final TreeSet<String> known = new TreeSet<>();

    NetText(String text) {
        List<String> parts = split(text);
        kind = parts.getFirst().strip();
        for (String part : parts.subList(1, parts.size())) {
            int equals = part.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(
                        "'%s' of network '%s' is not KEY=VALUE".formatted(part, text));
            }
            given.computeIfAbsent(part.substring(0, equals).strip(), key -> new ArrayList<>())
                    .add(part.substring(equals + 1).strip());
        }
    }

    NetText(String kind, Map<String, List<String>> values) {
        this.kind = kind;
        values.forEach((key, all) -> given.put(key, List.copyOf(all)));
    }

    /** Divides at commas; two of them stand for one that is part of a value. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            boolean comma = text.charAt(i) == ',';
            if (comma && !text.startsWith(",,", i)) {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(text.charAt(i));
                i += comma ? 1 : 0;
            }
        }
        parts.add(part.toString());
        return parts;
    }

    String kind() {
        return kind;
    }

    List<String> all(String key) {
        known.add(key);
        List<String> values = given.remove(key);
        return values == null ? List.of() : values;
    }

    @Nullable String text(String key) {
        List<String> values = all(key);
        if (values.size() > 1) {
            throw new IllegalArgumentException(
                    "%s= is given %d times for network '%s': give it once"
                            .formatted(key, values.size(), kind));
        }
        if (values.isEmpty()) {
            return null;
        }
        if (values.getFirst().isEmpty()) {
            throw new IllegalArgumentException("%s= needs a value".formatted(key));
        }
        return values.getFirst();
    }

    boolean flag(String key, boolean otherwise) {
        return choice(key, "on", "off", otherwise);
    }

    boolean choice(String key, String yes, String no, boolean otherwise) {
        String value = text(key);
        if (value == null || value.equals(yes) || value.equals(no)) {
            return value == null ? otherwise : value.equals(yes);
        }
        throw new IllegalArgumentException(
                "%s=%s: write %s=%s or %s=%s".formatted(key, value, key, yes, key, no));
    }

    int number(String key, int least, int most, int otherwise) {
        String value = text(key);
        if (value == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, as one out of range is.
        }
        throw new IllegalArgumentException(
                "%s=%s: write a number from %d to %d".formatted(key, value, least, most));
    }

    @Nullable Inet4Address ipv4Of(String key) {
        String value = text(key);
        return value == null ? null : ipv4(value);
    }

    @Nullable Inet6Address ipv6Of(String key) {
        String value = text(key);
        return value == null ? null : ipv6(value);
    }

    /** Throws if something was given that nothing asked for. */
    void end() {
        if (!given.isEmpty()) {
            throw new IllegalArgumentException(
                    "network '%s' has no option %s=; it has %s"
                            .formatted(
                                    kind,
                                    given.keySet().iterator().next(),
                                    String.join("=, ", known) + "="));
        }
    }

    static Inet4Address ipv4(String text) {
        try {
            if (DOTTED.matcher(text).matches()) {
                return Inet4Address.ofLiteral(text);
            }
        } catch (IllegalArgumentException e) {
            // Told below, as other text is.
        }
        throw new IllegalArgumentException(
                "'%s' is not an IPv4 address: write it as 10.0.2.15".formatted(text));
    }

    static Inet6Address ipv6(String text) {
        try {
            if (text.indexOf('%') < 0
                    && Inet6Address.ofLiteral(text) instanceof Inet6Address address) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // Told below, as other text is.
        }
        throw new IllegalArgumentException(
                "'%s' is not an IPv6 address: write it as fec0::15".formatted(text));
    }
}
