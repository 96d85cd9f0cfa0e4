package org.jvisor.virtio.block;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jvisor.linux.IoVector;

/** A disk whose bytes are a file's or a block device's, one to one. */
final class RawBackend implements BlockBackend {
    private static final int ZEROS = 1 << 18;
    private static final MemorySegment ZERO = Arena.ofAuto().allocate(ZEROS, 4096);

    private final HostFile file;
    private final boolean readOnly;

    /** A file's last sector may be incomplete: it counts, and is completed when written. */
    private volatile long size;

    /**
     * Takes over an open file.
     *
     * @param readOnly whether writing is refused
     */
    RawBackend(HostFile file, boolean readOnly) throws BlockException {
        this.file = file;
        this.readOnly = readOnly;
        size = (file.size() + SECTOR - 1) / SECTOR * SECTOR;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long position, IoVector target, long from, long bytes) throws BlockException {
        Ranges.check(this, position, bytes, false);
        file.read(position, target, from, bytes);
    }

    @Override
    public void write(long position, IoVector source, long from, long bytes) throws BlockException {
        Ranges.check(this, position, bytes, true);
        file.write(position, source, from, bytes);
    }

    @Override
    public void flush() throws BlockException {
        if (!readOnly) {
            file.sync();
        }
    }

    @Override
    public void discard(long position, long bytes) throws BlockException {
        Ranges.check(this, position, bytes, true);
        file.discard(position, bytes);
    }

    @Override
    public void writeZeroes(long position, long bytes, boolean mayUnmap) throws BlockException {
        Ranges.check(this, position, bytes, true);
        // A device may discard to anything, a file only to zeros.
        if (mayUnmap && !file.fixedSize() && file.discard(position, bytes)) {
            return;
        }
        if (file.zero(position, bytes)) {
            return;
        }
        try (IoVector zeros = IoVector.of(ZERO)) {
            long done = 0;
            while (done < bytes) {
                long part = Math.min(bytes - done, ZEROS);
                file.write(position + done, zeros, 0, part);
                done += part;
            }
        }
    }

    @Override
    public synchronized void resize(long newSize) throws BlockException {
        Ranges.checkSize(this, newSize);
        if (!file.fixedSize()) {
            file.truncate(newSize);
        } else if (file.size() != newSize) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the block device "
                            + file.name()
                            + " has "
                            + file.size()
                            + " bytes, not "
                            + newSize
                            + ". Resize the device itself first.");
        }
        size = newSize;
    }

    @Override
    public boolean isHole(long position, long bytes) throws BlockException {
        long data = file.nextData(position);
        return data < 0 || data >= position + bytes;
    }

    @Override
    public long nextData(long position) throws BlockException {
        return file.nextData(position);
    }

    @Override
    public long nextHole(long position) throws BlockException {
        return Math.min(size, file.nextHole(position));
    }

    @Override
    public void close() {
        file.close();
    }
}
