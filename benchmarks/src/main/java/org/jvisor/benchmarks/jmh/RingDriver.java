package org.jvisor.benchmarks.jmh;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.queue.RingAddresses;

/**
 * The driver's side of a ring, which makes the same chains available over and over and allocates
 * nothing: all descriptors are prepared at the start. Chains come back in the order they were made
 * available.
 */
abstract sealed class RingDriver permits SplitDriver, PackedDriver {
    static final int NEXT = 1, WRITE = 2, DESCRIPTOR = 16;

    static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

    /** Bytes from the ring's address that it needs at most. */
    static final int AREA = 64 << 10;

    final MemorySegment memory;
    final long base;
    final int size;
    final Shape shape;
    final int chains;

    /**
     * What a chain is like.
     *
     * @param lengths bytes of each buffer
     * @param readable how many of them the device reads: the first ones
     * @param data guest-physical address of the first chain's first buffer; the buffers of a chain
     *     follow one another
     * @param stride bytes from chain to chain
     */
    record Shape(int[] lengths, int readable, long data, int stride) {
        int buffers() {
            return lengths.length;
        }

        /** Where a buffer of a chain is. */
        long address(int chain, int buffer) {
            long at = data + (long) chain * stride;
            for (int i = 0; i < buffer; i++) {
                at += lengths[i];
            }
            return at;
        }
    }

    /**
     * Prepares a ring.
     *
     * @param memory guest memory from address 0 on
     * @param base guest-physical, a multiple of 4096
     * @param size descriptors, a power of two
     */
    RingDriver(MemorySegment memory, long base, int size, Shape shape) {
        this.memory = memory;
        this.base = base;
        this.size = size;
        this.shape = shape;
        chains = size / shape.buffers();
    }

    /** A ring in the format that {@code features} tells. */
    static RingDriver make(MemorySegment memory, long base, int size, Shape shape, long features) {
        return (features & Features.RING_PACKED) != 0
                ? new PackedDriver(memory, base, size, shape)
                : new SplitDriver(memory, base, size, shape);
    }

    /** Where it is. */
    abstract RingAddresses addresses();

    /** Makes the next chain available. No more than {@link #chains} may be under way. */
    abstract void submit();

    /** Takes a used chain, if there is one. */
    abstract boolean collect();

    final void descriptor(long at, long address, int length, int flags, int next) {
        memory.set(ValueLayout.JAVA_LONG, at, address);
        memory.set(ValueLayout.JAVA_INT, at + 8, length);
        memory.set(ValueLayout.JAVA_SHORT, at + 12, (short) flags);
        memory.set(ValueLayout.JAVA_SHORT, at + 14, (short) next);
    }
}
