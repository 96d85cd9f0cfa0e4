package org.jvisor.launcher.image;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A paragraph of a Debian control file (deb822(5)): fields by name. Continuation lines belong to
 * their field, with their line breaks.
 */
record Control(Map<String, String> fields) {
    private static final Pattern ALTERNATIVES = Pattern.compile("[,|]");

    /** Reads the first paragraph. */
    static Control parse(List<String> lines) {
        List<Control> all = parseAll(lines);
        return all.isEmpty() ? new Control(Map.of()) : all.getFirst();
    }

    /** Reads all paragraphs. */
    static List<Control> parseAll(List<String> lines) {
        List<Control> paragraphs = new ArrayList<>();
        Map<String, String> fields = new LinkedHashMap<>();
        String last = "";
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (line.isBlank()) {
                if (!fields.isEmpty()) {
                    paragraphs.add(new Control(fields));
                    fields = new LinkedHashMap<>();
                }
            } else if (Character.isWhitespace(line.charAt(0))) {
                fields.merge(last, line.strip(), (first, more) -> first + "\n" + more);
            } else if (colon > 0) {
                last = line.substring(0, colon);
                fields.put(last, line.substring(colon + 1).strip());
            }
        }
        if (!fields.isEmpty()) {
            paragraphs.add(new Control(fields));
        }
        return paragraphs;
    }

    /** A field, which must be there. */
    String field(String name) throws PackageSource.Unavailable {
        String value = fields.get(name);
        if (value == null) {
            throw new PackageSource.Unavailable(
                    "the package index has no %s for %s"
                            .formatted(name, fields.getOrDefault("Package", "a package")));
        }
        return value;
    }

    /** The first package it depends on whose name begins so. */
    String dependency(String prefix) throws PackageSource.Unavailable {
        String name = field("Package");
        return ALTERNATIVES
                .splitAsStream(field("Depends"))
                .map(dependency -> dependency.strip().replaceFirst("[ (:].*", ""))
                .filter(dependency -> dependency.startsWith(prefix))
                .findFirst()
                .orElseThrow(
                        () ->
                                new PackageSource.Unavailable(
                                        "the package %s depends on no %s package"
                                                .formatted(name, prefix)));
    }
}
