package org.jvisor.virtio.block;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.virtio.ConfigSpace;

/** The features and the configuration space of a block device (virtio 1.2 §5.2.3, §5.2.4). */
final class BlockConfig {
    static final long VIRTIO_BLK_F_SEG_MAX = 1L << 2;
    static final long VIRTIO_BLK_F_RO = 1L << 5;
    static final long VIRTIO_BLK_F_BLK_SIZE = 1L << 6;
    static final long VIRTIO_BLK_F_FLUSH = 1L << 9;
    static final long VIRTIO_BLK_F_TOPOLOGY = 1L << 10;
    static final long VIRTIO_BLK_F_CONFIG_WCE = 1L << 11;
    static final long VIRTIO_BLK_F_MQ = 1L << 12;
    static final long VIRTIO_BLK_F_DISCARD = 1L << 13;
    static final long VIRTIO_BLK_F_WRITE_ZEROES = 1L << 14;

    static final int SIZE = 60;

    /** Sectors in one segment of a discard or write-zeroes request: 2 GiB. */
    static final int MAX_SECTORS = 1 << 22;

    /** Segments in one such request. */
    static final int MAX_SEGMENTS = 32;

    private static final int CAPACITY = 0;
    private static final int SEG_MAX = 12;
    private static final int BLK_SIZE = 20;
    private static final int PHYSICAL_BLOCK_EXP = 24;
    private static final int MIN_IO_SIZE = 26;
    private static final int OPT_IO_SIZE = 28;
    private static final int WRITEBACK = 32;
    private static final int NUM_QUEUES = 34;
    private static final int MAX_DISCARD_SECTORS = 36;
    private static final int MAX_DISCARD_SEG = 40;
    private static final int DISCARD_SECTOR_ALIGNMENT = 44;
    private static final int MAX_WRITE_ZEROES_SECTORS = 48;
    private static final int MAX_WRITE_ZEROES_SEG = 52;
    private static final int WRITE_ZEROES_MAY_UNMAP = 56;

    private final ConfigSpace space = new ConfigSpace(SIZE);
    private final long features;

    BlockConfig(BlockBackend disk, int queues, int queueSize) {
        long bits =
                VIRTIO_BLK_F_SEG_MAX
                        | VIRTIO_BLK_F_BLK_SIZE
                        | VIRTIO_BLK_F_TOPOLOGY
                        | (queues > 1 ? VIRTIO_BLK_F_MQ : 0);
        if (disk.readOnly()) {
            bits |= VIRTIO_BLK_F_RO;
        } else {
            bits |=
                    VIRTIO_BLK_F_FLUSH
                            | VIRTIO_BLK_F_CONFIG_WCE
                            | VIRTIO_BLK_F_DISCARD
                            | VIRTIO_BLK_F_WRITE_ZEROES;
        }
        features = bits;
        setCapacity(disk.size());
        // Two of the descriptors of a chain are the header and the status.
        space.put(SEG_MAX, 4, Math.max(1, queueSize - 2));
        space.put(BLK_SIZE, 4, BlockBackend.SECTOR);
        int block = Math.max(BlockBackend.SECTOR, disk.preferredBlock());
        int sectors = Integer.highestOneBit(block) / BlockBackend.SECTOR;
        int page = Math.min(sectors, 8);
        space.put(PHYSICAL_BLOCK_EXP, 1, Integer.numberOfTrailingZeros(page));
        space.put(MIN_IO_SIZE, 2, page);
        space.put(OPT_IO_SIZE, 4, sectors);
        space.put(NUM_QUEUES, 2, queues);
        space.put(MAX_DISCARD_SECTORS, 4, MAX_SECTORS);
        space.put(MAX_DISCARD_SEG, 4, MAX_SEGMENTS);
        space.put(DISCARD_SECTOR_ALIGNMENT, 4, disk.discardGranule() / BlockBackend.SECTOR);
        space.put(MAX_WRITE_ZEROES_SECTORS, 4, MAX_SECTORS);
        space.put(MAX_WRITE_ZEROES_SEG, 4, MAX_SEGMENTS);
        space.put(WRITE_ZEROES_MAY_UNMAP, 1, 1);
        reset();
    }

    /** What the device offers. */
    long features() {
        return features;
    }

    /** Takes the driver's choices back. */
    void reset() {
        space.put(WRITEBACK, 1, (features & VIRTIO_BLK_F_CONFIG_WCE) != 0 ? 1 : 0);
    }

    /** Sets the size of the disk in bytes. */
    void setCapacity(long bytes) {
        space.put(CAPACITY, 8, bytes / BlockBackend.SECTOR);
    }

    /** Whether a write may be acknowledged before it is safe, if the driver flushes. */
    boolean writeback() {
        return space.read(WRITEBACK, 1) != 0;
    }

    long read(int offset, int size) {
        return space.read(offset, size);
    }

    void write(int offset, int size, long value) {
        if ((features & VIRTIO_BLK_F_CONFIG_WCE) != 0) {
            space.write(offset, size, value, WRITEBACK, 1);
        }
    }

    void save(DataOutput out) throws IOException {
        out.writeLong(space.read(CAPACITY, 8));
        out.writeBoolean(writeback());
    }

    void restore(DataInput in) throws IOException {
        long sectors = in.readLong();
        if (sectors != space.read(CAPACITY, 8)) {
            throw new IOException(
                    "the disk had "
                            + sectors
                            + " sectors when the state was saved and has "
                            + space.read(CAPACITY, 8)
                            + " now. Restore with the disk as it was.");
        }
        space.put(WRITEBACK, 1, in.readBoolean() ? 1 : 0);
    }
}
