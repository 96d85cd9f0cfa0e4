package org.jvisor.vmm.api.pci;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.InterruptRoute;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IoRegion;

/**
 * The MSI-X capability (PCI 3.0 §6.8.2) with its table and its pending bits, which fill a memory
 * BAR of their own: the table from offset 0, the pending bits in the upper half. It has a monitor
 * of its own, so that a device's threads can trigger whatever they hold.
 */
public final class Msix {
    /** The most vectors the capability can have. */
    public static final int MAX_VECTORS = 2048;

    /** Capability ID and length. */
    static final int ID = 0x11, LENGTH = 12;

    /** Message control, the guest's part. */
    static final int ENABLE = 1 << 15, FUNCTION_MASK = 1 << 14;

    /** Dwords of a table entry. */
    private static final int ADDRESS = 0, ADDRESS_HIGH = 1, DATA = 2, CONTROL = 3, ENTRY = 4;

    /** In {@link #CONTROL}. */
    private static final int MASKED = 1;

    private static final int MIN_BAR = 4096;

    private final int[] table;
    private final long[] pending;
    private final @Nullable InterruptRoute[] routes;
    private final int barSize;
    private InterruptRoutes source = () -> NOWHERE;
    private boolean enabled;
    private boolean functionMasked;

    /** What a vector has while the function is in no slot. */
    private static final InterruptRoute NOWHERE =
            new InterruptRoute() {
                @Override
                public void set(long address, int data) {
                    // Nobody listens.
                }

                @Override
                public void trigger() {
                    // Nobody listens.
                }

                @Override
                public void close() {
                    // Holds nothing.
                }
            };

    Msix(int vectors) {
        if (vectors < 1 || vectors > MAX_VECTORS) {
            throw new IllegalArgumentException(
                    "MSI-X with %d vectors: it has 1 to %d".formatted(vectors, MAX_VECTORS));
        }
        table = new int[vectors * ENTRY];
        pending = new long[(vectors + 63) / 64];
        routes = new InterruptRoute[vectors];
        // Twice the table is more than the pending bits ever need.
        barSize = Math.max(MIN_BAR, Integer.highestOneBit(vectors * 2 - 1) * ENTRY * 4 * 2);
        clear();
    }

    // ---- For the device

    /** How many vectors there are. */
    public int vectors() {
        return routes.length;
    }

    /** Whether the guest uses it: the function's pin is silent then. */
    public synchronized boolean enabled() {
        return enabled;
    }

    /**
     * Raises an interrupt: sends the vector's message, or remembers it while the vector or the
     * function is masked. Does nothing while MSI-X is not enabled, or when there is no such vector.
     * From any thread; allocates nothing once the vector has been used.
     */
    public synchronized void trigger(int vector) {
        if (!enabled || vector < 0 || vector >= routes.length) {
            return;
        }
        if (masked(vector)) {
            pending[vector >>> 6] |= 1L << vector;
        } else {
            route(vector).trigger();
        }
    }

    // ---- For the function

    int barSize() {
        return barSize;
    }

    int pendingOffset() {
        return barSize / 2;
    }

    synchronized void connect(InterruptRoutes from) {
        source = from;
    }

    synchronized void disconnect() {
        enabled = false;
        for (int i = 0; i < routes.length; i++) {
            InterruptRoute route = routes[i];
            if (route != null) {
                route.close();
                routes[i] = null;
            }
        }
        source = () -> NOWHERE;
    }

    /** Follows the message control word. */
    synchronized void control(int value) {
        enabled = (value & ENABLE) != 0;
        functionMasked = (value & FUNCTION_MASK) != 0;
        for (int i = 0; i < routes.length; i++) {
            arm(i);
        }
    }

    synchronized void reset() {
        enabled = false;
        functionMasked = false;
        clear();
    }

    private void clear() {
        Arrays.fill(table, 0);
        for (int i = 0; i < routes.length; i++) {
            table[i * ENTRY + CONTROL] = MASKED;
        }
        Arrays.fill(pending, 0);
    }

    private boolean masked(int vector) {
        return functionMasked || (table[vector * ENTRY + CONTROL] & MASKED) != 0;
    }

    /** After a change: hands the message on and sends what waited, if nothing masks the vector. */
    private void arm(int vector) {
        if (!enabled || masked(vector)) {
            return;
        }
        int at = vector * ENTRY;
        long address = table[at + ADDRESS_HIGH] & 0xffff_ffffL;
        address = address << 32 | table[at + ADDRESS] & 0xffff_ffffL;
        route(vector).set(address, table[at + DATA]);
        long bit = 1L << vector;
        if ((pending[vector >>> 6] & bit) != 0) {
            pending[vector >>> 6] &= ~bit;
            route(vector).trigger();
        }
    }

    private InterruptRoute route(int vector) {
        InterruptRoute route = routes[vector];
        if (route == null) {
            route = source.open();
            routes[vector] = route;
        }
        return route;
    }

    // ---- The guest's view: dwords, or two of them at once; other accesses are undefined

    final IoRegion region =
            new IoRegion() {
                @Override
                public long read(long offset, int size) {
                    if (size < 4 || offset % size != 0) {
                        return 0;
                    }
                    synchronized (Msix.this) {
                        long low = dword((int) offset >> 2) & 0xffff_ffffL;
                        return size == 4 ? low : low | (long) dword((int) (offset >> 2) + 1) << 32;
                    }
                }

                @Override
                public void write(long offset, int size, long value) {
                    int at = (int) (offset >> 2);
                    if (size < 4 || offset % size != 0 || at >= table.length) {
                        return; // the pending bits are read-only
                    }
                    synchronized (Msix.this) {
                        setDword(at, (int) value);
                        if (size == 8) {
                            setDword(at + 1, (int) (value >>> 32));
                        }
                        arm(at / ENTRY);
                    }
                }
            };

    private int dword(int at) {
        if (at < table.length) {
            return table[at];
        }
        int bits = at - pendingOffset() / 4;
        return bits >= 0 && bits < pending.length * 2
                ? (int) (pending[bits >> 1] >>> (bits & 1) * 32)
                : 0;
    }

    private void setDword(int at, int value) {
        table[at] =
                switch (at % ENTRY) {
                    case ADDRESS -> value & ~3;
                    case CONTROL -> value & MASKED;
                    default -> value;
                };
    }

    // ---- State; the control word is the function's

    synchronized void save(DataOutput out) throws IOException {
        for (int dword : table) {
            out.writeInt(dword);
        }
        for (long bits : pending) {
            out.writeLong(bits);
        }
    }

    synchronized void restore(DataInput in) throws IOException {
        enabled = false;
        for (int i = 0; i < table.length; i++) {
            setDword(i, in.readInt());
        }
        for (int i = 0; i < pending.length; i++) {
            pending[i] = in.readLong();
        }
    }
}
