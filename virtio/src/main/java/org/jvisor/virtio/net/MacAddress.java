package org.jvisor.virtio.net;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The address of one Ethernet interface.
 *
 * @param bits 48 bits, the first byte on the wire as the highest
 */
public record MacAddress(long bits) {
    /** Bytes on the wire. */
    public static final int BYTES = 6;

    private static final Pattern TEXT = Pattern.compile("[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}");
    private static final long GROUP = 1L << 40, LOCAL = 2L << 40;

    /** Checks that one interface can have it. */
    public MacAddress {
        if (bits >>> 48 != 0 || bits == 0 || (bits & GROUP) != 0) {
            throw new IllegalArgumentException(
                    format(bits)
                            + " cannot be an interface's MAC address: the lowest bit of its first"
                            + " byte must be 0, and one bit 1");
        }
    }

    /**
     * Reads an address.
     *
     * @param text such as {@code 52:54:00:12:34:56}
     * @throws IllegalArgumentException with a message for the user if it is none
     */
    public static MacAddress parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "'%s' is not a MAC address: write six bytes as in 52:54:00:12:34:56"
                            .formatted(text));
        }
        return new MacAddress(Long.parseLong(text.replaceAll("[:-]", ""), 16));
    }

    /**
     * Makes an address for an interface that was given none: locally administered, the same
     * whenever {@code seed} is.
     *
     * @param seed what tells interfaces on one network apart, such as the machine's and the
     *     device's names
     */
    public static MacAddress derive(String seed) {
        CRC32C hash = new CRC32C();
        hash.update(seed.getBytes(StandardCharsets.UTF_8));
        return new MacAddress(LOCAL | 0x6a76L << 24 | (hash.getValue() & 0xff_ffff));
    }

    /** Byte {@code index} on the wire, 0 to 255. */
    public int octet(int index) {
        return (int) (bits >>> (5 - index) * 8) & 0xff;
    }

    @Override
    public String toString() {
        return format(bits);
    }

    private static String format(long bits) {
        StringBuilder text = new StringBuilder();
        for (int shift = 40; shift >= 0; shift -= 8) {
            text.append(text.isEmpty() ? "" : ":").append("%02x".formatted(bits >>> shift & 0xff));
        }
        return text.toString();
    }
}
