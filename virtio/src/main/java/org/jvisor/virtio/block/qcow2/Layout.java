package org.jvisor.virtio.block.qcow2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jvisor.virtio.block.BlockException;

/** The constants of the format, and its big-endian numbers. */
final class Layout {
    /** "QFI" and 0xfb. */
    static final int MAGIC = 0x514649fb;

    // Offsets in the header.
    static final int VERSION = 4;
    static final int BACKING_FILE_OFFSET = 8;
    static final int BACKING_FILE_SIZE = 16;
    static final int CLUSTER_BITS = 20;
    static final int SIZE = 24;
    static final int CRYPT_METHOD = 32;
    static final int L1_SIZE = 36;
    static final int L1_TABLE_OFFSET = 40;
    static final int REFCOUNT_TABLE_OFFSET = 48;
    static final int REFCOUNT_TABLE_CLUSTERS = 56;
    static final int NB_SNAPSHOTS = 60;
    static final int SNAPSHOTS_OFFSET = 64;
    static final int INCOMPATIBLE_FEATURES = 72;
    static final int COMPATIBLE_FEATURES = 80;
    static final int AUTOCLEAR_FEATURES = 88;
    static final int REFCOUNT_ORDER = 96;
    static final int HEADER_LENGTH = 100;
    static final int COMPRESSION_TYPE = 104;

    /** Bytes of the header of version 2, and of the shortest of version 3. */
    static final int V2_HEADER = 72, V3_HEADER = 104;

    // Feature bits.
    static final long DIRTY = 1, CORRUPT = 2, EXTERNAL_DATA = 4, COMPRESSION = 8, EXTENDED_L2 = 16;
    static final long LAZY_REFCOUNTS = 1;
    static final long BITMAPS = 1;

    // Header extensions.
    static final int END = 0;
    static final int BACKING_FORMAT = 0xe2792aca;
    static final int FEATURE_NAMES = 0x6803f857;
    static final int BITMAPS_EXTENSION = 0x23852875;

    // Entries of L1 and L2 tables.
    static final long OFFSET = 0x00ff_ffff_ffff_fe00L;
    static final long ZERO = 1;
    static final long COMPRESSED = 1L << 62;
    static final long COPIED = 1L << 63;

    static final int ZLIB = 0, ZSTD = 1;

    /** The largest L1 table and refcount table, in bytes: QEMU's limits. */
    static final int MOST_L1 = 32 << 20, MOST_REFCOUNT_TABLE = 8 << 20;

    static final int MOST_SNAPSHOTS = 65536;

    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Layout() {}

    static int getShort(byte[] bytes, int at) {
        return Short.toUnsignedInt((short) SHORTS.get(bytes, at));
    }

    static void setShort(byte[] bytes, int at, int value) {
        SHORTS.set(bytes, at, (short) value);
    }

    static int getInt(byte[] bytes, int at) {
        return (int) INTS.get(bytes, at);
    }

    static void setInt(byte[] bytes, int at, int value) {
        INTS.set(bytes, at, value);
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    static void setLong(byte[] bytes, int at, long value) {
        LONGS.set(bytes, at, value);
    }

    /** How many clusters {@code bytes} take up. */
    static long clusters(long bytes, int clusterBits) {
        return (bytes >>> clusterBits) + ((bytes & (1L << clusterBits) - 1) != 0 ? 1 : 0);
    }

    static BlockException corrupt(String name, String what) {
        return new BlockException(
                BlockException.Kind.CORRUPT,
                "the image "
                        + name
                        + " is damaged: "
                        + what
                        + ". Look at it with jvisor disk check.");
    }
}
