package org.jvisor.virtio.balloon;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jvisor.linux.LinuxException;
import org.jvisor.vmm.api.GuestMemory;

/**
 * Gives guest pages back to the host, neighbours together. What is not RAM is passed over: a guest
 * that names it gains and loses nothing. Of one thread.
 */
final class PageRuns {
    private static final long PAGE = GuestMemory.PAGE_SIZE;

    private final Consumer<MemorySegment> release;
    private long start;
    private long end;

    /** Bytes given back, until the next {@link #takeReleased}. */
    private long released;

    PageRuns(Consumer<MemorySegment> release) {
        this.release = release;
    }

    /** Adds whole pages within a range of guest-physical memory. */
    void add(GuestMemory memory, long address, long length) {
        long from = address + PAGE - 1 & -PAGE;
        long to = address + length & -PAGE;
        if (from >= to || from < 0 || to < 0) {
            return;
        }
        if (from == end) {
            end = to;
            return;
        }
        flush(memory);
        start = from;
        end = to;
    }

    /** Gives back what was added. */
    void flush(GuestMemory memory) {
        long at = start;
        while (at < end) {
            GuestMemory.Region region = memory.find(at);
            if (region == null) {
                at += PAGE;
                continue;
            }
            long length = Math.min(end, region.end()) - at;
            if (!region.readOnly()) {
                release(memory, region.segment().asSlice(at - region.base(), length), at);
            }
            at += length;
        }
        start = 0;
        end = 0;
    }

    private void release(GuestMemory memory, MemorySegment range, long address) {
        try {
            release.accept(range);
            memory.written(address, range.byteSize()); // it reads as zeros now
            released += range.byteSize();
        } catch (LinuxException e) {
            // Memory that the host cannot take in parts, such as huge pages, stays the guest's.
        }
    }

    long takeReleased() {
        long bytes = released;
        released = 0;
        return bytes;
    }
}
