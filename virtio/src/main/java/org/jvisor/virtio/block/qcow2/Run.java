package org.jvisor.virtio.block.qcow2;

/** Clusters of the disk that lie one after another in the file, or are of one kind. */
final class Run {
    Kind kind = Kind.UNALLOCATED;

    /** The first cluster's position in the file, or the whole entry of a compressed one. */
    long host;

    int clusters;

    /** Whether the clusters belong to the disk alone and may be written in place. */
    boolean owned;

    /** What an L2 entry says of a cluster. */
    enum Kind {
        UNALLOCATED,
        ZERO,
        /** Reads as zeros, and has a place in the file. */
        ZERO_ALLOCATED,
        NORMAL,
        COMPRESSED
    }
}
