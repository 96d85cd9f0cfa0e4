package org.jvisor.virtio.block;

import org.jvisor.linux.IoVector;

/**
 * A disk. Its methods block, and any number of threads may call them at once; two requests that
 * overlap and are under way together may be done in either order, sector by sector. Positions and
 * lengths are in bytes and need not be aligned.
 *
 * <p>What was written is safe from a crash of the host once {@link #flush} has returned.
 */
public interface BlockBackend extends AutoCloseable {
    /** Bytes of a sector, the granule of {@link #size}. */
    int SECTOR = 512;

    /** Its size in bytes, a multiple of {@link #SECTOR}. */
    long size();

    /** Whether writing is an error. */
    boolean readOnly();

    /** What a request should be a multiple of to be fast, in bytes; a power of two, 512 or more. */
    default int preferredBlock() {
        return 4096;
    }

    /** The least that {@link #discard} can give back, in bytes; a power of two, 512 or more. */
    default int discardGranule() {
        return 4096;
    }

    /**
     * Fills a part of {@code target}.
     *
     * @param position on the disk
     * @param target used by this call alone while it lasts
     * @param from position in {@code target}
     * @param bytes how many
     * @throws BlockException if the range is not on the disk or cannot be read
     */
    void read(long position, IoVector target, long from, long bytes) throws BlockException;

    /**
     * Writes a part of {@code source}.
     *
     * @param position on the disk
     * @param source used by this call alone while it lasts
     * @param from position in {@code source}
     * @param bytes how many
     * @throws BlockException if the range is not on the disk or cannot be written: each of its
     *     sectors then has its old or its new content
     */
    void write(long position, IoVector source, long from, long bytes) throws BlockException;

    /**
     * Waits until all that was written before is safe.
     *
     * @throws BlockException if that cannot be said
     */
    void flush() throws BlockException;

    /**
     * Says that a range's content is not needed any more. Where its space cannot be given back the
     * content stays.
     */
    void discard(long position, long bytes) throws BlockException;

    /**
     * Makes a range read as zeros.
     *
     * @param mayUnmap whether its space may be given back
     */
    void writeZeroes(long position, long bytes, boolean mayUnmap) throws BlockException;

    /**
     * Changes the size. What is new reads as zeros; what is cut off is lost.
     *
     * @param size bytes, a multiple of {@link #SECTOR}
     */
    void resize(long size) throws BlockException;

    /**
     * Whether a range is known to read as zeros without reading it.
     *
     * @param position on the disk
     * @param bytes how many, not beyond the end
     */
    default boolean isHole(long position, long bytes) throws BlockException {
        return false;
    }

    /**
     * Where data may begin that are not zeros.
     *
     * @return a position at or after {@code position}, or -1 if only zeros follow
     */
    default long nextData(long position) throws BlockException {
        return position < size() ? position : -1;
    }

    /**
     * Where a range begins that is known to read as zeros.
     *
     * @param position where data are
     * @return a position after {@code position}, at most {@link #size}
     */
    default long nextHole(long position) throws BlockException {
        return size();
    }

    /** Flushes and lets go of the disk. May be called twice. */
    @Override
    void close() throws BlockException;
}
