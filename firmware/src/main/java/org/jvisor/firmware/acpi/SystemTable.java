package org.jvisor.firmware.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The common header of ACPI tables (ACPI 6.5 §5.2.6) and their checksum. */
final class SystemTable {
    static final int HEADER = 36;

    private static final int CHECKSUM = 9;
    private static final byte[] OEM_ID = ascii("JVISOR");
    private static final byte[] OEM_TABLE_ID = ascii("JVISORPC");

    private SystemTable() {}

    /**
     * Puts a header before a table's contents.
     *
     * @param signature four characters
     * @param contents what follows the header
     */
    static byte[] of(String signature, int revision, byte[] contents) {
        ByteBuffer out =
                ByteBuffer.allocate(HEADER + contents.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(ascii(signature)).putInt(out.capacity()).put((byte) revision).put((byte) 0);
        out.put(OEM_ID).put(OEM_TABLE_ID).putInt(1).put(ascii("JVSR")).putInt(1).put(contents);
        byte[] table = out.array();
        table[CHECKSUM] = checksum(table, 0, table.length);
        return table;
    }

    /** The byte that, put where a zero is now, makes all bytes of the range sum to zero. */
    static byte checksum(byte[] bytes, int offset, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes[offset + i];
        }
        return (byte) -sum;
    }

    static byte[] oemId() {
        return OEM_ID.clone();
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
