package org.jvisor.virtio.block.qcow2;

import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/** Writes clusters, to new places where they must not be changed where they are. */
final class ClusterWriter {
    private final HostFile file;
    private final Metadata metadata;
    private final Extents extents;
    private final ClusterReader reader;
    private final int bits;
    private final int clusterSize;

    ClusterWriter(
            HostFile file,
            Metadata metadata,
            Extents extents,
            ClusterReader reader,
            int clusterBits) {
        this.file = file;
        this.metadata = metadata;
        this.extents = extents;
        this.reader = reader;
        bits = clusterBits;
        clusterSize = 1 << clusterBits;
    }

    /** Refuses to write data over metadata. */
    void checkData(long host, int clusters) throws BlockException {
        for (int i = 0; i < clusters; i++) {
            if (metadata.isMetadata(host + ((long) i << bits))) {
                throw metadata.noted(
                        Layout.corrupt(
                                file.name(),
                                "data are said to be where metadata are: %#x".formatted(host)));
            }
        }
    }

    /** Writes with the stretch's lock held alone. */
    void write(long position, IoVector source, long from, long bytes, Scratch scratch)
            throws BlockException {
        Run run = scratch.run;
        long done = 0;
        while (done < bytes) {
            long at = position + done;
            long cluster = at >>> bits;
            long skip = at & clusterSize - 1L;
            int wanted = (int) Layout.clusters(skip + bytes - done, bits);
            metadata.find(cluster, wanted, run);
            long part = Math.min(bytes - done, ((long) run.clusters << bits) - skip);
            if (run.kind == Run.Kind.NORMAL && run.owned) {
                checkData(run.host, run.clusters);
                file.write(run.host + skip, source, from + done, part);
            } else if (run.kind == Run.Kind.ZERO_ALLOCATED && run.owned) {
                checkData(run.host, run.clusters);
                long host = run.host;
                Space space = new Space(host, run.clusters, false);
                fillSpace(at, source, from + done, part, space, scratch);
                metadata.map(cluster, host, space.clusters());
            } else {
                part = writeNew(at, source, from + done, bytes - done, scratch);
            }
            done += part;
        }
    }

    /** Writes to clusters that are taken for it; returns how many bytes they took. */
    private long writeNew(long at, IoVector source, long from, long bytes, Scratch scratch)
            throws BlockException {
        long cluster = at >>> bits;
        long skip = at & clusterSize - 1L;
        int wanted = unowned(cluster, (int) Layout.clusters(skip + bytes, bits), scratch.run);
        Space space = metadata.allocate(wanted);
        long part = Math.min(bytes, ((long) space.clusters() << bits) - skip);
        boolean done = false;
        try {
            fillSpace(at, source, from, part, space, scratch);
            done = true;
        } finally {
            if (!done) {
                metadata.giveBack(space);
            }
        }
        metadata.map(cluster, space);
        return part;
    }

    /** How many clusters from one on need a new place. */
    private int unowned(long cluster, int most, Run run) throws BlockException {
        int count = 0;
        while (count < most) {
            metadata.find(cluster + count, most - count, run);
            boolean placed = run.kind == Run.Kind.NORMAL || run.kind == Run.Kind.ZERO_ALLOCATED;
            if (placed && run.owned) {
                break;
            }
            count += run.clusters;
        }
        return Math.min(count, most);
    }

    /** Writes data to a place, and around them what the first and last cluster have besides. */
    private void fillSpace(
            long at, IoVector source, long from, long bytes, Space space, Scratch scratch)
            throws BlockException {
        int skip = (int) (at & clusterSize - 1L);
        int rest = (int) (((long) space.clusters() << bits) - skip - bytes);
        IoVector all = scratch.all;
        all.clear();
        boolean head =
                skip > 0 && !(space.zeros() && extents.readsAsZeros(at >>> bits, scratch.run));
        if (head) {
            reader.readWhole(at - skip, scratch.headVector, scratch.run);
            all.add(scratch.headVector, 0, skip);
        }
        all.add(source, from, bytes);
        long last = at + bytes - 1 >>> bits;
        if (rest > 0 && !(space.zeros() && extents.readsAsZeros(last, scratch.run))) {
            reader.readWhole(last << bits, scratch.tailVector, scratch.run);
            all.add(scratch.tailVector, clusterSize - rest, rest);
        }
        file.write(space.host() + (head ? 0 : skip), all, 0, all.length());
    }
}
