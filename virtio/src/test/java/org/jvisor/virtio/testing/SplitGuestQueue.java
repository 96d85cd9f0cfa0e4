package org.jvisor.virtio.testing;

import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.queue.RingAddresses;

/** The driver's side of a split ring (virtio 1.2 §2.7). */
final class SplitGuestQueue extends GuestQueue {
    private final long table;
    private final long avail;
    private final long used;
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final int[] next;
    private final boolean[] inFlight;
    private int availIndex;
    private int kicked;
    private int seen;

    SplitGuestQueue(GuestRam ram, int size, long features) {
        super(ram, size, features);
        table = ram.allocate(size * 16, 16);
        avail = ram.allocate(size * 2 + 6, 2);
        used = ram.allocate(size * 8 + 6, 4);
        next = new int[size];
        inFlight = new boolean[size];
        for (int i = 0; i < size; i++) {
            free.add(i);
        }
    }

    @Override
    public RingAddresses addresses() {
        return new RingAddresses(size, table, avail, used);
    }

    @Override
    public boolean fits(int buffers) {
        return free.size() >= (useIndirect ? 1 : buffers);
    }

    @Override
    public int add(List<Buffer> buffers) {
        if (!fits(buffers.size())) {
            throw new IllegalStateException("the queue is full");
        }
        int head = free.getFirst();
        inFlight[head] = true;
        if (useIndirect) {
            free.removeFirst();
            describe(head, table(head, buffers), buffers.size() * 16, INDIRECT, 0);
            next[head] = -1;
        } else {
            for (int i = 0; i < buffers.size(); i++) {
                Buffer buffer = buffers.get(i);
                int at = free.removeFirst();
                boolean last = i == buffers.size() - 1;
                next[at] = last ? -1 : free.getFirst();
                describe(
                        at,
                        buffer.address(),
                        buffer.length(),
                        (last ? 0 : NEXT) | (buffer.write() ? WRITE : 0),
                        last ? 0 : next[at]);
            }
        }
        ram.writeShort(avail + 4 + (availIndex & size - 1) * 2L, head);
        VarHandle.releaseFence();
        availIndex = availIndex + 1 & 0xffff;
        ram.writeShort(avail + 2, availIndex);
        return head;
    }

    private void describe(int at, long address, int length, int flags, int following) {
        long entry = table + at * 16L;
        ram.writeLong(entry, address);
        ram.writeInt(entry + 8, length);
        ram.writeShort(entry + 12, flags);
        ram.writeShort(entry + 14, following);
    }

    @Override
    void writeTableTail(long entry, int index, boolean last, boolean write) {
        ram.writeShort(entry + 12, (last ? 0 : NEXT) | (write ? WRITE : 0));
        ram.writeShort(entry + 14, last ? 0 : index + 1);
    }

    @Override
    public boolean wantsKick() {
        VarHandle.fullFence();
        int added = availIndex - kicked & 0xffff;
        kicked = availIndex;
        if (eventIndex) {
            int event = memory.readShort(used + 4 + size * 8L);
            return (availIndex - event - 1 & 0xffff) < added;
        }
        return added != 0 && (memory.readShort(used) & 1) == 0;
    }

    @Override
    public @Nullable Used poll() {
        if (memory.readShort(used + 2) == seen) {
            return null;
        }
        VarHandle.acquireFence();
        long entry = used + 4 + (seen & size - 1) * 8L;
        int head = memory.readInt(entry);
        long length = Integer.toUnsignedLong(memory.readInt(entry + 4));
        seen = seen + 1 & 0xffff;
        if (head >= 0 && head < size && inFlight[head]) { // else a hostile driver's own doing
            inFlight[head] = false;
            for (int at = head; at >= 0; at = next[at]) {
                free.addLast(at);
            }
        }
        return new Used(head, length);
    }

    @Override
    public boolean enableInterrupts() {
        ram.writeShort(avail, 0);
        ram.writeShort(avail + 4 + size * 2L, seen);
        VarHandle.fullFence();
        return memory.readShort(used + 2) != seen;
    }

    @Override
    public void disableInterrupts() {
        ram.writeShort(avail, 1);
    }
}
