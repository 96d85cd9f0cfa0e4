package org.jvisor.virtio.block;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.queue.Chain;

/**
 * Carries out the requests of a block device (virtio 1.2 §5.2.6). Every number in them is the
 * guest's: it is checked here, and a request that makes no sense ends with a status, not an
 * exception. Any number of threads may use it.
 */
final class BlockRequests {
    static final int VIRTIO_BLK_T_IN = 0;
    static final int VIRTIO_BLK_T_OUT = 1;
    static final int VIRTIO_BLK_T_FLUSH = 4;
    static final int VIRTIO_BLK_T_GET_ID = 8;
    static final int VIRTIO_BLK_T_DISCARD = 11;
    static final int VIRTIO_BLK_T_WRITE_ZEROES = 13;

    static final int VIRTIO_BLK_S_OK = 0;
    static final int VIRTIO_BLK_S_IOERR = 1;
    static final int VIRTIO_BLK_S_UNSUPP = 2;

    /** Bytes of the header: type, a reserved word, the sector. */
    static final int HEADER = 16;

    /** Bytes of a segment of a discard or write-zeroes request. */
    static final int SEGMENT = 16;

    static final int ID_BYTES = 20;

    private static final int UNMAP = 1;

    private final BlockBackend disk;
    private final BlockConfig config;
    private final MemorySegment id;
    private final Failures failures;

    /** Told of requests that the host could not carry out. */
    @FunctionalInterface
    interface Failures {
        void failed(Throwable why);
    }

    /**
     * Serves requests from a disk.
     *
     * @param serial what the driver reads as the disk's identity; its first 20 bytes count
     */
    BlockRequests(BlockBackend disk, BlockConfig config, String serial, Failures failures) {
        this.disk = disk;
        this.config = config;
        this.failures = failures;
        byte[] text = serial.getBytes(StandardCharsets.UTF_8);
        id = MemorySegment.ofArray(Arrays.copyOf(text, ID_BYTES));
    }

    /** What is wrong with a chain that cannot even be answered; null if nothing is. */
    static @Nullable String malformed(Chain chain) {
        if (chain.readable().length() < HEADER) {
            return "a block request has no header";
        }
        if (chain.writable().length() < 1) {
            return "a block request has no room for the status";
        }
        return null;
    }

    /** The type of a request that is not malformed. */
    static int type(Chain chain) {
        return chain.readInt(0);
    }

    /** Bytes of data that a request moves, for a rate limit. */
    static long bytes(Chain chain) {
        return switch (type(chain)) {
            case VIRTIO_BLK_T_IN -> chain.writable().length() - 1;
            case VIRTIO_BLK_T_OUT -> chain.readable().length() - HEADER;
            default -> 0;
        };
    }

    /**
     * Carries out a request and writes its status.
     *
     * @param chain one that is not malformed
     * @param writeback whether a write need not be safe when it is acknowledged
     * @return bytes written from the start of the writable part
     */
    long serve(Chain chain, boolean writeback) {
        long last = chain.writable().length() - 1;
        int type = type(chain);
        long written = 0;
        int status;
        try {
            long sector = chain.readLong(8);
            switch (type) {
                case VIRTIO_BLK_T_IN -> {
                    written = last; // even a failed read may have changed some
                    status = read(chain, sector, last);
                }
                case VIRTIO_BLK_T_OUT -> status = write(chain, sector, writeback);
                case VIRTIO_BLK_T_FLUSH -> {
                    disk.flush();
                    status = VIRTIO_BLK_S_OK;
                }
                case VIRTIO_BLK_T_GET_ID -> {
                    written = Math.min(last, ID_BYTES);
                    chain.write(0, id, 0, written);
                    status = VIRTIO_BLK_S_OK;
                }
                case VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES ->
                        status = segments(chain, type, writeback);
                default -> status = VIRTIO_BLK_S_UNSUPP;
            }
        } catch (BlockException | RuntimeException e) {
            failures.failed(e);
            status = VIRTIO_BLK_S_IOERR;
        }
        chain.writeByte(last, status);
        return written == last ? last + 1 : written;
    }

    private int read(Chain chain, long sector, long bytes) throws BlockException {
        if (!onDisk(sector, bytes)) {
            return VIRTIO_BLK_S_IOERR;
        }
        disk.read(sector * BlockBackend.SECTOR, chain.writable(), 0, bytes);
        return VIRTIO_BLK_S_OK;
    }

    private int write(Chain chain, long sector, boolean writeback) throws BlockException {
        long bytes = chain.readable().length() - HEADER;
        if (disk.readOnly() || !onDisk(sector, bytes)) {
            return VIRTIO_BLK_S_IOERR;
        }
        disk.write(sector * BlockBackend.SECTOR, chain.readable(), HEADER, bytes);
        if (!writeback) {
            disk.flush();
        }
        return VIRTIO_BLK_S_OK;
    }

    private int segments(Chain chain, int type, boolean writeback) throws BlockException {
        long bytes = chain.readable().length() - HEADER;
        if (disk.readOnly() || bytes % SEGMENT != 0 || bytes / SEGMENT > BlockConfig.MAX_SEGMENTS) {
            return VIRTIO_BLK_S_IOERR;
        }
        boolean zeroes = type == VIRTIO_BLK_T_WRITE_ZEROES;
        int allowed = zeroes ? UNMAP : 0;
        for (long at = HEADER; at < HEADER + bytes; at += SEGMENT) {
            if ((chain.readInt(at + 12) & ~allowed) != 0) {
                return VIRTIO_BLK_S_UNSUPP;
            }
        }
        for (long at = HEADER; at < HEADER + bytes; at += SEGMENT) {
            long sector = chain.readLong(at);
            long count = Integer.toUnsignedLong(chain.readInt(at + 8));
            if (count > BlockConfig.MAX_SECTORS || !onDisk(sector, count * BlockBackend.SECTOR)) {
                return VIRTIO_BLK_S_IOERR;
            }
            long position = sector * BlockBackend.SECTOR;
            if (zeroes) {
                boolean unmap = (chain.readInt(at + 12) & UNMAP) != 0;
                disk.writeZeroes(position, count * BlockBackend.SECTOR, unmap);
            } else {
                disk.discard(position, count * BlockBackend.SECTOR);
            }
        }
        if (zeroes && !writeback) {
            disk.flush();
        }
        return VIRTIO_BLK_S_OK;
    }

    /** Whether whole sectors of the disk are meant; {@code sector} may be any 64 bits. */
    private boolean onDisk(long sector, long bytes) {
        long sectors = Math.min(disk.size() / BlockBackend.SECTOR, config.read(0, 8));
        return bytes % BlockBackend.SECTOR == 0
                && sector >= 0
                && sector <= sectors
                && bytes / BlockBackend.SECTOR <= sectors - sector;
    }
}
