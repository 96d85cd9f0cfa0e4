package org.jvisor.firmware.payload;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Small cpio archives in the newc format. */
public final class Cpio {
    private Cpio() {}

    /** An archive with one file. */
    public static byte[] of(String name, byte[] contents) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        entry(out, name, contents);
        entry(out, "TRAILER!!!", new byte[0]);
        return out.toByteArray();
    }

    private static void entry(ByteArrayOutputStream out, String name, byte[] contents) {
        String header =
                "070701"
                        + "00000000".repeat(6)
                        + "%08x".formatted(contents.length)
                        + "00000000".repeat(4)
                        + "%08x".formatted(name.length() + 1)
                        + "00000000";
        out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        out.write(0);
        align(out);
        out.writeBytes(contents);
        align(out);
    }

    private static void align(ByteArrayOutputStream out) {
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }
}
