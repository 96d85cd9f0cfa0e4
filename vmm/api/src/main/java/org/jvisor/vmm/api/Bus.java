package org.jvisor.vmm.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.jfr.FlightRecorder;

/**
 * An address space of {@link IoRegion}s: one for port I/O, one for MMIO. Look-up is a binary search
 * over an immutable snapshot: no lock and no allocation, so vCPUs may access it while another
 * thread maps or unmaps. An access that no region claims whole reads as all ones and writes
 * nothing, as on a PC's bus.
 */
public final class Bus {
    /** Parallel arrays by ascending base; never changed once published. */
    private static final class Map {
        final long[] bases;
        final long[] ends;
        final IoRegion[] regions;

        Map(long[] bases, long[] ends, IoRegion[] regions) {
            this.bases = bases;
            this.ends = ends;
            this.regions = regions;
        }
    }

    /** How many accesses {@link #lastAccesses} remembers: a power of two. */
    private static final int TRACE = 16;

    private final String name;

    /** The latest accesses, for reports; written without a lock, so a torn entry is possible. */
    private final long[] traceAddress = new long[TRACE];

    private final long[] traceValue = new long[TRACE];

    /** Size in bytes, negative for a write. */
    private final byte[] traceSize = new byte[TRACE];

    private int traceNext;
    private volatile Map map = new Map(new long[0], new long[0], new IoRegion[0]);

    /**
     * Makes an empty bus.
     *
     * @param name for error messages, such as {@code "port I/O"}
     */
    public Bus(String name) {
        this.name = name;
    }

    /**
     * Adds a region.
     *
     * @param base its first address, not negative
     * @param length its length in bytes, at least 1
     * @throws IllegalArgumentException if it would overlap another region or leave the address
     *     space
     */
    public void map(long base, long length, IoRegion region) {
        if (base < 0 || length < 1 || base + length < 0) {
            throw new IllegalArgumentException(
                    "%s region %#x + %#x is outside the bus".formatted(name, base, length));
        }
        if (!tryMap(base, length, region)) {
            throw new IllegalArgumentException(
                    "%s region %#x + %#x overlaps another".formatted(name, base, length));
        }
    }

    /**
     * Adds a region where it fits.
     *
     * @param base its first address
     * @param length its length in bytes
     * @return false if it would overlap another region or leave the address space: nothing changed
     */
    public synchronized boolean tryMap(long base, long length, IoRegion region) {
        if (base < 0 || length < 1 || base + length < 0) {
            return false;
        }
        Map old = map;
        int at = 0;
        while (at < old.bases.length && old.bases[at] < base) {
            at++;
        }
        if ((at > 0 && old.ends[at - 1] > base)
                || (at < old.bases.length && old.bases[at] < base + length)) {
            return false;
        }
        map =
                new Map(
                        insert(old.bases, at, base),
                        insert(old.ends, at, base + length),
                        insert(old.regions, at, region));
        return true;
    }

    /**
     * Removes the region that starts at {@code base}; nothing happens when there is none.
     *
     * @param base the first address given to {@link #map}
     */
    public synchronized void unmap(long base) {
        Map old = map;
        int at = Arrays.binarySearch(old.bases, base);
        if (at >= 0) {
            map = new Map(remove(old.bases, at), remove(old.ends, at), remove(old.regions, at));
        }
    }

    /**
     * Whether a region claims all of the bytes.
     *
     * @param address first address
     * @param size bytes, 1 or more
     */
    public boolean claims(long address, int size) {
        Map m = map;
        return find(m, address, size) >= 0;
    }

    /**
     * Reads from the region that holds {@code address}.
     *
     * @param size 1, 2, 4 or 8 bytes
     * @return the value, zero-extended from {@code size} bytes; all ones where nothing answers
     */
    public long read(long address, int size) {
        Map m = map;
        int at = find(m, address, size);
        long mask = size == 8 ? -1L : (1L << (size * 8)) - 1;
        DeviceAccess event = FlightRecorder.isInitialized() ? DeviceAccess.started() : null;
        long value = at < 0 ? mask : m.regions[at].read(address - m.bases[at], size) & mask;
        if (event != null) {
            event.ended(name, address, size, false, value);
        }
        trace(address, size, value);
        return value;
    }

    /**
     * Writes to the region that holds {@code address}.
     *
     * @param size 1, 2, 4 or 8 bytes
     * @param value the value; bytes above {@code size} are dropped
     */
    public void write(long address, int size, long value) {
        trace(address, -size, value);
        Map m = map;
        int at = find(m, address, size);
        if (at >= 0) {
            long mask = size == 8 ? -1L : (1L << (size * 8)) - 1;
            DeviceAccess event = FlightRecorder.isInitialized() ? DeviceAccess.started() : null;
            m.regions[at].write(address - m.bases[at], size, value & mask);
            if (event != null) {
                event.ended(name, address, size, true, value & mask);
            }
        }
    }

    /**
     * The latest accesses, oldest first, a line of text each: for crash reports. Approximate while
     * vCPUs run.
     */
    public List<String> lastAccesses() {
        List<String> lines = new ArrayList<>();
        int next = traceNext;
        for (int i = 0; i < TRACE; i++) {
            int at = (next + i) & (TRACE - 1);
            int size = traceSize[at];
            if (size != 0) {
                lines.add(
                        "%s %s %#x, %d bytes: %#x"
                                .formatted(
                                        name,
                                        size < 0 ? "write" : "read",
                                        traceAddress[at],
                                        Math.abs(size),
                                        traceValue[at]));
            }
        }
        return lines;
    }

    private void trace(long address, int signedSize, long value) {
        int at = traceNext++ & (TRACE - 1);
        traceAddress[at] = address;
        traceValue[at] = value;
        traceSize[at] = (byte) signedSize;
    }

    private static int find(Map m, long address, int size) {
        long[] bases = m.bases;
        int low = 0;
        int high = bases.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (bases[middle] <= address) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high >= 0 && address <= m.ends[high] - size ? high : -1;
    }

    private static long[] insert(long[] a, int at, long value) {
        long[] b = Arrays.copyOf(a, a.length + 1);
        System.arraycopy(a, at, b, at + 1, a.length - at);
        b[at] = value;
        return b;
    }

    private static IoRegion[] insert(IoRegion[] a, int at, IoRegion value) {
        IoRegion[] b = Arrays.copyOf(a, a.length + 1);
        System.arraycopy(a, at, b, at + 1, a.length - at);
        b[at] = value;
        return b;
    }

    private static long[] remove(long[] a, int at) {
        long[] b = Arrays.copyOf(a, a.length - 1);
        System.arraycopy(a, at + 1, b, at, b.length - at);
        return b;
    }

    private static IoRegion[] remove(IoRegion[] a, int at) {
        IoRegion[] b = Arrays.copyOf(a, a.length - 1);
        System.arraycopy(a, at + 1, b, at, b.length - at);
        return b;
    }
}
