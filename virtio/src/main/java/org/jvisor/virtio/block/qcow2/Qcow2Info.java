package org.jvisor.virtio.block.qcow2;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/**
 * What an image says of itself.
 *
 * @param version of the format, 2 or 3
 * @param size of the disk in bytes
 * @param clusterSize in bytes
 * @param backingFile as it is named in the image, or null
 * @param backingFormat the backing file's format, or null if it is not told
 * @param compression {@code zlib} or {@code zstd}: how compressed clusters are, if there are any
 * @param refcountBits the width of a reference count
 * @param dirty whether the counts were not brought up to date when it was last closed
 * @param corrupt whether someone found it damaged
 * @param snapshots the names of its internal snapshots
 */
public record Qcow2Info(
        int version,
        long size,
        int clusterSize,
        @Nullable String backingFile,
        @Nullable String backingFormat,
        String compression,
        int refcountBits,
        boolean dirty,
        boolean corrupt,
        List<String> snapshots) {
    /** Copies the list. */
    public Qcow2Info {
        snapshots = List.copyOf(snapshots);
    }

    /**
     * Reads the header and the names of the snapshots; no other file is opened.
     *
     * @throws BlockException if it is no image, damaged, or not supported
     */
    public static Qcow2Info read(HostFile file) throws BlockException {
        TableIo io = new TableIo(file);
        Header header = Header.read(file, io);
        List<String> snapshots =
                header.snapshots() == 0
                        ? List.of()
                        : Snapshots.read(file, header, io).snapshots().stream()
                                .map(Snapshots.Snapshot::name)
                                .toList();
        return new Qcow2Info(
                header.version,
                header.size(),
                header.clusterSize(),
                header.backingFile,
                header.backingFormat,
                header.compressionType == Layout.ZSTD ? "zstd" : "zlib",
                1 << header.refcountOrder,
                (header.incompatible() & Layout.DIRTY) != 0,
                (header.incompatible() & Layout.CORRUPT) != 0,
                snapshots);
    }
}
