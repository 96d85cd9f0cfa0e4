package org.jvisor.virtio.testing;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.queue.RingAddresses;
import org.jvisor.vmm.api.GuestMemory;

/** The driver's side of a virtqueue. Used by one thread at a time. */
public abstract class GuestQueue {
    static final int NEXT = 1, WRITE = 2, INDIRECT = 4;

    final GuestRam ram;
    final GuestMemory memory;
    final int size;
    final boolean eventIndex;

    /** Whether chains are put into indirect tables. */
    boolean useIndirect;

    private final Map<Integer, Long> tables = new HashMap<>();

    /**
     * A buffer the device has used.
     *
     * @param id what {@link #add} returned
     * @param length bytes the device says it wrote
     */
    public record Used(int id, long length) {}

    GuestQueue(GuestRam ram, int size, long features) {
        this.ram = ram;
        this.memory = ram.memory();
        this.size = size;
        this.eventIndex = (features & Features.RING_EVENT_IDX) != 0;
    }

    /** Sets a queue up in RAM, in the format that {@code features} tells. */
    public static GuestQueue make(GuestRam ram, int size, long features) {
        return (features & Features.RING_PACKED) != 0
                ? new PackedGuestQueue(ram, size, features)
                : new SplitGuestQueue(ram, size, features);
    }

    /** Has later chains go into indirect tables. */
    public final void useIndirect(boolean on) {
        useIndirect = on;
    }

    /** Where it is. */
    public abstract RingAddresses addresses();

    /** How many more chains of {@code buffers} buffers fit. */
    public abstract boolean fits(int buffers);

    /** Makes a chain available; returns what the device will call it. */
    public final int add(Buffer... buffers) {
        return add(List.of(buffers));
    }

    /** Makes a chain of at least one buffer available; returns what the device will call it. */
    public abstract int add(List<Buffer> buffers);

    /** Whether the device asked to be notified of what was added since the last call. */
    public abstract boolean wantsKick();

    /** Takes the next used chain, or null. */
    public abstract @Nullable Used poll();

    /** Asks to be interrupted at the next used chain; returns whether there is one already. */
    public abstract boolean enableInterrupts();

    /** Says that no interrupt is needed. */
    public abstract void disableInterrupts();

    /** Writes an indirect table of the chain. */
    final long table(int id, List<Buffer> buffers) {
        if (buffers.size() > 256) {
            throw new IllegalArgumentException("the test's indirect tables have 256 entries");
        }
        Long table = tables.remove(id);
        long at = table == null ? ram.page() : table;
        tables.put(id, at);
        for (int i = 0; i < buffers.size(); i++) {
            Buffer buffer = buffers.get(i);
            long entry = at + i * 16L;
            ram.writeLong(entry, buffer.address());
            ram.writeInt(entry + 8, buffer.length());
            writeTableTail(entry, i, i == buffers.size() - 1, buffer.write());
        }
        return at;
    }

    abstract void writeTableTail(long entry, int index, boolean last, boolean write);
}
