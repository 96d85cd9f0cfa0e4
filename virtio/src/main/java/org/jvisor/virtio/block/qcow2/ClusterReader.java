package org.jvisor.virtio.block.qcow2;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/** Reads clusters from wherever they are: the file, compressed data, or the backing file. */
final class ClusterReader {
    private final HostFile file;
    private final Metadata metadata;
    private final Compressed compressed;
    private final @Nullable BlockBackend backing;
    private final int bits;

    ClusterReader(
            HostFile file,
            Metadata metadata,
            Compressed compressed,
            @Nullable BlockBackend backing,
            int clusterBits) {
        this.file = file;
        this.metadata = metadata;
        this.compressed = compressed;
        this.backing = backing;
        bits = clusterBits;
    }

    /** Reads a range whose stretch of the disk is locked. */
    void read(long position, IoVector target, long from, long bytes, Run run)
            throws BlockException {
        long done = 0;
        while (done < bytes) {
            long at = position + done;
            long cluster = at >>> bits;
            long skip = at & (1L << bits) - 1;
            metadata.find(cluster, (int) Layout.clusters(skip + bytes - done, bits), run);
            long part = Math.min(bytes - done, ((long) run.clusters << bits) - skip);
            switch (run.kind) {
                case NORMAL -> file.read(run.host + skip, target, from + done, part);
                case ZERO, ZERO_ALLOCATED -> target.fill(from + done, part, (byte) 0);
                case UNALLOCATED -> readBacking(at, target, from + done, part);
                case COMPRESSED -> {
                    MemorySegment content = MemorySegment.ofArray(compressed.read(run.host));
                    target.copyFrom(from + done, content.asSlice(skip, part));
                }
            }
            done += part;
        }
    }

    private void readBacking(long position, IoVector target, long from, long bytes)
            throws BlockException {
        BlockBackend below = backing;
        long there = below == null ? 0 : Math.clamp(below.size() - position, 0, bytes);
        if (below != null && there > 0) {
            below.read(position, target, from, there);
        }
        target.fill(from + there, bytes - there, (byte) 0);
    }

    /** Reads a whole cluster, beyond the end of the disk too. */
    void readWhole(long position, IoVector target, Run run) throws BlockException {
        read(position, target, 0, 1L << bits, run);
    }
}
