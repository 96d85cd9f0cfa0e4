package org.jvisor.virtio.queue;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jvisor.virtio.Features;
import org.jvisor.vmm.api.GuestMemory;

/**
 * What split and packed rings share: their life, the count of chains in flight, and access to
 * memory that the driver writes at the same time. A transport makes one for each enabled queue when
 * the driver sets DRIVER_OK, and stops it on reset.
 */
public abstract sealed class RingQueue implements Virtqueue permits SplitQueue, PackedQueue {
    /** 16 and 64 bits of a ring, which are aligned, so that the driver sees all or nothing. */
    static final VarHandle SHORT =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort PLAIN_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Bytes of a descriptor, in both formats. */
    static final int DESCRIPTOR = 16;

    /** Flags of a descriptor, in both formats (virtio 1.2 §2.7.5, §2.8.12). */
    static final int NEXT = 1, WRITE = 2, INDIRECT = 4;

    /** Drivers put more into an indirect table than the queue's size, as Linux does. */
    static final int INDIRECT_LIMIT = 1024;

    final int index;
    final int size;
    final GuestMemory memory;
    final RingOwner owner;
    final boolean indirect;
    final boolean eventIndex;

    /** Set once the ring must not be touched any more. */
    volatile boolean stopped;

    /** Chains taken, by the taking side, and put, by the returning side: the rest is in flight. */
    private int taken;

    private volatile int returned;

    RingQueue(int index, int size, long features, GuestMemory memory, RingOwner owner) {
        this.index = index;
        this.size = size;
        this.memory = memory;
        this.owner = owner;
        this.indirect = (features & Features.RING_INDIRECT_DESC) != 0;
        this.eventIndex = (features & Features.RING_EVENT_IDX) != 0;
    }

    /**
     * Makes the device's side of a ring.
     *
     * @param index the queue's number
     * @param addresses as the driver set them
     * @param features as negotiated: they tell the format
     * @throws BadRingException if the ring is not in RAM, not aligned, or its size is not allowed
     */
    public static RingQueue open(
            int index,
            RingAddresses addresses,
            long features,
            GuestMemory memory,
            RingOwner owner) {
        return (features & Features.RING_PACKED) != 0
                ? new PackedQueue(index, addresses, features, memory, owner)
                : new SplitQueue(index, addresses, features, memory, owner);
    }

    /** Stops it: nothing of the ring is read or written after calls under way. */
    public final void stop() {
        stopped = true;
    }

    /** Chains taken and not yet put. Exact only on a thread that does both, or when paused. */
    public final int inFlight() {
        return taken - returned;
    }

    /**
     * Writes where the device is in the ring. Only while no chain is in flight.
     *
     * @throws IllegalStateException if one is
     */
    public final void save(DataOutput out) throws IOException {
        if (inFlight() != 0 && !stopped) {
            throw new IllegalStateException(
                    "queue %d has %d chains in flight: pause its device first"
                            .formatted(index, inFlight()));
        }
        savePosition(out);
    }

    /** Reads back what {@link #save} wrote, into a new ring. */
    public final void restore(DataInput in) throws IOException {
        restorePosition(in);
        taken = 0;
        returned = 0;
    }

    abstract void savePosition(DataOutput out) throws IOException;

    abstract void restorePosition(DataInput in) throws IOException;

    @Override
    public final int index() {
        return index;
    }

    @Override
    public final int size() {
        return size;
    }

    @Override
    public final boolean enabled() {
        return true;
    }

    // ---- For the formats

    /** The bytes of a part of the ring. */
    static MemorySegment part(
            GuestMemory memory, String what, long address, long length, int alignment) {
        GuestMemory.Region region = memory.find(address);
        if (address % alignment != 0) {
            throw new BadRingException(
                    "the %s at %#x is not aligned to %d bytes".formatted(what, address, alignment));
        }
        if (region == null || region.readOnly() || length > region.end() - address) {
            throw new BadRingException(
                    "the %s at %#x, %d bytes, is not in RAM".formatted(what, address, length));
        }
        return region.segment().asSlice(address - region.base(), length);
    }

    /** Stops the ring because of what the driver did; returns false. */
    final boolean fail(String why) {
        if (!stopped) {
            stopped = true;
            owner.broken("queue " + index + ": " + why);
        }
        return false;
    }

    /** Counts a chain taken; false and broken if the driver made more available than it can. */
    final boolean admit() {
        if (taken - returned >= size) {
            return fail("the driver made more than " + size + " chains available at once");
        }
        taken++;
        return true;
    }

    final void untaken() {
        taken--;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the returning side writes it
    final void returnedOne() {
        returned++;
    }

    /** Where an indirect table lies, or null and broken. */
    final GuestMemory.@org.jspecify.annotations.Nullable Region table(long address, int length) {
        if (length <= 0 || length % DESCRIPTOR != 0) {
            fail("an indirect table has " + Integer.toUnsignedString(length) + " bytes");
            return null;
        }
        GuestMemory.Region region = memory.find(address);
        if (region == null || length > region.end() - address) {
            fail("an indirect table at %#x, %d bytes, is not in RAM".formatted(address, length));
            return null;
        }
        return region;
    }

    /** Adds a buffer to a chain; false and broken if it may not be there. */
    final boolean add(Chain chain, long address, int length, int flags) {
        String wrong =
                chain.add(memory, address, Integer.toUnsignedLong(length), (flags & WRITE) != 0);
        return wrong == null
                || fail(
                        "a buffer at %#x, %d bytes, %s"
                                .formatted(address, Integer.toUnsignedLong(length), wrong));
    }
}
