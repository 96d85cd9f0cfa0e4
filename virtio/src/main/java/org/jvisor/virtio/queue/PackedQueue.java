package org.jvisor.virtio.queue;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jvisor.vmm.api.GuestMemory;

/**
 * A packed ring (virtio 1.2 §2.8): one ring of descriptors both sides write. The driver marks a
 * descriptor available and the device marks it used by two flag bits, which are compared with wrap
 * counters that flip each time round. A chain of n descriptors is used by overwriting one and
 * skipping n.
 */
final class PackedQueue extends RingQueue {
    /** Offsets in a descriptor (virtio 1.2 §2.8.13). */
    private static final int LENGTH = 8, ID = 12, FLAGS = 14;

    private static final int AVAIL_BIT = 7, USED_BIT = 15;

    /** Offsets in an event suppression structure, and its flags (virtio 1.2 §2.8.14). */
    private static final int EVENT_OFFSET = 0, EVENT_FLAGS = 2, EVENT_BYTES = 4;

    private static final int EVENT_ENABLE = 0, EVENT_DISABLE = 1, EVENT_DESCRIPTOR = 2;

    private final MemorySegment ring;
    private final MemorySegment driver;
    private final MemorySegment device;
    private final long ringAddress;
    private final long deviceAddress;

    // The taking side.
    private int next;
    private int nextWrap = 1;

    // The returning side; the counts are in descriptors since the start.
    private int usedPosition;
    private int usedWrap = 1;
    private long usedCount;
    private long signalledCount;

    PackedQueue(
            int index,
            RingAddresses addresses,
            long features,
            GuestMemory memory,
            RingOwner owner) {
        super(index, addresses.size(), features, memory, owner);
        if (size < 1 || size > 32768) {
            throw new BadRingException("a packed ring cannot have " + size + " descriptors");
        }
        ringAddress = addresses.descriptors();
        deviceAddress = addresses.device();
        ring = part(memory, "descriptor ring", ringAddress, (long) DESCRIPTOR * size, 16);
        driver = part(memory, "driver event area", addresses.driver(), EVENT_BYTES, 4);
        device = part(memory, "device event area", deviceAddress, EVENT_BYTES, 4);
    }

    // ---- Taking

    /** The flags of the next descriptor if it is available, or -1. */
    private int peek() {
        int flags = (short) SHORT.getAcquire(ring, (long) next * DESCRIPTOR + FLAGS) & 0xffff;
        boolean available =
                (flags >>> AVAIL_BIT & 1) == nextWrap && (flags >>> USED_BIT & 1) != nextWrap;
        return available ? flags : -1;
    }

    @Override
    public boolean take(Chain chain) {
        if (stopped) {
            return false;
        }
        int flags = peek();
        if (flags < 0) {
            return false;
        }
        int slots = walk(chain, flags);
        if (slots == 0 || !admit()) {
            return false;
        }
        next += slots;
        if (next >= size) {
            next -= size;
            nextWrap ^= 1;
        }
        return true;
    }

    /** Follows a chain; returns how many descriptors of the ring it takes, or 0 if it is broken. */
    private int walk(Chain chain, int headFlags) {
        chain.begin(memory);
        int at = next;
        int flags = headFlags;
        for (int count = 1; count <= size; count++) {
            long entry = (long) at * DESCRIPTOR;
            long address = ring.get(LONG, entry);
            int length = ring.get(INT, entry + LENGTH);
            if (count > 1) {
                flags = ring.get(PLAIN_SHORT, entry + FLAGS) & 0xffff;
            }
            boolean last = (flags & NEXT) == 0;
            boolean good;
            if ((flags & INDIRECT) == 0) {
                good = add(chain, address, length, flags);
            } else if (indirect && last) {
                good = walkTable(chain, address, length);
            } else {
                good = fail("descriptor " + at + " must not refer to an indirect table");
            }
            if (!good) {
                return 0;
            }
            if (last) {
                chain.identify(ring.get(PLAIN_SHORT, entry + ID) & 0xffff, count);
                return count;
            }
            at = at + 1 == size ? 0 : at + 1;
        }
        fail("a descriptor chain has more than " + size + " descriptors");
        return 0;
    }

    /** Adds the buffers of an indirect table, of which all entries count (virtio 1.2 §2.8.7). */
    private boolean walkTable(Chain chain, long address, int length) {
        GuestMemory.Region region = table(address, length);
        if (region == null) {
            return false;
        }
        int entries = length / DESCRIPTOR;
        if (entries > Math.max(size, INDIRECT_LIMIT)) {
            return fail("an indirect table has " + entries + " descriptors");
        }
        MemorySegment from = region.segment();
        long entry = address - region.base();
        for (int i = 0; i < entries; i++, entry += DESCRIPTOR) {
            int flags = from.get(PLAIN_SHORT, entry + FLAGS) & 0xffff;
            if ((flags & INDIRECT) != 0) {
                return fail("an indirect table refers to another");
            }
            if (!add(chain, from.get(LONG, entry), from.get(INT, entry + LENGTH), flags)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void untake(Chain chain) {
        if (!stopped) {
            next -= chain.slots();
            if (next < 0) {
                next += size;
                nextWrap ^= 1;
            }
            untaken();
        }
    }

    @Override
    public boolean enableNotifications() {
        if (stopped) {
            return false;
        }
        if (eventIndex) {
            SHORT.setOpaque(device, (long) EVENT_OFFSET, (short) (next | nextWrap << 15));
            SHORT.setRelease(device, (long) EVENT_FLAGS, (short) EVENT_DESCRIPTOR);
        } else {
            SHORT.setOpaque(device, (long) EVENT_FLAGS, (short) EVENT_ENABLE);
        }
        memory.written(deviceAddress, EVENT_BYTES);
        // Ask to be told before looking once more.
        VarHandle.fullFence();
        return peek() >= 0;
    }

    @Override
    public void disableNotifications() {
        if (!stopped) {
            SHORT.setOpaque(device, (long) EVENT_FLAGS, (short) EVENT_DISABLE);
            memory.written(deviceAddress, EVENT_BYTES);
        }
    }

    // ---- Returning

    @Override
    public void put(Chain chain, long written) {
        if (stopped) {
            return;
        }
        chain.reportWritten(written);
        long at = (long) usedPosition * DESCRIPTOR;
        int flags = usedWrap << AVAIL_BIT | usedWrap << USED_BIT | (written > 0 ? WRITE : 0);
        ring.set(INT, at + LENGTH, (int) Math.min(written, 0xffff_ffffL));
        ring.set(PLAIN_SHORT, at + ID, (short) chain.id());
        SHORT.setRelease(ring, at + FLAGS, (short) flags);
        memory.written(ringAddress + at, DESCRIPTOR);
        usedCount += chain.slots();
        usedPosition += chain.slots();
        if (usedPosition >= size) {
            usedPosition -= size;
            usedWrap ^= 1;
        }
        returnedOne();
    }

    @Override
    public void signal() {
        if (usedCount == signalledCount || stopped) {
            return;
        }
        // The used descriptors must be visible before the driver's wish is read.
        VarHandle.fullFence();
        int flags = (short) SHORT.getAcquire(driver, (long) EVENT_FLAGS) & 3;
        boolean wanted = flags != EVENT_DISABLE;
        if (flags == EVENT_DESCRIPTOR && eventIndex) {
            int event = (short) SHORT.getAcquire(driver, (long) EVENT_OFFSET) & 0xffff;
            long lap = usedCount - usedPosition;
            long slot = lap + (event & 0x7fff) - (event >>> 15 == usedWrap ? 0 : size);
            wanted = slot >= signalledCount && slot < usedCount;
        }
        signalledCount = usedCount;
        if (wanted) {
            owner.interrupt(index);
        }
    }

    // ---- State

    @Override
    void savePosition(DataOutput out) throws IOException {
        out.writeShort(next);
        out.writeByte(nextWrap);
        out.writeShort(usedPosition);
        out.writeByte(usedWrap);
    }

    @Override
    void restorePosition(DataInput in) throws IOException {
        next = in.readUnsignedShort();
        nextWrap = in.readUnsignedByte() & 1;
        usedPosition = in.readUnsignedShort();
        usedWrap = in.readUnsignedByte() & 1;
        if (next >= size || usedPosition >= size) {
            throw new IOException(
                    "the saved state is damaged: queue %d of %d descriptors is at %d and %d"
                            .formatted(index, size, next, usedPosition));
        }
        usedCount = usedPosition;
        signalledCount = usedCount;
    }
}
