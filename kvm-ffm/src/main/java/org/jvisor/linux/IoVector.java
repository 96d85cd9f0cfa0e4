package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.bindings.iovec;
import org.jvisor.linux.bindings.linux_h;

/**
 * A reusable list of ranges of this process's memory, kept as the {@code struct iovec[]} that
 * preadv(2) and its kin take as it is. Positions count through all ranges as if they were one.
 * Holds addresses only: who adds a range sees to it that the memory stays mapped while the list is
 * used. Allocates only where it must grow. Not thread-safe.
 */
public final class IoVector implements AutoCloseable {
    /** The most ranges that one system call takes (IOV_MAX). */
    static final int MOST_PER_CALL = 1024;

    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final long ENTRY = iovec.sizeof();
    private static final long BASE = iovec.iov_base$offset();
    private static final long LENGTH = iovec.iov_len$offset();
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private MemorySegment entries;
    private int count;
    private long length;

    /** What {@link #of} was given, so that the collector leaves it. */
    private @Nullable MemorySegment kept;

    /**
     * Makes an empty list.
     *
     * @param capacity how many ranges it takes before it must grow, 1 or more
     */
    public IoVector(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity " + capacity + " is not positive");
        }
        entries = iovec.allocateArray(capacity, Arena.ofAuto());
    }

    /** Makes a list of one range: all of a native segment, which lives as long as the list. */
    public static IoVector of(MemorySegment range) {
        IoVector vector = new IoVector(1);
        vector.add(range);
        vector.kept = range;
        return vector;
    }

    /** Forgets all ranges. */
    public void clear() {
        count = 0;
        length = 0;
    }

    /**
     * Adds all of a native segment at the end.
     *
     * @throws IllegalArgumentException if the segment is on the heap
     */
    public void add(MemorySegment range) {
        if (!range.isNative()) {
            throw new IllegalArgumentException("the range is on the heap: " + range);
        }
        add(range.address(), range.byteSize());
    }

    /**
     * Adds a range at the end.
     *
     * @param hostAddress where it starts
     * @param bytes its length; a range of 0 bytes adds nothing
     * @throws IllegalArgumentException if {@code bytes} is negative
     * @throws ArithmeticException if the total length overflows
     */
    public void add(long hostAddress, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a range of " + bytes + " bytes");
        }
        if (bytes == 0) {
            return;
        }
        long total = Math.addExact(length, bytes);
        if ((count + 1) * ENTRY > entries.byteSize()) {
            grow();
        }
        entries.set(ValueLayout.JAVA_LONG, count * ENTRY + BASE, hostAddress);
        entries.set(ValueLayout.JAVA_LONG, count * ENTRY + LENGTH, bytes);
        count++;
        length = total;
    }

    /**
     * Adds a part of another list at the end.
     *
     * @param from position in {@code source}, in bytes
     * @param bytes the part's length
     * @throws IndexOutOfBoundsException if {@code source} has no such part
     */
    public void add(IoVector source, long from, long bytes) {
        Objects.checkFromIndexSize(from, bytes, source.length);
        long skip = from;
        long left = bytes;
        for (int i = 0; left > 0; i++) {
            long size = source.length(i);
            if (skip < size) {
                long part = Math.min(left, size - skip);
                add(source.address(i) + skip, part);
                left -= part;
                skip = 0;
            } else {
                skip -= size;
            }
        }
    }

    /** How many ranges there are. */
    public int count() {
        return count;
    }

    /** How many bytes all ranges have. */
    public long length() {
        return length;
    }

    /** Where range {@code index} starts. */
    public long address(int index) {
        Objects.checkIndex(index, count);
        return entries.get(ValueLayout.JAVA_LONG, index * ENTRY + BASE);
    }

    /** How many bytes range {@code index} has. */
    public long length(int index) {
        Objects.checkIndex(index, count);
        return entries.get(ValueLayout.JAVA_LONG, index * ENTRY + LENGTH);
    }

    /**
     * Copies out of the ranges, as many bytes as {@code target} has.
     *
     * @param from position in bytes
     * @throws IndexOutOfBoundsException if there are not so many
     */
    public void copyTo(long from, MemorySegment target) {
        move(from, target.byteSize(), Move.OUT, target, (byte) 0);
    }

    /**
     * Copies all of {@code source} into the ranges.
     *
     * @param to position in bytes
     * @throws IndexOutOfBoundsException if there is no room
     */
    public void copyFrom(long to, MemorySegment source) {
        move(to, source.byteSize(), Move.IN, source, (byte) 0);
    }

    /**
     * Fills a part of the ranges with one value.
     *
     * @param from position in bytes
     * @param bytes the part's length
     * @throws IndexOutOfBoundsException if there is no such part
     */
    public void fill(long from, long bytes, byte value) {
        move(from, bytes, Move.FILL, MEMORY, value);
    }

    /** Whether all bytes of a part are zero. */
    public boolean isZero(long from, long bytes) {
        Objects.checkFromIndexSize(from, bytes, length);
        long skip = from;
        long left = bytes;
        for (int i = 0; left > 0; i++) {
            long size = length(i);
            if (skip < size) {
                long part = Math.min(left, size - skip);
                if (!isZero(MEMORY.asSlice(address(i) + skip, part))) {
                    return false;
                }
                left -= part;
                skip = 0;
            } else {
                skip -= size;
            }
        }
        return true;
    }

    /** The unsigned byte at position {@code from}. */
    public int getByte(long from) {
        return Byte.toUnsignedInt(MEMORY.get(ValueLayout.JAVA_BYTE, at(from, 1)));
    }

    /** Writes the low 8 bits of {@code value}. */
    public void setByte(long to, int value) {
        MEMORY.set(ValueLayout.JAVA_BYTE, at(to, 1), (byte) value);
    }

    /** The unsigned little-endian 16 bits at position {@code from}. */
    public int getShort(long from) {
        long address = at(from, 2);
        return address != 0
                ? Short.toUnsignedInt(MEMORY.get(SHORT, address))
                : getByte(from) | getByte(from + 1) << 8;
    }

    /** Writes the low 16 bits of {@code value}. */
    public void setShort(long to, int value) {
        long address = at(to, 2);
        if (address != 0) {
            MEMORY.set(SHORT, address, (short) value);
        } else {
            setByte(to, value);
            setByte(to + 1, value >>> 8);
        }
    }

    /** The little-endian 32 bits at position {@code from}. */
    public int getInt(long from) {
        long address = at(from, 4);
        return address != 0 ? MEMORY.get(INT, address) : getShort(from) | getShort(from + 2) << 16;
    }

    /** Writes 32 bits. */
    public void setInt(long to, int value) {
        long address = at(to, 4);
        if (address != 0) {
            MEMORY.set(INT, address, value);
        } else {
            setShort(to, value);
            setShort(to + 2, value >>> 16);
        }
    }

    /** The little-endian 64 bits at position {@code from}. */
    public long getLong(long from) {
        long address = at(from, 8);
        return address != 0
                ? MEMORY.get(LONG, address)
                : Integer.toUnsignedLong(getInt(from)) | (long) getInt(from + 4) << 32;
    }

    /** Writes 64 bits. */
    public void setLong(long to, long value) {
        long address = at(to, 8);
        if (address != 0) {
            MEMORY.set(LONG, address, value);
        } else {
            setInt(to, (int) value);
            setInt(to + 4, (int) (value >>> 32));
        }
    }

    /** Releases the list, not the ranges; nothing can be added afterwards. May be called twice. */
    @Override
    public void close() {
        clear();
        entries = MemorySegment.NULL;
        kept = null;
    }

    // ---- for the calls ----

    /** One system call over {@code count} {@code struct iovec}s; its result, or {@code -errno}. */
    @FunctionalInterface
    interface Call {
        long call(MemorySegment ranges, int count, long done);
    }

    /** The same without a position. */
    @FunctionalInterface
    interface StreamCall {
        long call(MemorySegment ranges, int count);
    }

    /** One call over a part of the list, again only after a signal; 0 for an empty part. */
    long once(long from, long bytes, StreamCall call) {
        Objects.checkFromIndexSize(from, bytes, length);
        if (bytes == 0) {
            return 0;
        }
        int index = 0;
        long skip = from;
        while (skip >= length(index)) {
            skip -= length(index++);
        }
        long result;
        do {
            result =
                    callOnce(
                            index,
                            skip,
                            bytes,
                            0,
                            (ranges, count, done) -> call.call(ranges, count));
        } while (result == -linux_h.EINTR());
        return result;
    }

    /**
     * Repeats a call over a part of the list until the part is done, the call fails, or it moves
     * nothing. Allocates only views.
     *
     * @return bytes moved, or {@code -errno} of the call that failed: bytes moved before are lost
     *     count of
     */
    long transfer(long from, long bytes, Call call) {
        Objects.checkFromIndexSize(from, bytes, length);
        long done = 0;
        int index = 0;
        long skip = from;
        while (done < bytes) {
            while (skip >= length(index)) {
                skip -= length(index++);
            }
            long result = callOnce(index, skip, bytes - done, done, call);
            if (result <= 0) {
                return result == 0 ? done : result;
            }
            done += result;
            skip += result;
        }
        return done;
    }

    /** Calls with the ranges from {@code index} on, trimmed in place and put back afterwards. */
    private long callOnce(int index, long skip, long bytes, long done, Call call) {
        long firstAddress = address(index);
        long firstLength = length(index);
        set(index, firstAddress + skip, firstLength - skip);
        int last = index;
        long sum = length(index);
        while (sum < bytes && last - index + 1 < MOST_PER_CALL) {
            sum += length(++last);
        }
        long lastLength = length(last);
        if (sum > bytes) {
            set(last, address(last), lastLength - (sum - bytes));
        }
        try {
            return call.call(entries.asSlice(index * ENTRY), last - index + 1, done);
        } finally {
            set(last, address(last), lastLength);
            set(index, firstAddress, firstLength);
            Reference.reachabilityFence(kept);
        }
    }

    private void set(int index, long address, long bytes) {
        entries.set(ValueLayout.JAVA_LONG, index * ENTRY + BASE, address);
        entries.set(ValueLayout.JAVA_LONG, index * ENTRY + LENGTH, bytes);
    }

    // ---- inside ----

    private enum Move {
        IN,
        OUT,
        FILL
    }

    private void move(long from, long bytes, Move move, MemorySegment other, byte value) {
        try {
            moveAll(from, bytes, move, other, value);
        } finally {
            Reference.reachabilityFence(kept);
        }
    }

    private void moveAll(long from, long bytes, Move move, MemorySegment other, byte value) {
        Objects.checkFromIndexSize(from, bytes, length);
        long skip = from;
        long done = 0;
        for (int i = 0; done < bytes; i++) {
            long size = length(i);
            if (skip >= size) {
                skip -= size;
                continue;
            }
            long part = Math.min(bytes - done, size - skip);
            long address = address(i) + skip;
            switch (move) {
                case IN -> MemorySegment.copy(other, done, MEMORY, address, part);
                case OUT -> MemorySegment.copy(MEMORY, address, other, done, part);
                case FILL -> MEMORY.asSlice(address, part).fill(value);
            }
            done += part;
            skip = 0;
        }
    }

    /** The address of {@code size} bytes at a position if they lie in one range, else 0. */
    private long at(long from, int size) {
        Objects.checkFromIndexSize(from, size, length);
        long skip = from;
        for (int i = 0; ; i++) {
            long here = length(i);
            if (skip < here) {
                return skip + size <= here ? address(i) + skip : 0;
            }
            skip -= here;
        }
    }

    private static boolean isZero(MemorySegment range) {
        long size = range.byteSize();
        long i = 0;
        for (; i + 8 <= size; i += 8) {
            if (range.get(LONG, i) != 0) {
                return false;
            }
        }
        for (; i < size; i++) {
            if (range.get(ValueLayout.JAVA_BYTE, i) != 0) {
                return false;
            }
        }
        return true;
    }

    private void grow() {
        if (entries.byteSize() == 0) {
            throw new IllegalStateException("the list is closed");
        }
        MemorySegment larger = Arena.ofAuto().allocate(entries.byteSize() * 2, Long.BYTES);
        larger.copyFrom(entries);
        entries = larger;
    }
}
