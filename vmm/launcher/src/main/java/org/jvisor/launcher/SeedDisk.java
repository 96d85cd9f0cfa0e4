package org.jvisor.launcher;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A disk for cloud-init's NoCloud source: an ISO 9660 volume (ECMA-119) called CIDATA with a few
 * files in its root. The names are in the plain tree as cloud-init's documentation has genisoimage
 * write them (the kernel shows them in lower case) and in a Joliet tree as they are.
 */
final class SeedDisk {
    private static final int SECTOR = 2048;
    private static final String LABEL = "CIDATA";

    /** Sectors: 16 unused, two volume descriptors and their end, four path tables, two roots. */
    private static final int DESCRIPTORS = 16;

    private static final int PATH_TABLES = 19;
    private static final int PLAIN_ROOT = 23;
    private static final int JOLIET_ROOT = 24;
    private static final int FILES = 25;

    private final Map<String, byte[]> files = new TreeMap<>();

    /** Adds a file. */
    SeedDisk file(String name, byte[] content) {
        files.put(name, content);
        return this;
    }

    /** The whole volume. */
    byte[] build() {
        int sectors = FILES;
        for (byte[] content : files.values()) {
            sectors += sectors(content);
        }
        ByteBuffer disk = ByteBuffer.allocate(sectors * SECTOR);
        descriptor(disk, DESCRIPTORS, false, sectors);
        descriptor(disk, DESCRIPTORS + 1, true, sectors);
        ByteBuffer end = at(disk, DESCRIPTORS + 2);
        end.put((byte) 255).put(ascii("CD001")).put((byte) 1);
        for (boolean joliet : List.of(false, true)) {
            int table = PATH_TABLES + (joliet ? 2 : 0);
            int root = joliet ? JOLIET_ROOT : PLAIN_ROOT;
            // ECMA-119 §9.4: length of the name, attributes, where it is, number of the parent,
            // name.
            for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
                ByteBuffer path = at(disk, table++).order(order);
                path.put((byte) 1).put((byte) 0).putInt(root).putShort((short) 1);
            }
            root(at(disk, root), root, joliet);
        }
        int sector = FILES;
        for (byte[] content : files.values()) {
            at(disk, sector).put(content);
            sector += sectors(content);
        }
        return disk.array();
    }

    private static int sectors(byte[] content) {
        return (content.length + SECTOR - 1) / SECTOR;
    }

    private static ByteBuffer at(ByteBuffer disk, int sector) {
        int start = sector * SECTOR;
        return disk.duplicate().position(start).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** ECMA-119 §8.4 and §8.5; offsets are the standard's byte positions less one. */
    private void descriptor(ByteBuffer disk, int sector, boolean joliet, int sectors) {
        ByteBuffer whole = at(disk, sector).slice().order(ByteOrder.LITTLE_ENDIAN);
        whole.put(0, (byte) (joliet ? 2 : 1)).put(1, ascii("CD001")).put(6, (byte) 1);
        text(whole, 8, 32, "", joliet);
        text(whole, 40, 32, LABEL, joliet);
        both(whole, 80, sectors);
        if (joliet) {
            // UCS-2 level 3.
            whole.put(88, ascii("%/E"));
        }
        bothShort(whole, 120, 1);
        bothShort(whole, 124, 1);
        bothShort(whole, 128, SECTOR);
        both(whole, 132, 10);
        int table = PATH_TABLES + (joliet ? 2 : 0);
        whole.putInt(140, table);
        whole.putInt(148, Integer.reverseBytes(table + 1));
        int root = joliet ? JOLIET_ROOT : PLAIN_ROOT;
        whole.position(156);
        entry(whole, new byte[] {0}, root, SECTOR, true);
        for (int field : new int[] {190, 318, 446, 574}) {
            text(whole, field, 128, "", joliet);
        }
        text(whole, 702, 111, "", joliet);
        for (int date : new int[] {813, 830, 847, 864}) {
            // No date: sixteen digits of zero and a zero byte.
            whole.put(date, ascii("0".repeat(16)));
        }
        whole.put(881, (byte) 1);
    }

    private void root(ByteBuffer at, int root, boolean joliet) {
        entry(at, new byte[] {0}, root, SECTOR, true);
        entry(at, new byte[] {1}, root, SECTOR, true);
        int sector = FILES;
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] name =
                    joliet
                            ? file.getKey().getBytes(StandardCharsets.UTF_16BE)
                            : ascii(file.getKey().toUpperCase(Locale.ROOT) + ".;1");
            entry(at, name, sector, file.getValue().length, false);
            sector += sectors(file.getValue());
        }
    }

    /** A directory record (ECMA-119 §9.1), of an even length. */
    private static void entry(ByteBuffer at, byte[] name, int sector, int size, boolean folder) {
        int length = 33 + name.length + (name.length + 1) % 2;
        ByteBuffer whole = at.slice().order(ByteOrder.LITTLE_ENDIAN);
        whole.put(0, (byte) length);
        both(whole, 2, sector);
        both(whole, 10, size);
        // Made on the first of January 1980, so that the same data make the same disk.
        whole.put(18, new byte[] {80, 1, 1, 0, 0, 0, 0});
        whole.put(25, (byte) (folder ? 2 : 0));
        bothShort(whole, 28, 1);
        whole.put(32, (byte) name.length).put(33, name);
        at.position(at.position() + length);
    }

    /** A number in both byte orders (ECMA-119 §7.3.3). */
    private static void both(ByteBuffer at, int offset, int value) {
        at.putInt(offset, value).putInt(offset + 4, Integer.reverseBytes(value));
    }

    private static void bothShort(ByteBuffer at, int offset, int value) {
        at.putShort(offset, (short) value).putShort(offset + 2, Short.reverseBytes((short) value));
    }

    private static void text(ByteBuffer at, int offset, int length, String text, boolean joliet) {
        byte[] field = new byte[length];
        byte[] blank = joliet ? new byte[] {0, ' '} : new byte[] {' '};
        for (int i = 0; i + blank.length <= length; i += blank.length) {
            System.arraycopy(blank, 0, field, i, blank.length);
        }
        byte[] bytes = joliet ? text.getBytes(StandardCharsets.UTF_16BE) : ascii(text);
        System.arraycopy(bytes, 0, field, 0, bytes.length);
        at.put(offset, field);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
