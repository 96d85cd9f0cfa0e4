package org.jvisor.virtio.block;

import java.util.Arrays;
import java.util.Locale;

/** How a disk is kept in a file. Always told by the user, never guessed from the content. */
public enum DiskFormat {
    /** Byte for byte, as in a block device. */
    RAW,
    /** QEMU's copy-on-write format, versions 2 and 3. */
    QCOW2;

    /** What users and images call it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The format users call {@code text}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static DiskFormat of(String text) {
        return Arrays.stream(values())
                .filter(format -> format.text().equals(text))
                .findAny()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "the disk format \""
                                                + text
                                                + "\" is unknown; there are raw and qcow2"));
    }
}
