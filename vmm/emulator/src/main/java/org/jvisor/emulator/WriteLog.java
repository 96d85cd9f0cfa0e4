package org.jvisor.emulator;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Writes to guest memory in their order, with what was there before: to undo and compare them. */
final class WriteLog {
    private long[] hosts = new long[64];
    private long[] olds = new long[64];
    private long[] news = new long[64];
    private byte[] sizes = new byte[64];
    private int count;

    void clear() {
        count = 0;
    }

    /** Notes a write of 1, 2, 4 or 8 bytes at a host address; before it is made. */
    void add(long host, int size, long value) {
        if (count == hosts.length) {
            hosts = Arrays.copyOf(hosts, 2 * count);
            olds = Arrays.copyOf(olds, 2 * count);
            news = Arrays.copyOf(news, 2 * count);
            sizes = Arrays.copyOf(sizes, 2 * count);
        }
        hosts[count] = host;
        olds[count] = MmuSlow.hostRead(host, size);
        news[count] = size == 8 ? value : value & (1L << 8 * size) - 1;
        sizes[count++] = (byte) size;
    }

    /** Puts back what was there before the first write. */
    void undo() {
        for (int i = count - 1; i >= 0; i--) {
            MmuSlow.hostWrite(hosts[i], sizes[i], olds[i]);
        }
    }

    /** Whether another run wrote the same in the same order. */
    boolean isSame(WriteLog other) {
        return count == other.count
                && Arrays.equals(hosts, 0, count, other.hosts, 0, count)
                && Arrays.equals(news, 0, count, other.news, 0, count)
                && Arrays.equals(sizes, 0, count, other.sizes, 0, count);
    }

    /**
     * Compares the memory that two runs from the same state leave; this one's writes are undone.
     *
     * @return what differs, or an empty text
     */
    String difference(WriteLog other, PhysMemory memory) {
        if (isSame(other)) {
            return "";
        }
        Map<Long, Integer> mine = bytes();
        Map<Long, Integer> others = other.bytes();
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Long, Integer> e : mine.entrySet()) {
            long host = e.getKey();
            // not written by the other: still, or again, as it was
            int right = others.getOrDefault(host, PhysMemory.ALL.get(PhysMemory.BYTE, host) & 0xff);
            if (right != e.getValue()) {
                text.append(line(memory, host, e.getValue(), right));
            }
        }
        Map<Long, Integer> before = other.bytesBefore();
        for (Map.Entry<Long, Integer> e : others.entrySet()) {
            long host = e.getKey();
            Integer was = before.get(host);
            if (!mine.containsKey(host) && was != null && !was.equals(e.getValue())) {
                text.append(line(memory, host, was, e.getValue()));
            }
        }
        return text.toString();
    }

    private static String line(PhysMemory memory, long host, int wrong, int right) {
        return "  byte at physical %#x is %#x, should be %#x%n"
                .formatted(memory.physical(host), wrong, right);
    }

    /** What its writes leave, by host address. */
    private Map<Long, Integer> bytes() {
        Map<Long, Integer> bytes = new HashMap<>();
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < sizes[i]; k++) {
                bytes.put(hosts[i] + k, (int) (news[i] >>> 8 * k) & 0xff);
            }
        }
        return bytes;
    }

    /** What was there before, by host address. */
    private Map<Long, Integer> bytesBefore() {
        Map<Long, Integer> bytes = new HashMap<>();
        for (int i = count - 1; i >= 0; i--) {
            for (int k = 0; k < sizes[i]; k++) {
                bytes.put(hosts[i] + k, (int) (olds[i] >>> 8 * k) & 0xff);
            }
        }
        return bytes;
    }
}
