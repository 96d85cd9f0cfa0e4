package org.jvisor.vmm.api.pci;

import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.IoRegion;

/** A base address register and where it currently maps its region (PCI 3.0 §6.2.5). */
final class PciBar {
    private final long size;
    private final boolean io;
    private final boolean wide;
    private final boolean prefetchable;
    private final IoRegion region;

    /** The doorbells in it, which move along. */
    final BarDoorbells doorbells = new BarDoorbells();

    private boolean mapped;
    private long mappedAt;

    private PciBar(long size, boolean io, boolean wide, boolean prefetchable, IoRegion region) {
        this.size = size;
        this.io = io;
        this.wide = wide;
        this.prefetchable = prefetchable;
        this.region = region;
    }

    static PciBar memory(long size, boolean wide, boolean prefetchable, IoRegion region) {
        if (size < 16 || Long.bitCount(size) != 1) {
            throw new IllegalArgumentException(
                    "a memory BAR of %d bytes is not a power of two of at least 16"
                            .formatted(size));
        }
        return new PciBar(size, false, wide, prefetchable, region);
    }

    static PciBar io(int size, IoRegion region) {
        if (size < 4 || size > 256 || Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException(
                    "an I/O BAR of %d ports is not a power of two from 4 to 256".formatted(size));
        }
        return new PciBar(size, true, false, false, region);
    }

    boolean isIo() {
        return io;
    }

    boolean wide() {
        return wide;
    }

    /** The read-only low bits. */
    int flags() {
        return io ? 1 : (wide ? 4 : 0) | (prefetchable ? 8 : 0);
    }

    /** The bits that hold the address; the others read as 0, which tells the size. */
    long addressMask() {
        return io ? -size & 0xffffL : wide ? -size : -size & 0xffff_ffffL;
    }

    /**
     * Maps, moves or unmaps the region. Where something else answers already, it does not.
     *
     * @return whether an address became free for others
     */
    boolean place(boolean decodes, long base, Bus bus) {
        // An address of 0 is what an unassigned BAR holds, and the largest ones are how it is
        // sized.
        boolean wanted = decodes && base > 0 && base + size > 0 && (!io || base + size <= 0x1_0000);
        boolean freed = mapped && (!wanted || base != mappedAt);
        if (freed) {
            doorbells.moved(-1);
            bus.unmap(mappedAt);
            mapped = false;
        }
        if (wanted && !mapped && bus.tryMap(base, size, region)) {
            mapped = true;
            mappedAt = base;
            doorbells.moved(base);
        }
        return freed;
    }
}
