package org.jvisor.virtio.balloon;

/** What a guest tells of its memory (virtio 1.2 §5.5.6.4), in the order of the tags. */
public enum BalloonStatistic {
    /** Bytes swapped in. */
    SWAP_IN,
    /** Bytes swapped out. */
    SWAP_OUT,
    /** Page faults that needed I/O. */
    MAJOR_FAULTS,
    /** Page faults that did not. */
    MINOR_FAULTS,
    /** Bytes not used for anything. */
    FREE_MEMORY,
    /** Bytes in all. */
    TOTAL_MEMORY,
    /** Bytes that programs could have without swapping. */
    AVAILABLE_MEMORY,
    /** Bytes that hold files' content. */
    CACHES,
    /** Huge pages allocated. */
    HUGE_PAGES_ALLOCATED,
    /** Huge pages that could not be allocated. */
    HUGE_PAGES_FAILED
}
