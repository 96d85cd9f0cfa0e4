package org.jvisor.tests;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A record that {@code syncwriter.c} was told is safe.
 *
 * @param number of the record
 * @param file it is in
 * @param offset in the file, in bytes
 * @param length in bytes
 */
record SafeRecord(int number, String file, long offset, int length) {
    private static final Pattern LINE = Pattern.compile("safe (\\d+) ([0-3]) (\\d+) (\\d+)");

    /** Reads a line of the guest's console; null if it tells of no record. */
    static @Nullable SafeRecord of(String line) {
        Matcher matcher = LINE.matcher(line.strip());
        if (!matcher.matches()) {
            return null; // the kill may also have cut a line short
        }
        int number = Integer.parseInt(matcher.group(1));
        String file =
                switch (matcher.group(2)) {
                    case "0" -> "synced";
                    case "1" -> "dsync";
                    case "2" -> "direct";
                    default -> "record-" + number;
                };
        return new SafeRecord(
                number, file, Long.parseLong(matcher.group(3)), Integer.parseInt(matcher.group(4)));
    }

    /** Whether the record is in a copy of the file system's root folder, every byte. */
    boolean isIn(Path folder, long seed) throws IOException {
        Path path = folder.resolve(file);
        if (!Files.exists(path) || Files.size(path) < offset + length) {
            return false;
        }
        byte[] found = new byte[length];
        try (var channel = Files.newByteChannel(path)) {
            channel.position(offset);
            ByteBuffer buffer = ByteBuffer.wrap(found);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                // one read may give a part only
            }
        }
        return Arrays.equals(found, content(seed));
    }

    private byte[] content(long seed) {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        long state = (seed << 32) + number + 1;
        while (bytes.hasRemaining()) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            bytes.putLong(state);
        }
        return bytes.array();
    }
}
