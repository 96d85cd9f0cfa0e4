package org.jvisor.virtio.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.IoVector;
import org.jvisor.vmm.api.GuestMemory;

/**
 * A descriptor chain: the buffers of one request, first those the device reads, then those it
 * writes. Every range was checked to be RAM. Reusable: {@link Virtqueue#take} fills it, {@link
 * Virtqueue#put} returns it. Used by one thread at a time.
 *
 * <p>The small accessors count offsets over the buffers of one direction as if they were one, as a
 * device must not depend on how the driver divides a request (virtio 1.2 §2.6.4). Values are
 * little-endian. What they write is reported to the guest's memory at once; what a back end writes
 * through {@link #writable} is reported by {@link Virtqueue#put}.
 */
public final class Chain implements AutoCloseable {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Ranges of a chain for which there is room at first. */
    private static final int FEW = 8;

    private final IoVector readable = new IoVector(FEW);
    private final IoVector writable = new IoVector(FEW);

    /** The most bytes in a chain (virtio 1.2 §2.7.5). */
    private static final long LIMIT = 1L << 32;

    /** The ranges by guest-physical address, each within one region; the readable ones first. */
    private long[] addresses = new long[FEW];

    private long[] lengths = new long[FEW];
    private int count;
    private int readableCount;
    private long total;
    private @Nullable GuestMemory memory;

    /** What the used ring calls the chain: the head's index, or the buffer ID of a packed ring. */
    private int id;

    /** Descriptors it takes up in a packed ring; 1 in a split ring. */
    private int slots;

    /** Makes an empty chain. */
    public Chain() {}

    // ---- For the rings

    void begin(GuestMemory memory) {
        this.memory = memory;
        readable.clear();
        writable.clear();
        count = 0;
        readableCount = 0;
        total = 0;
    }

    /**
     * Adds a buffer; one that crosses regions of memory becomes several ranges.
     *
     * @return null, or what is wrong with it
     */
    @Nullable String add(GuestMemory memory, long address, long length, boolean write) {
        total += length;
        if (total > LIMIT) {
            return "makes the chain longer than 4 GiB";
        }
        if (!write && readableCount < count) {
            return "is readable and follows a writable one";
        }
        long left = length;
        long at = address;
        while (left > 0) {
            GuestMemory.Region region = memory.find(at);
            if (region == null) {
                return "is not RAM";
            }
            if (write && region.readOnly()) {
                return "is ROM and cannot be written";
            }
            long here = Math.min(left, region.end() - at);
            append(at, here);
            long host = region.segment().address() + (at - region.base());
            if (write) {
                writable.add(host, here);
            } else {
                readable.add(host, here);
                readableCount++;
            }
            at += here;
            left -= here;
        }
        return null;
    }

    private void append(long address, long length) {
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        addresses[count] = address;
        lengths[count++] = length;
    }

    void identify(int id, int slots) {
        this.id = id;
        this.slots = slots;
    }

    int id() {
        return id;
    }

    int slots() {
        return slots;
    }

    /** Reports the first {@code written} bytes of the writable part as written. */
    void reportWritten(long written) {
        GuestMemory guest = memory;
        long left = written;
        for (int i = readableCount; i < count && left > 0 && guest != null; i++) {
            long here = Math.min(left, lengths[i]);
            guest.written(addresses[i], here);
            left -= here;
        }
    }

    // ---- For devices

    /** The buffers the device reads, as host memory. Valid while the chain is in flight. */
    public IoVector readable() {
        return readable;
    }

    /** The buffers the device writes, as host memory. Valid while the chain is in flight. */
    public IoVector writable() {
        return writable;
    }

    /** The number of ranges, the readable ones first. */
    public int ranges() {
        return count;
    }

    /** The number of readable ranges. */
    public int readableRanges() {
        return readableCount;
    }

    /** The guest-physical address of a range. */
    public long guestAddress(int range) {
        return addresses[range];
    }

    /** The length of a range in bytes, at least 1. */
    public long guestLength(int range) {
        return lengths[range];
    }

    /**
     * Reads an unsigned byte of the readable part.
     *
     * @throws IndexOutOfBoundsException if {@code offset} lies beyond it
     */
    public int readByte(long offset) {
        return (int) get(offset, 1);
    }

    /** Reads an unsigned 16-bit value of the readable part; otherwise as {@link #readByte}. */
    public int readShort(long offset) {
        return (int) get(offset, 2);
    }

    /** Reads a 32-bit value of the readable part; otherwise as {@link #readByte}. */
    public int readInt(long offset) {
        return (int) get(offset, 4);
    }

    /** Reads a 64-bit value of the readable part; otherwise as {@link #readByte}. */
    public long readLong(long offset) {
        return get(offset, 8);
    }

    /**
     * Copies from the readable part.
     *
     * @param offset bytes from its start
     * @param target filled whole
     * @throws IndexOutOfBoundsException if the readable part ends before that
     */
    public void read(long offset, MemorySegment target) {
        read(offset, target, 0, target.byteSize());
    }

    /**
     * Copies from the readable part to a part of {@code target}; allocates nothing.
     *
     * @param offset bytes from the start of the readable part
     * @param target filled from {@code at} on
     * @param at an offset in {@code target}
     * @param length bytes
     * @throws IndexOutOfBoundsException if the readable part or {@code target} ends before that
     */
    public void read(long offset, MemorySegment target, long at, long length) {
        transfer(0, readableCount, offset, target, at, length, false);
    }

    /**
     * Writes a byte of the writable part.
     *
     * @throws IndexOutOfBoundsException if {@code offset} lies beyond it
     */
    public void writeByte(long offset, int value) {
        set(offset, 1, value);
    }

    /** Writes 16 bits of the writable part; otherwise as {@link #writeByte}. */
    public void writeShort(long offset, int value) {
        set(offset, 2, value);
    }

    /** Writes 32 bits of the writable part; otherwise as {@link #writeByte}. */
    public void writeInt(long offset, int value) {
        set(offset, 4, value);
    }

    /** Writes 64 bits of the writable part; otherwise as {@link #writeByte}. */
    public void writeLong(long offset, long value) {
        set(offset, 8, value);
    }

    /**
     * Copies to the writable part.
     *
     * @param offset bytes from its start
     * @param source copied whole
     * @throws IndexOutOfBoundsException if the writable part ends before that
     */
    public void write(long offset, MemorySegment source) {
        write(offset, source, 0, source.byteSize());
    }

    /**
     * Copies a part of {@code source} to the writable part; allocates nothing.
     *
     * @param offset bytes from the start of the writable part
     * @param source read from {@code at} on
     * @param at an offset in {@code source}
     * @param length bytes
     * @throws IndexOutOfBoundsException if the writable part or {@code source} ends before that
     */
    public void write(long offset, MemorySegment source, long at, long length) {
        transfer(readableCount, count, offset, source, at, length, true);
    }

    /** Frees the native memory; the chain must not be used any more. May be called twice. */
    @Override
    public void close() {
        memory = null;
        readable.close();
        writable.close();
    }

    // ---- Access

    private long get(long offset, int size) {
        long at = offset;
        for (int i = 0; i < readableCount && at >= 0; i++) {
            if (at < lengths[i]) {
                if (at + size <= lengths[i]) {
                    return load(addresses[i] + at, size);
                }
                break;
            }
            at -= lengths[i];
        }
        byte[] bytes = new byte[8]; // a value that the driver divided: rare
        read(offset, MemorySegment.ofArray(bytes).asSlice(0, size));
        return MemorySegment.ofArray(bytes).get(LONG, 0);
    }

    private void set(long offset, int size, long value) {
        long at = offset;
        for (int i = readableCount; i < count && at >= 0; i++) {
            if (at < lengths[i]) {
                if (at + size <= lengths[i]) {
                    store(addresses[i] + at, size, value);
                    return;
                }
                break;
            }
            at -= lengths[i];
        }
        byte[] bytes = new byte[8];
        MemorySegment segment = MemorySegment.ofArray(bytes);
        segment.set(LONG, 0, value);
        write(offset, segment.asSlice(0, size));
    }

    private void store(long address, int size, long value) {
        GuestMemory.Region region = region(address);
        MemorySegment segment = region.segment();
        long at = address - region.base();
        switch (size) {
            case 1 -> segment.set(ValueLayout.JAVA_BYTE, at, (byte) value);
            case 2 -> segment.set(SHORT, at, (short) value);
            case 4 -> segment.set(INT, at, (int) value);
            default -> segment.set(LONG, at, value);
        }
        guest().written(address, size);
    }

    private long load(long address, int size) {
        GuestMemory.Region region = region(address);
        MemorySegment segment = region.segment();
        long at = address - region.base();
        return switch (size) {
            case 1 -> segment.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
            case 2 -> segment.get(SHORT, at) & 0xffffL;
            case 4 -> segment.get(INT, at) & 0xffff_ffffL;
            default -> segment.get(LONG, at);
        };
    }

    private void transfer(
            int from,
            int to,
            long offset,
            MemorySegment segment,
            long segmentOffset,
            long size,
            boolean write) {
        long at = offset;
        long done = 0;
        for (int i = from; i < to && done < size && at >= 0; i++) {
            if (at >= lengths[i]) {
                at -= lengths[i];
                continue;
            }
            long here = Math.min(size - done, lengths[i] - at);
            long address = addresses[i] + at;
            GuestMemory.Region region = region(address);
            long start = address - region.base();
            if (write) {
                MemorySegment.copy(segment, segmentOffset + done, region.segment(), start, here);
                guest().written(address, here);
            } else {
                MemorySegment.copy(region.segment(), start, segment, segmentOffset + done, here);
            }
            done += here;
            at = 0;
        }
        if (done < size) {
            throw new IndexOutOfBoundsException(
                    "%d bytes at %d lie outside the %s part of the chain"
                            .formatted(size, offset, write ? "writable" : "readable"));
        }
    }

    private GuestMemory.Region region(long address) {
        GuestMemory.Region region = guest().find(address);
        if (region == null) {
            throw new IllegalStateException("checked guest memory went away");
        }
        return region;
    }

    private GuestMemory guest() {
        GuestMemory guest = memory;
        if (guest == null) {
            throw new IndexOutOfBoundsException("the chain was never filled");
        }
        return guest;
    }
}
