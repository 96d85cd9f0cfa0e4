package org.jvisor.virtio.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jvisor.virtio.net.NetHeader;

/**
 * Frames that wait until the guest has room, first in, first out, in a ring of native memory. Used
 * by one thread.
 */
final class FrameBacklog {
    /** A length and a header in 16 bytes, before each frame. */
    private static final int FRONT = 16;

    private static final int HEADER_AT = 4;

    /** Slots of a length and a frame. A frame lies in one piece; length -1 says: go on at 0. */
    private final MemorySegment ring;

    private final int capacity;
    private final NetHeader first = new NetHeader();

    /** Where the oldest frame's length lies, and how many bytes are in use from there. */
    private int head;

    private int used;

    private int frames;

    FrameBacklog(int capacity, Arena arena) {
        this.capacity = capacity;
        ring = arena.allocate(capacity, 8);
    }

    boolean isEmpty() {
        return frames == 0;
    }

    /** Whether more than half of the room is taken. */
    boolean isHalfFull() {
        return used > capacity / 2;
    }

    /**
     * Adds a frame.
     *
     * @return false if there is no room: the frame is lost
     */
    boolean add(NetHeader header, MemorySegment memory, long offset, int length) {
        int need = slot(length);
        int tail = (head + used) % capacity;
        int toEnd = capacity - tail;
        int skip = need > toEnd ? toEnd : 0;
        if (need > capacity || used + skip + need > capacity) {
            return false;
        }
        if (skip > 0) {
            ring.set(ValueLayout.JAVA_INT, tail, -1); // the rest up to the end holds no frame
            tail = 0;
        }
        ring.set(ValueLayout.JAVA_INT, tail, length);
        header.write(ring, tail + (long) HEADER_AT, 0);
        MemorySegment.copy(memory, offset, ring, tail + (long) FRONT, length);
        used += skip + need;
        frames++;
        return true;
    }

    /** What was said about the oldest frame; only if there is one, and until the next is asked. */
    NetHeader firstHeader() {
        skipEnd();
        first.read(ring, head + (long) HEADER_AT);
        return first;
    }

    /** The memory the frames lie in. */
    MemorySegment memory() {
        return ring;
    }

    /** Where the oldest frame lies; only if there is one. */
    long firstOffset() {
        skipEnd();
        return head + (long) FRONT;
    }

    /** The oldest frame's length in bytes; only if there is one. */
    int firstLength() {
        skipEnd();
        return ring.get(ValueLayout.JAVA_INT, head);
    }

    /** Removes the oldest frame. */
    void removeFirst() {
        int size = slot(firstLength());
        head = (head + size) % capacity;
        used -= size;
        frames--;
        if (frames == 0) {
            head = 0;
            used = 0;
        }
    }

    private void skipEnd() {
        if (ring.get(ValueLayout.JAVA_INT, head) < 0) {
            used -= capacity - head;
            head = 0;
        }
    }

    private static int slot(int length) {
        return FRONT + length + 3 & ~3;
    }
}
