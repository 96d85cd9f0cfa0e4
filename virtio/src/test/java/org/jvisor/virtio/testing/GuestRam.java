package org.jvisor.virtio.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jvisor.vmm.api.GuestMemory;

/**
 * The memory of a test's guest: RAM from {@link #BASE}, a page of ROM behind it, nothing elsewhere.
 * Records which bytes a device said it wrote.
 */
public final class GuestRam {
    /** The first address of RAM; below it there is none. */
    public static final long BASE = 0x10_0000;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int size;
    private final GuestMemory memory;
    private final BitSet written = new BitSet();
    private final List<Long> free = new ArrayList<>();
    private long next = BASE;

    /**
     * Makes RAM full of zeros.
     *
     * @param size bytes, a multiple of 8192
     */
    public GuestRam(int size) {
        this.size = size;
        Arena arena = Arena.ofAuto();
        // Two regions that touch, so that buffers cross from one to the other.
        int half = size / 2;
        memory =
                new GuestMemory(
                        List.of(
                                new GuestMemory.Region(BASE, arena.allocate(half, 4096), false),
                                new GuestMemory.Region(
                                        BASE + half, arena.allocate(half, 4096), false),
                                new GuestMemory.Region(
                                        BASE + size, arena.allocate(4096, 4096), true)));
        memory.addWriteListener(
                (address, length) -> {
                    synchronized (written) {
                        int at = (int) (address - BASE);
                        written.set(at, at + (int) length);
                    }
                });
    }

    /** Bytes that were not set aside. */
    public synchronized int left() {
        return (int) (end() - next);
    }

    /** The memory as devices see it. */
    public GuestMemory memory() {
        return memory;
    }

    /** Bytes of RAM. */
    public int size() {
        return size;
    }

    /** The address after the last byte of RAM, where ROM is. */
    public long end() {
        return BASE + size;
    }

    /** Sets memory aside, within one region, and fills it with zeros. */
    public synchronized long allocate(int bytes, int alignment) {
        long at = next + alignment - 1 & -alignment;
        long middle = BASE + size / 2;
        if (at < middle && at + bytes > middle) {
            at = middle + alignment - 1 & -alignment;
        }
        if (at + bytes > end()) {
            throw new IllegalStateException("the test's RAM is full");
        }
        next = at + bytes;
        // A device may have written there for a driver that lied.
        memory.slice(at, bytes).fill((byte) 0);
        return at;
    }

    /** Has it be as it was made. */
    public synchronized void clear() {
        memory.slice(BASE, size / 2).fill((byte) 0);
        memory.slice(BASE + size / 2, size / 2).fill((byte) 0);
        memory.slice(end(), 4096).fill((byte) 0);
        free.clear();
        next = BASE;
        forgetWrites();
    }

    /** Sets a page aside that {@link #freePage} may have given back. */
    public synchronized long page() {
        return free.isEmpty() ? allocate(4096, 4096) : free.removeLast();
    }

    /** Gives a page back. */
    public synchronized void freePage(long page) {
        free.add(page);
    }

    /** Sets memory aside and fills it. */
    public long place(byte[] bytes) {
        long at = allocate(Math.max(1, bytes.length), 16);
        memory.slice(at, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        return at;
    }

    /** Writes as a CPU does, which is not reported. */
    public void writeShort(long address, int value) {
        memory.slice(address, 2).set(SHORT, 0, (short) value);
    }

    /** Writes as a CPU does, which is not reported. */
    public void writeInt(long address, int value) {
        memory.slice(address, 4).set(INT, 0, value);
    }

    /** Writes as a CPU does, which is not reported. */
    public void writeLong(long address, long value) {
        memory.slice(address, 8).set(LONG, 0, value);
    }

    /** Whether a device said that it wrote all of these bytes since {@link #forgetWrites}. */
    public boolean reported(long address, int length) {
        synchronized (written) {
            int at = (int) (address - BASE);
            return written.nextClearBit(at) >= at + length;
        }
    }

    /** Forgets what was written so far. */
    public void forgetWrites() {
        synchronized (written) {
            written.clear();
        }
    }

    /**
     * Whether the bytes that differ from {@code before} were all reported as written.
     *
     * @param before an earlier {@link #snapshot}
     */
    public boolean reportedAllSince(byte[] before) {
        byte[] now = snapshot();
        synchronized (written) {
            for (int i = 0; i < size; i++) {
                if (now[i] != before[i] && !written.get(i)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** All of RAM. */
    public byte[] snapshot() {
        byte[] low = memory.read(BASE, size / 2);
        byte[] all = Arrays.copyOf(low, size);
        System.arraycopy(memory.read(BASE + size / 2, size / 2), 0, all, size / 2, size / 2);
        return all;
    }
}
