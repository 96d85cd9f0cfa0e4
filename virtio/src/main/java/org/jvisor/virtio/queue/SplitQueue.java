package org.jvisor.virtio.queue;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jvisor.vmm.api.GuestMemory;

/**
 * A split ring (virtio 1.2 §2.7): a table of descriptors, a ring of heads the driver makes
 * available, and a ring of heads the device has used. Each side publishes by moving its index, with
 * release order, and the other reads it with acquire order.
 */
final class SplitQueue extends RingQueue {
    /** Offsets in both rings (virtio 1.2 §2.7.6, §2.7.8). */
    private static final int FLAGS = 0, IDX = 2, RING = 4;

    private static final int AVAIL_ELEMENT = 2, USED_ELEMENT = 8;

    /** The flag of either ring: no interrupt, or no notification, is needed. */
    private static final int SUPPRESS = 1;

    private final MemorySegment table;
    private final MemorySegment available;
    private final MemorySegment used;
    private final long usedAddress;
    private final int usedEvent;
    private final int availEvent;

    // The taking side: free-running 16-bit indices.
    private int next;
    private int published;

    // The returning side.
    private int usedIndex;
    private int signalled;

    SplitQueue(
            int index,
            RingAddresses addresses,
            long features,
            GuestMemory memory,
            RingOwner owner) {
        super(index, addresses.size(), features, memory, owner);
        if (size < 1 || size > 32768 || Integer.bitCount(size) != 1) {
            throw new BadRingException("a split ring cannot have " + size + " descriptors");
        }
        usedEvent = RING + AVAIL_ELEMENT * size;
        availEvent = RING + USED_ELEMENT * size;
        table =
                part(
                        memory,
                        "descriptor table",
                        addresses.descriptors(),
                        (long) DESCRIPTOR * size,
                        16);
        available = part(memory, "available ring", addresses.driver(), usedEvent + 2L, 2);
        used = part(memory, "used ring", addresses.device(), availEvent + 2L, 4);
        usedAddress = addresses.device();
    }

    // ---- Taking

    @Override
    public boolean take(Chain chain) {
        if (stopped) {
            return false;
        }
        if (next == published) {
            published = (short) SHORT.getAcquire(available, (long) IDX) & 0xffff;
            int pending = published - next & 0xffff;
            if (pending == 0) {
                return false;
            }
            if (pending > size) {
                return fail("the available index runs %d ahead".formatted(pending));
            }
        }
        long at = RING + (long) AVAIL_ELEMENT * (next & size - 1);
        int head = available.get(PLAIN_SHORT, at) & 0xffff;
        if (!walk(chain, head) || !admit()) {
            return false;
        }
        chain.identify(head, 1);
        next = next + 1 & 0xffff;
        return true;
    }

    /** Follows a chain; every field is read once, as the driver may change it meanwhile. */
    private boolean walk(Chain chain, int head) {
        chain.begin(memory);
        MemorySegment from = table;
        long base = 0;
        int entries = size;
        int limit = size;
        boolean inTable = false;
        int at = head;
        for (int count = 0; count < limit; count++) {
            if (at >= entries) {
                return fail("descriptor %d is outside its table of %d".formatted(at, entries));
            }
            long entry = base + (long) at * DESCRIPTOR;
            long address = from.get(LONG, entry);
            int length = from.get(INT, entry + 8);
            int word = from.get(INT, entry + 12);
            int flags = word & 0xffff;
            if ((flags & INDIRECT) != 0) {
                if (!indirect || inTable || (flags & NEXT) != 0) {
                    return fail("descriptor " + at + " must not refer to an indirect table");
                }
                GuestMemory.Region region = table(address, length);
                if (region == null) {
                    return false;
                }
                from = region.segment();
                base = address - region.base();
                entries = length / DESCRIPTOR;
                limit = count + 1 + Math.min(entries, Math.max(size, INDIRECT_LIMIT));
                inTable = true;
                at = 0;
                continue;
            }
            if (!add(chain, address, length, flags)) {
                return false;
            }
            if ((flags & NEXT) == 0) {
                return true;
            }
            at = word >>> 16;
        }
        return fail("a descriptor chain has more than " + limit + " descriptors, or is a loop");
    }

    @Override
    public void untake(Chain chain) {
        if (!stopped) {
            next = next - 1 & 0xffff;
            untaken();
        }
    }

    @Override
    public boolean enableNotifications() {
        if (stopped) {
            return false;
        }
        if (eventIndex) {
            SHORT.setOpaque(used, (long) availEvent, (short) next);
            memory.written(usedAddress + availEvent, 2);
        } else {
            SHORT.setOpaque(used, (long) FLAGS, (short) 0);
            memory.written(usedAddress + FLAGS, 2);
        }
        // §2.7.13.3.1 from the device's side: ask to be told before looking once more.
        VarHandle.fullFence();
        return next != ((short) SHORT.getAcquire(available, (long) IDX) & 0xffff);
    }

    @Override
    public void disableNotifications() {
        if (!stopped && !eventIndex) {
            SHORT.setOpaque(used, (long) FLAGS, (short) SUPPRESS);
            memory.written(usedAddress + FLAGS, 2);
        }
    }

    // ---- Returning

    @Override
    public void put(Chain chain, long written) {
        if (stopped) {
            return;
        }
        chain.reportWritten(written);
        long at = RING + (long) USED_ELEMENT * (usedIndex & size - 1);
        used.set(INT, at, chain.id());
        used.set(INT, at + 4, (int) Math.min(written, 0xffff_ffffL));
        memory.written(usedAddress + at, USED_ELEMENT);
        usedIndex = usedIndex + 1 & 0xffff;
        SHORT.setRelease(used, (long) IDX, (short) usedIndex);
        memory.written(usedAddress + IDX, 2);
        returnedOne();
    }

    @Override
    public void signal() {
        int fresh = usedIndex - signalled & 0xffff;
        if (fresh == 0 || stopped) {
            return;
        }
        // §2.7.8.2: the index must be visible before the driver's wish is read.
        VarHandle.fullFence();
        boolean wanted;
        if (eventIndex) {
            int event = (short) SHORT.getAcquire(available, (long) usedEvent) & 0xffff;
            wanted = (usedIndex - event - 1 & 0xffff) < fresh;
        } else {
            wanted = ((short) SHORT.getAcquire(available, (long) FLAGS) & SUPPRESS) == 0;
        }
        signalled = usedIndex;
        if (wanted) {
            owner.interrupt(index);
        }
    }

    // ---- State

    @Override
    void savePosition(DataOutput out) throws IOException {
        out.writeShort(next);
        out.writeShort(usedIndex);
    }

    @Override
    void restorePosition(DataInput in) throws IOException {
        next = in.readUnsignedShort();
        published = next;
        usedIndex = in.readUnsignedShort();
        signalled = usedIndex;
    }
}
