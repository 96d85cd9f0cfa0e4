package org.jvisor.machine;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as people write them: a number and K, M, G or T (powers of 1024). */
public final class Sizes {
    private static final Pattern SIZE =
            Pattern.compile("(\\d{1,18})\\s*(?:([KMGT])(?:i?B)?|B)?", Pattern.CASE_INSENSITIVE);

    private Sizes() {}

    /**
     * Reads a size.
     *
     * @param text such as {@code 512M}, {@code 2GiB} or {@code 1048576}
     * @return bytes, 0 or more
     * @throws IllegalArgumentException with a message for the user if it is none
     */
    public static long parse(String text) {
        Matcher matcher = SIZE.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is not a size: write a number of bytes, or one with K, M, G or T as in 512M"
                            .formatted(text));
        }
        long value = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        int shift = unit == null ? 0 : 10 * (1 + "KMGT".indexOf(unit.toUpperCase(Locale.ROOT)));
        if (value > Long.MAX_VALUE >> shift) {
            throw new IllegalArgumentException(
                    "'%s' is more bytes than can be counted".formatted(text));
        }
        return value << shift;
    }

    /** Writes a size in the largest unit that divides it: {@code 512M}, {@code 1000}. */
    public static String format(long bytes) {
        String units = "KMGT";
        int unit = -1;
        long value = bytes;
        while (value != 0 && value % 1024 == 0 && unit < units.length() - 1) {
            value /= 1024;
            unit++;
        }
        return unit < 0 ? bytes + " bytes" : value + units.substring(unit, unit + 1);
    }
}
