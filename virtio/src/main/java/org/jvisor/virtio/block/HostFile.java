package org.jvisor.virtio.block;

import org.jvisor.linux.IoVector;

/**
 * The file or device on the host that a disk is kept in. Any thread may call it, several at once.
 * What was written reaches the medium in any order; {@link #sync} waits for all of it.
 */
public interface HostFile extends AutoCloseable {
    /** Its name, for messages. */
    String name();

    /** Its size in bytes now. */
    long size() throws BlockException;

    /** Whether it has a fixed size, as a block device has. */
    boolean fixedSize();

    /** Fills a part of {@code target}; what lies beyond the end reads as zeros. */
    void read(long position, IoVector target, long from, long bytes) throws BlockException;

    /** Writes a part of {@code source}; the file grows where it must. */
    void write(long position, IoVector source, long from, long bytes) throws BlockException;

    /**
     * Waits until all that was written before is on the medium. Once this has failed it fails for
     * ever: the kernel forgets what it could not write, so a later success would mean nothing.
     */
    void sync() throws BlockException;

    /** Sets the size; what is new reads as zeros. */
    void truncate(long size) throws BlockException;

    /**
     * Gives back the space of a range, which then reads as zeros in a file and as anything on a
     * device.
     *
     * @return false if that is impossible here
     */
    boolean discard(long position, long bytes) throws BlockException;

    /**
     * Makes a range read as zeros without moving them.
     *
     * @return false if that is impossible here
     */
    boolean zero(long position, long bytes) throws BlockException;

    /** The first position at or after {@code position} that is not in a hole, or -1. */
    long nextData(long position) throws BlockException;

    /** The first position at or after {@code position} that is in a hole, or the size. */
    long nextHole(long position) throws BlockException;

    /**
     * Whether a process ended without {@link #setInUse} {@code false} after it had said {@code
     * true}. Not every file can tell: then it says no.
     */
    default boolean wasLeftInUse() {
        return false;
    }

    /** Leaves a mark at the file while it is in use for writing, outside its content. */
    default void setInUse(boolean inUse) {}

    /** Closes it without waiting for the medium. May be called twice. */
    @Override
    void close();
}
