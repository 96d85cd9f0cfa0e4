package org.jvisor.linux;

import org.jvisor.linux.bindings.linux_h;

/** The size of the host's pages behind a {@link HostMemory}. */
public enum HugePages {
    /** The host's ordinary pages. */
    NONE(0),
    /** Ordinary pages that the kernel may join into huge ones as it sees fit. */
    TRANSPARENT(0),
    /** Pages of 2 MiB from the pool the administrator set aside. */
    HUGETLB_2M(2L << 20),
    /** Pages of 1 GiB from the pool the administrator set aside. */
    HUGETLB_1G(1L << 30);

    private final long reservedPageSize;

    HugePages(long reservedPageSize) {
        this.reservedPageSize = reservedPageSize;
    }

    /** Bytes a mapping's size must be a multiple of. */
    public long granule() {
        return reservedPageSize == 0 ? HostMemory.PAGE_SIZE : reservedPageSize;
    }

    boolean reserved() {
        return reservedPageSize != 0;
    }

    int mmapFlags() {
        return reserved() ? linux_h.MAP_HUGETLB() | sizeCode() : 0;
    }

    int memfdFlags() {
        return reserved() ? linux_h.MFD_HUGETLB() | sizeCode() : 0;
    }

    /** Both mmap and memfd_create take the logarithm of the page size, at the same place. */
    private int sizeCode() {
        return Long.numberOfTrailingZeros(reservedPageSize) << linux_h.MAP_HUGE_SHIFT();
    }
}
