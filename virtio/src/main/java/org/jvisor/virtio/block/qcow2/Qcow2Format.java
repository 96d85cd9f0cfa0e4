package org.jvisor.virtio.block.qcow2;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/** Makes new images. */
public final class Qcow2Format {
    /** The usual size of a cluster, in bytes. */
    public static final int CLUSTER = 1 << 16;

    private Qcow2Format() {}

    /**
     * What a new image is like.
     *
     * @param size of the disk in bytes, a multiple of 512
     * @param version 2 or 3
     * @param clusterSize a power of two from 512 to 2 MiB
     * @param backingFile as written into the image, or null
     * @param backingFormat the format of the backing file; null only if there is none
     */
    public record Options(
            long size,
            int version,
            int clusterSize,
            @Nullable String backingFile,
            @Nullable String backingFormat) {
        /** Version 3 with clusters of the usual size. */
        public static Options of(long size) {
            return new Options(size, 3, CLUSTER, null, null);
        }

        /** The same with another size. */
        public Options withSize(long bytes) {
            return new Options(bytes, version, clusterSize, backingFile, backingFormat);
        }

        /** The same with a backing file. */
        public Options backedBy(String file, String format) {
            return new Options(size, version, clusterSize, file, format);
        }
    }

    /**
     * Writes an empty image.
     *
     * @param file empty
     * @throws BlockException also if there cannot be such an image
     */
    public static void create(HostFile file, Options options) throws BlockException {
        int cluster = options.clusterSize;
        int bits = Integer.numberOfTrailingZeros(cluster);
        if (Integer.bitCount(cluster) != 1 || bits < 9 || bits > 21) {
            throw refused("clusters of " + cluster + " bytes; use a power of two, 512 to 2097152");
        }
        if (options.version != 2 && options.version != 3) {
            throw refused("version " + options.version + "; there are 2 and 3");
        }
        if (options.size < 0 || options.size % BlockBackend.SECTOR != 0) {
            throw refused(options.size + " bytes; use a multiple of " + BlockBackend.SECTOR);
        }
        long l1Bytes = Header.l1Needed(options.size, bits) * 8;
        if (l1Bytes > Layout.MOST_L1) {
            throw refused(options.size + " bytes in clusters of " + cluster + "; use larger ones");
        }
        int order = 4;
        int perBlock = cluster * 8 >> order;
        int l1Clusters = Math.max(1, (int) Layout.clusters(l1Bytes, bits));
        int blocks = 1;
        int tableClusters = 1;
        while (blocks * (long) perBlock < 1L + tableClusters + blocks + l1Clusters) {
            blocks++;
            tableClusters = (int) Layout.clusters(blocks * 8L, bits);
        }
        int used = 1 + tableClusters + blocks + l1Clusters;
        byte[] header =
                Header.encode(
                        options.version,
                        bits,
                        options.size,
                        order,
                        false,
                        options.backingFile,
                        options.backingFormat);
        Layout.setLong(header, Layout.REFCOUNT_TABLE_OFFSET, cluster);
        Layout.setInt(header, Layout.REFCOUNT_TABLE_CLUSTERS, tableClusters);
        Layout.setLong(header, Layout.L1_TABLE_OFFSET, (long) (1 + tableClusters + blocks) << bits);
        Layout.setInt(header, Layout.L1_SIZE, (int) (l1Bytes / 8));

        TableIo io = new TableIo(file);
        if (!file.fixedSize()) {
            file.truncate((long) used << bits);
        }
        byte[] table = new byte[tableClusters << bits];
        for (int i = 0; i < blocks; i++) {
            Layout.setLong(table, i * 8, (long) (1 + tableClusters + i) << bits);
        }
        byte[] counts = new byte[cluster];
        for (int i = 0; i < blocks; i++) {
            Arrays.fill(counts, (byte) 0);
            for (int j = 0; j < Math.min(perBlock, used - i * perBlock); j++) {
                Layout.setShort(counts, j * 2, 1);
            }
            io.write((long) (1 + tableClusters + i) << bits, counts, 0, cluster);
        }
        io.write(cluster, table, 0, table.length);
        byte[] l1 = new byte[l1Clusters << bits];
        io.write((long) (1 + tableClusters + blocks) << bits, l1, 0, l1.length);
        file.sync();
        io.write(0, header, 0, cluster);
        file.sync();
    }

    private static BlockException refused(String what) {
        return new BlockException(
                BlockException.Kind.OUT_OF_RANGE, "a qcow2 image cannot have " + what);
    }
}
