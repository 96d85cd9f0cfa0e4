package org.jvisor.virtio.block.qcow2;

import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;

/** Tells where a disk has data and where zeros, without reading them. */
final class Extents {
    private final Metadata metadata;
    private final @Nullable BlockBackend backing;
    private final int bits;

    Extents(Metadata metadata, @Nullable BlockBackend backing, int clusterBits) {
        this.metadata = metadata;
        this.backing = backing;
        bits = clusterBits;
    }

    /** Whether a cluster of the disk is known to read as zeros; {@code run} is overwritten. */
    boolean readsAsZeros(long cluster, Run run) throws BlockException {
        metadata.find(cluster, 1, run);
        return switch (run.kind) {
            case ZERO, ZERO_ALLOCATED -> true;
            case UNALLOCATED -> backingIsHole(cluster << bits, 1L << bits);
            case NORMAL, COMPRESSED -> false;
        };
    }

    private boolean backingIsHole(long position, long bytes) throws BlockException {
        BlockBackend below = backing;
        if (below == null || below.size() <= position) {
            return true;
        }
        return below.isHole(position, Math.min(bytes, below.size() - position));
    }

    boolean isHole(long position, long bytes) throws BlockException {
        Run run = new Run();
        long at = position;
        while (at < position + bytes) {
            long cluster = at >>> bits;
            long count = (position + bytes - 1 >>> bits) - cluster + 1;
            metadata.find(cluster, (int) Math.min(count, 1 << 24), run);
            long end = Math.min(position + bytes, cluster + run.clusters << bits);
            boolean hole =
                    switch (run.kind) {
                        case ZERO, ZERO_ALLOCATED -> true;
                        case UNALLOCATED -> backingIsHole(at, end - at);
                        case NORMAL, COMPRESSED -> false;
                    };
            if (!hole) {
                return false;
            }
            at = end;
        }
        return true;
    }

    long nextData(long position, long size) throws BlockException {
        long at = position;
        Run run = new Run();
        while (at < size) {
            long cluster = at >>> bits;
            metadata.find(cluster, most(cluster, size), run);
            long end = Math.min(size, cluster + run.clusters << bits);
            switch (run.kind) {
                case NORMAL, COMPRESSED -> {
                    return at;
                }
                case UNALLOCATED -> {
                    if (backing != null && at < backing.size()) {
                        long data = backing.nextData(at);
                        if (data >= 0 && data < end) {
                            return data;
                        }
                    }
                }
                case ZERO, ZERO_ALLOCATED -> {
                    // goes on behind it
                }
            }
            at = end;
        }
        return -1;
    }

    long nextHole(long position, long size) throws BlockException {
        long at = position;
        Run run = new Run();
        while (at < size) {
            long cluster = at >>> bits;
            metadata.find(cluster, most(cluster, size), run);
            long end = Math.min(size, cluster + run.clusters << bits);
            switch (run.kind) {
                case ZERO, ZERO_ALLOCATED -> {
                    return at;
                }
                case UNALLOCATED -> {
                    if (backing == null || at >= backing.size()) {
                        return at;
                    }
                    long hole = Math.min(backing.nextHole(at), backing.size());
                    if (hole < end) {
                        return hole;
                    }
                }
                case NORMAL, COMPRESSED -> {
                    // goes on behind it
                }
            }
            at = end;
        }
        return size;
    }

    private int most(long cluster, long size) {
        return (int) Math.min(1 << 24, Layout.clusters(size, bits) - cluster);
    }
}
