package org.jvisor.virtio.testing;

import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.queue.RingAddresses;

/** The driver's side of a packed ring (virtio 1.2 §2.8). */
final class PackedGuestQueue extends GuestQueue {
    private static final int AVAIL = 1 << 7, USED = 1 << 15;

    private final long ring;
    private final long driver;
    private final long device;
    private final ArrayDeque<Integer> ids = new ArrayDeque<>();
    private final int[] slots;
    private int free;
    private int next;
    private boolean nextWrap = true;
    private long added;
    private long kicked;
    private int seen;
    private boolean seenWrap = true;

    PackedGuestQueue(GuestRam ram, int size, long features) {
        super(ram, size, features);
        ring = ram.allocate(size * 16, 16);
        driver = ram.allocate(4, 4);
        device = ram.allocate(4, 4);
        slots = new int[size];
        free = size;
        for (int i = 0; i < size; i++) {
            ids.add(i);
        }
    }

    @Override
    public RingAddresses addresses() {
        return new RingAddresses(size, ring, driver, device);
    }

    @Override
    public boolean fits(int buffers) {
        return free >= (useIndirect ? 1 : buffers);
    }

    @Override
    public int add(List<Buffer> buffers) {
        if (!fits(buffers.size())) {
            throw new IllegalStateException("the queue is full");
        }
        int id = ids.removeFirst();
        int count = useIndirect ? 1 : buffers.size();
        int head = next;
        int headFlags = 0;
        for (int i = 0; i < count; i++) {
            long entry = ring + next * 16L;
            int flags = nextWrap ? AVAIL : USED;
            if (useIndirect) {
                ram.writeLong(entry, table(id, buffers));
                ram.writeInt(entry + 8, buffers.size() * 16);
                flags |= INDIRECT;
            } else {
                Buffer buffer = buffers.get(i);
                ram.writeLong(entry, buffer.address());
                ram.writeInt(entry + 8, buffer.length());
                flags |= (i == count - 1 ? 0 : NEXT) | (buffer.write() ? WRITE : 0);
            }
            ram.writeShort(entry + 12, id);
            if (i == 0) {
                headFlags = flags; // published last
            } else {
                ram.writeShort(entry + 14, flags);
            }
            if (++next == size) {
                next = 0;
                nextWrap = !nextWrap;
            }
        }
        VarHandle.releaseFence();
        ram.writeShort(ring + head * 16L + 14, headFlags);
        slots[id] = count;
        free -= count;
        added += count;
        return id;
    }

    @Override
    void writeTableTail(long entry, int index, boolean last, boolean write) {
        ram.writeShort(entry + 12, 0);
        ram.writeShort(entry + 14, write ? WRITE : 0);
    }

    @Override
    public boolean wantsKick() {
        VarHandle.fullFence();
        long since = added - kicked;
        kicked = added;
        int flags = memory.readShort(device + 2);
        if (flags == 2 && eventIndex) {
            int event = memory.readShort(device);
            boolean wrap = event >>> 15 == 1;
            long position = (event & 0x7fff) - (wrap == nextWrap ? 0 : size);
            return position < next && position >= next - since;
        }
        return since != 0 && flags != 1;
    }

    @Override
    public @Nullable Used poll() {
        long entry = ring + seen * 16L;
        int flags = memory.readShort(entry + 14);
        if ((flags & AVAIL) != 0 != seenWrap || (flags & USED) != 0 != seenWrap) {
            return null;
        }
        VarHandle.acquireFence();
        int id = memory.readShort(entry + 12);
        long length = Integer.toUnsignedLong(memory.readInt(entry + 8));
        int count = id < size ? slots[id] : 0;
        if (count > 0) { // else a hostile driver's own doing
            slots[id] = 0;
            free += count;
            ids.addLast(id);
        }
        seen += Math.max(1, count);
        if (seen >= size) {
            seen -= size;
            seenWrap = !seenWrap;
        }
        return new Used(id, length);
    }

    @Override
    public boolean enableInterrupts() {
        ram.writeShort(driver, seen | (seenWrap ? 1 << 15 : 0));
        ram.writeShort(driver + 2, eventIndex ? 2 : 0);
        VarHandle.fullFence();
        int flags = memory.readShort(ring + seen * 16L + 14);
        return (flags & AVAIL) != 0 == seenWrap && (flags & USED) != 0 == seenWrap;
    }

    @Override
    public void disableInterrupts() {
        ram.writeShort(driver + 2, 1);
    }
}
