package org.jvisor.virtio.block.qcow2;

import static org.jvisor.virtio.block.qcow2.Layout.getInt;
import static org.jvisor.virtio.block.qcow2.Layout.getLong;
import static org.jvisor.virtio.block.qcow2.Layout.setInt;
import static org.jvisor.virtio.block.qcow2.Layout.setLong;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/**
 * The header of an image, checked: every number in it is within its limits, tables begin at
 * clusters, and only features that are supported are in use. The fields change under the metadata's
 * lock.
 */
final class Header {
    private static final int MOST_NAME = 1023;

    final int version;
    final int clusterBits;
    final int refcountOrder;
    final int compressionType;
    final @Nullable String backingFile;
    final @Nullable String backingFormat;

    /** Where the bitmaps extension's content is in the first cluster, or -1. */
    final int bitmapsExtension;

    /** The first cluster as it is on the medium, up to the end of the fixed fields. */
    private final byte[] fields;

    /** The whole first cluster as it was read. */
    final byte[] firstCluster;

    private Header(String name, byte[] cluster) throws BlockException {
        firstCluster = cluster;
        version = getInt(cluster, Layout.VERSION);
        clusterBits = getInt(cluster, Layout.CLUSTER_BITS);
        int length = version == 2 ? Layout.V2_HEADER : getInt(cluster, Layout.HEADER_LENGTH);
        if (version == 3
                && (length < Layout.V3_HEADER || length > cluster.length || length % 8 != 0)) {
            throw Layout.corrupt(name, "its header has a length of " + length + " bytes");
        }
        fields = Arrays.copyOf(cluster, version == 2 ? Layout.V2_HEADER : Layout.V3_HEADER);
        refcountOrder = version == 2 ? 4 : getInt(cluster, Layout.REFCOUNT_ORDER);
        compressionType =
                version == 3 && length > Layout.COMPRESSION_TYPE
                        ? Byte.toUnsignedInt(cluster[Layout.COMPRESSION_TYPE])
                        : Layout.ZLIB;
        checkFeatures(name);
        checkTables(name);
        backingFile = backing(name, cluster);
        String format = null;
        int bitmaps = -1;
        int at = length;
        while (at + 8 <= cluster.length) {
            int type = getInt(cluster, at);
            int bytes = getInt(cluster, at + 4);
            if (type == Layout.END) {
                break;
            }
            if (bytes < 0 || bytes > cluster.length - at - 8) {
                throw Layout.corrupt(name, "a header extension has " + bytes + " bytes");
            }
            if (type == Layout.BACKING_FORMAT) {
                format = new String(cluster, at + 8, bytes, StandardCharsets.UTF_8);
            } else if (type == Layout.BITMAPS_EXTENSION && bytes >= 24) {
                bitmaps = at + 8;
            }
            at += 8 + (bytes + 7 & ~7);
        }
        backingFormat = format;
        bitmapsExtension = bitmaps;
    }

    /**
     * Reads and checks the header.
     *
     * @throws BlockException if it is no qcow2 image, damaged, or uses what is not supported
     */
    static Header read(HostFile file, TableIo io) throws BlockException {
        byte[] start = io.read(0, Layout.V3_HEADER + 8);
        if (getInt(start, 0) != Layout.MAGIC) {
            throw new BlockException(
                    BlockException.Kind.CORRUPT,
                    file.name()
                            + " is no qcow2 image: it does not begin with its mark. If it is a"
                            + " raw disk, say format raw.");
        }
        int version = getInt(start, Layout.VERSION);
        if (version != 2 && version != 3) {
            throw unsupported(file.name(), "version " + version + " of the format");
        }
        int bits = getInt(start, Layout.CLUSTER_BITS);
        if (bits < 9 || bits > 21) {
            throw Layout.corrupt(file.name(), "it tells clusters of 2^" + bits + " bytes");
        }
        return new Header(file.name(), io.read(0, 1 << bits));
    }

    private static BlockException unsupported(String name, String what) {
        return new BlockException(
                BlockException.Kind.UNSUPPORTED,
                "the image "
                        + name
                        + " uses "
                        + what
                        + ", which is not supported. Convert it with qemu-img convert -O qcow2.");
    }

    private void checkFeatures(String name) throws BlockException {
        if (getInt(fields, Layout.CRYPT_METHOD) != 0) {
            throw unsupported(name, "encryption");
        }
        long incompatible = incompatible();
        if ((incompatible & Layout.EXTERNAL_DATA) != 0) {
            throw unsupported(name, "an external data file");
        }
        if ((incompatible & Layout.EXTENDED_L2) != 0) {
            throw unsupported(name, "subclusters (extended_l2)");
        }
        long known = Layout.DIRTY | Layout.CORRUPT | Layout.COMPRESSION;
        if ((incompatible & ~known) != 0) {
            throw unsupported(name, "unknown features %#x".formatted(incompatible & ~known));
        }
        if (compressionType > Layout.ZSTD) {
            throw unsupported(name, "compression type " + compressionType);
        }
        if ((compressionType != Layout.ZLIB) != ((incompatible & Layout.COMPRESSION) != 0)) {
            throw Layout.corrupt(name, "its compression type contradicts its feature bits");
        }
        if (refcountOrder < 0 || refcountOrder > 6) {
            throw Layout.corrupt(name, "it tells refcounts of 2^" + refcountOrder + " bits");
        }
    }

    private void checkTables(String name) throws BlockException {
        long size = size();
        if (size < 0 || size > Long.MAX_VALUE - (1L << 40)) {
            throw Layout.corrupt(name, "it tells a size of %#x bytes".formatted(size));
        }
        long l1 = Integer.toUnsignedLong(getInt(fields, Layout.L1_SIZE));
        if (l1 * 8 > Layout.MOST_L1 || l1 < l1Needed(size, clusterBits)) {
            throw Layout.corrupt(
                    name, "a disk of " + size + " bytes cannot have an L1 table of " + l1);
        }
        checkOffset(name, "L1 table", l1Offset(), l1 * 8);
        long clusters = Integer.toUnsignedLong(getInt(fields, Layout.REFCOUNT_TABLE_CLUSTERS));
        if (clusters == 0 || clusters << clusterBits > Layout.MOST_REFCOUNT_TABLE) {
            throw Layout.corrupt(name, "its refcount table has " + clusters + " clusters");
        }
        checkOffset(name, "refcount table", refcountTableOffset(), clusters << clusterBits);
        long snapshots = Integer.toUnsignedLong(getInt(fields, Layout.NB_SNAPSHOTS));
        if (snapshots > Layout.MOST_SNAPSHOTS) {
            throw Layout.corrupt(name, "it tells " + snapshots + " snapshots");
        }
        if (snapshots > 0) {
            checkOffset(name, "snapshot table", snapshotsOffset(), snapshots * 40);
        }
    }

    private void checkOffset(String name, String what, long offset, long bytes)
            throws BlockException {
        if (bytes > 0
                && (offset < 1L << clusterBits
                        || offset > Layout.OFFSET - bytes
                        || (offset & (1L << clusterBits) - 1) != 0)) {
            throw Layout.corrupt(name, "its %s is said to be at %#x".formatted(what, offset));
        }
    }

    private @Nullable String backing(String name, byte[] cluster) throws BlockException {
        long offset = getLong(fields, Layout.BACKING_FILE_OFFSET);
        int length = getInt(fields, Layout.BACKING_FILE_SIZE);
        if (offset == 0 || length == 0) {
            return null;
        }
        if (length < 0
                || length > MOST_NAME
                || offset < fields.length
                || offset > cluster.length - length) {
            throw Layout.corrupt(name, "the name of its backing file is outside the header");
        }
        return new String(cluster, (int) offset, length, StandardCharsets.UTF_8);
    }

    /** Entries an L1 table needs for a disk of {@code size} bytes. */
    static long l1Needed(long size, int clusterBits) {
        return Layout.clusters(size, clusterBits + clusterBits - 3);
    }

    /** Entries in an L2 table, as a power of two. */
    int l2Bits() {
        return clusterBits - 3;
    }

    int clusterSize() {
        return 1 << clusterBits;
    }

    long size() {
        return getLong(fields, Layout.SIZE);
    }

    void size(long bytes) {
        setLong(fields, Layout.SIZE, bytes);
    }

    int l1Size() {
        return getInt(fields, Layout.L1_SIZE);
    }

    long l1Offset() {
        return getLong(fields, Layout.L1_TABLE_OFFSET);
    }

    void l1(long offset, int entries) {
        setLong(fields, Layout.L1_TABLE_OFFSET, offset);
        setInt(fields, Layout.L1_SIZE, entries);
    }

    long refcountTableOffset() {
        return getLong(fields, Layout.REFCOUNT_TABLE_OFFSET);
    }

    int refcountTableClusters() {
        return getInt(fields, Layout.REFCOUNT_TABLE_CLUSTERS);
    }

    void refcountTable(long offset, int clusters) {
        setLong(fields, Layout.REFCOUNT_TABLE_OFFSET, offset);
        setInt(fields, Layout.REFCOUNT_TABLE_CLUSTERS, clusters);
    }

    int snapshots() {
        return getInt(fields, Layout.NB_SNAPSHOTS);
    }

    long snapshotsOffset() {
        return getLong(fields, Layout.SNAPSHOTS_OFFSET);
    }

    long incompatible() {
        return version == 2 ? 0 : getLong(fields, Layout.INCOMPATIBLE_FEATURES);
    }

    void incompatible(long bits) {
        setLong(fields, Layout.INCOMPATIBLE_FEATURES, bits);
    }

    long compatible() {
        return version == 2 ? 0 : getLong(fields, Layout.COMPATIBLE_FEATURES);
    }

    long autoclear() {
        return version == 2 ? 0 : getLong(fields, Layout.AUTOCLEAR_FEATURES);
    }

    void autoclear(long bits) {
        setLong(fields, Layout.AUTOCLEAR_FEATURES, bits);
    }

    /** Writes the fields, which lie in one sector. */
    void write(TableIo io) throws BlockException {
        io.write(0, fields, 0, fields.length);
    }

    /** Makes the first cluster of a new image. */
    static byte[] encode(
            int version,
            int clusterBits,
            long size,
            int refcountOrder,
            boolean zstd,
            @Nullable String backingFile,
            @Nullable String backingFormat)
            throws BlockException {
        byte[] bytes = new byte[1 << clusterBits];
        setInt(bytes, 0, Layout.MAGIC);
        setInt(bytes, Layout.VERSION, version);
        setInt(bytes, Layout.CLUSTER_BITS, clusterBits);
        setLong(bytes, Layout.SIZE, size);
        int at = Layout.V2_HEADER;
        if (version == 3) {
            setLong(bytes, Layout.INCOMPATIBLE_FEATURES, zstd ? Layout.COMPRESSION : 0);
            setInt(bytes, Layout.REFCOUNT_ORDER, refcountOrder);
            setInt(bytes, Layout.HEADER_LENGTH, Layout.V3_HEADER + 8);
            bytes[Layout.COMPRESSION_TYPE] = (byte) (zstd ? Layout.ZSTD : Layout.ZLIB);
            at = Layout.V3_HEADER + 8;
        }
        byte[] format = bytes(backingFormat);
        byte[] file = bytes(backingFile);
        int need = at + 8 + (format.length + 7 & ~7) + 8 + file.length;
        if (file.length > MOST_NAME || need > Math.min(bytes.length, BlockBackend.SECTOR * 8)) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the name of the backing file, "
                            + backingFile
                            + ", is too long for the image's header. Use a shorter one, or larger"
                            + " clusters.");
        }
        if (format.length > 0) {
            setInt(bytes, at, Layout.BACKING_FORMAT);
            setInt(bytes, at + 4, format.length);
            System.arraycopy(format, 0, bytes, at + 8, format.length);
            at += 8 + (format.length + 7 & ~7);
        }
        at += 8; // the end of the extensions
        if (file.length > 0) {
            setLong(bytes, Layout.BACKING_FILE_OFFSET, at);
            setInt(bytes, Layout.BACKING_FILE_SIZE, file.length);
            System.arraycopy(file, 0, bytes, at, file.length);
        }
        return bytes;
    }

    private static byte[] bytes(@Nullable String text) {
        return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    }
}
