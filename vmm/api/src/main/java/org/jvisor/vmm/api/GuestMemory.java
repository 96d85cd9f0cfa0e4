package org.jvisor.vmm.api;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Guest-physical RAM and ROM: page-aligned regions, each backed by one host mapping. Devices get
 * bounds-checked slices; accelerators get host addresses. Multi-byte values are little-endian and
 * may be unaligned. Everything may be called from any thread; ordering between guest and device
 * accesses is the caller's business (fences, or the queue's index accesses).
 *
 * <p>A device that writes guest memory calls {@link #written} afterwards (the {@code write} methods
 * here do), so that translated code and dirty tracking hear of it.
 */
public final class GuestMemory {
    /** Bytes in a page. */
    public static final int PAGE_SIZE = 4096;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Region[] regions;
    private final List<WriteListener> listeners = new CopyOnWriteArrayList<>();

    /**
     * One contiguous run of guest-physical memory.
     *
     * @param base guest-physical address, a multiple of {@link #PAGE_SIZE}
     * @param segment its backing, a native segment of a multiple of {@link #PAGE_SIZE} bytes
     * @param readOnly true for ROM: guest writes are dropped; the host may still fill it
     */
    public record Region(long base, MemorySegment segment, boolean readOnly) {
        /** Checks alignment. */
        public Region {
            if (base < 0
                    || base % PAGE_SIZE != 0
                    || segment.byteSize() == 0
                    || segment.byteSize() % PAGE_SIZE != 0
                    || base + segment.byteSize() < 0) {
                throw new IllegalArgumentException(
                        "memory region %#x + %#x is not made of whole pages"
                                .formatted(base, segment.byteSize()));
            }
        }

        /** The guest-physical address one past the last byte. */
        public long end() {
            return base + segment.byteSize();
        }
    }

    /** Told of writes to guest memory that the guest's CPUs did not make. */
    @FunctionalInterface
    public interface WriteListener {
        /**
         * Bytes were written. Called on the writer's thread.
         *
         * @param address guest-physical
         * @param length bytes, at least 1
         */
        void written(long address, long length);
    }

    /**
     * Makes the memory of one machine.
     *
     * @param regions in any order
     * @throws IllegalArgumentException if two overlap
     */
    public GuestMemory(List<Region> regions) {
        this.regions = regions.toArray(Region[]::new);
        Arrays.sort(this.regions, Comparator.comparingLong(Region::base));
        for (int i = 1; i < this.regions.length; i++) {
            if (this.regions[i - 1].end() > this.regions[i].base()) {
                throw new IllegalArgumentException(
                        "memory regions overlap at %#x".formatted(this.regions[i].base()));
            }
        }
    }

    /** The regions by ascending base. */
    public List<Region> regions() {
        return List.of(regions);
    }

    /** Bytes of writable RAM. */
    public long ramSize() {
        long size = 0;
        for (Region region : regions) {
            size += region.readOnly() ? 0 : region.segment().byteSize();
        }
        return size;
    }

    /** The region that holds {@code address}, or null. */
    public @org.jspecify.annotations.Nullable Region find(long address) {
        for (Region region : regions) {
            if (address >= region.base() && address < region.end()) {
                return region;
            }
        }
        return null;
    }

    /** Whether all {@code length} bytes at {@code address} lie in one region. */
    public boolean contains(long address, long length) {
        Region region = find(address);
        return region != null && length >= 0 && length <= region.end() - address;
    }

    /**
     * A bounds-checked view of guest memory.
     *
     * @param address guest-physical
     * @param length bytes, 0 or more; the range must lie in one region
     * @throws GuestMemoryException if it does not
     */
    public MemorySegment slice(long address, long length) {
        Region region = find(address);
        if (region == null || length < 0 || length > region.end() - address) {
            throw new GuestMemoryException(address, length);
        }
        return region.segment().asSlice(address - region.base(), length);
    }

    /**
     * The host address of a guest-physical address, for accelerators only.
     *
     * @throws GuestMemoryException if {@code address} is not memory
     */
    public long hostAddress(long address) {
        Region region = find(address);
        if (region == null) {
            throw new GuestMemoryException(address, 1);
        }
        return region.segment().address() + (address - region.base());
    }

    /** Adds a listener, told of every later {@link #written}. */
    public void addWriteListener(WriteListener listener) {
        listeners.add(listener);
    }

    /**
     * Says that a device wrote guest memory through a slice.
     *
     * @param address guest-physical
     * @param length bytes; 0 says nothing
     */
    public void written(long address, long length) {
        if (length > 0) {
            for (WriteListener listener : listeners) {
                listener.written(address, length);
            }
        }
    }

    /** Reads an unsigned byte. */
    public int readByte(long address) {
        return Byte.toUnsignedInt(slice(address, 1).get(ValueLayout.JAVA_BYTE, 0));
    }

    /** Reads an unsigned 16-bit value. */
    public int readShort(long address) {
        return Short.toUnsignedInt(slice(address, 2).get(SHORT, 0));
    }

    /** Reads a 32-bit value. */
    public int readInt(long address) {
        return slice(address, 4).get(INT, 0);
    }

    /** Reads a 64-bit value. */
    public long readLong(long address) {
        return slice(address, 8).get(LONG, 0);
    }

    /** Reads bytes. */
    public byte[] read(long address, int length) {
        return slice(address, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Writes the low 8 bits of {@code value}. */
    public void writeByte(long address, int value) {
        slice(address, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) value);
        written(address, 1);
    }

    /** Writes the low 16 bits of {@code value}. */
    public void writeShort(long address, int value) {
        slice(address, 2).set(SHORT, 0, (short) value);
        written(address, 2);
    }

    /** Writes 32 bits. */
    public void writeInt(long address, int value) {
        slice(address, 4).set(INT, 0, value);
        written(address, 4);
    }

    /** Writes 64 bits. */
    public void writeLong(long address, long value) {
        slice(address, 8).set(LONG, 0, value);
        written(address, 8);
    }

    /** Writes bytes. */
    public void write(long address, byte[] bytes) {
        write(address, MemorySegment.ofArray(bytes));
    }

    /** Copies all of {@code source} to {@code address}. */
    public void write(long address, MemorySegment source) {
        slice(address, source.byteSize()).copyFrom(source);
        written(address, source.byteSize());
    }
}
