package org.jvisor.launcher.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The applets in a busybox binary, without running it: busybox keeps their names as one sorted
 * table of NUL-terminated strings, which begins with {@code [} and {@code [[} and ends with an
 * empty one.
 */
final class BusyboxApplets {
    private static final byte[] START = "\0[\0[[\0".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_NAME = 32;

    private BusyboxApplets() {}

    /** The names of the applets, or an empty list where the table is not found. */
    static List<String> names(byte[] binary) {
        int at = indexOf(binary, START) + 1;
        List<String> names = new ArrayList<>();
        if (at == 0) {
            return names;
        }
        while (true) {
            int end = at;
            while (end < binary.length && binary[end] != 0) {
                end++;
            }
            String name = new String(binary, at, end - at, StandardCharsets.US_ASCII);
            boolean sorted = names.isEmpty() || names.getLast().compareTo(name) < 0;
            if (end == binary.length || !sorted || !plausible(name)) {
                return names;
            }
            names.add(name);
            at = end + 1;
        }
    }

    private static boolean plausible(String name) {
        return name.equals("[")
                || name.equals("[[")
                || (name.length() <= LONGEST_NAME && name.matches("[a-z0-9][A-Za-z0-9_.+-]*"));
    }

    private static int indexOf(byte[] text, byte[] pattern) {
        for (int i = 0; i <= text.length - pattern.length; i++) {
            int matched = 0;
            while (matched < pattern.length && text[i + matched] == pattern[matched]) {
                matched++;
            }
            if (matched == pattern.length) {
                return i;
            }
        }
        return -1;
    }
}
