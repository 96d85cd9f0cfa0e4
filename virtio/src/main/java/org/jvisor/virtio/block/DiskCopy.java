package org.jvisor.virtio.block;

import java.lang.foreign.Arena;
import java.util.function.LongConsumer;
import org.jvisor.linux.IoVector;

/** Copies a disk to another, leaving out what is zero. */
public final class DiskCopy {
    private static final int CHUNK = 1 << 20;

    /** What is looked at as a whole: zero or not. */
    private static final int GRANULE = 1 << 12;

    private DiskCopy() {}

    /**
     * Copies all data and flushes.
     *
     * @param target a disk of zeros of at least the same size
     * @param progress told how many bytes of the source are done, now and then
     */
    public static void copy(BlockBackend source, BlockBackend target, LongConsumer progress)
            throws BlockException {
        try (Arena arena = Arena.ofConfined();
                IoVector buffer = IoVector.of(arena.allocate(CHUNK, 4096))) {
            long size = source.size();
            long at = source.nextData(0);
            while (at >= 0 && at < size) {
                long hole = source.nextHole(at);
                while (at < hole) {
                    // Pieces begin at their own multiples, so that clusters are written whole.
                    long part = Math.min(hole - at, CHUNK - at % CHUNK);
                    source.read(at, buffer, 0, part);
                    writeData(target, at, buffer, part);
                    at += part;
                    progress.accept(at);
                }
                at = at < size ? source.nextData(at) : -1;
            }
            target.flush();
            progress.accept(size);
        }
    }

    private static void writeData(BlockBackend target, long position, IoVector data, long bytes)
            throws BlockException {
        long from = 0;
        while (from < bytes) {
            long to = from;
            while (to < bytes && !data.isZero(to, Math.min(GRANULE, bytes - to))) {
                to += Math.min(GRANULE, bytes - to);
            }
            if (to > from) {
                target.write(position + from, data, from, to - from);
            }
            from = to;
            while (from < bytes && data.isZero(from, Math.min(GRANULE, bytes - from))) {
                from += Math.min(GRANULE, bytes - from);
            }
        }
    }
}
