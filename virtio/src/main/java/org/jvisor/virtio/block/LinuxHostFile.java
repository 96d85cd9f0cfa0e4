package org.jvisor.virtio.block;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.DiskFile;
import org.jvisor.linux.IoVector;
import org.jvisor.linux.LinuxException;

/**
 * A file or block device of the host. Around the page cache (O_DIRECT), what is not aligned goes
 * through a buffer; such writes read their first and last block before, so nothing else is written
 * meanwhile.
 */
final class LinuxHostFile implements HostFile {
    /** The largest buffer for a request that is not aligned. */
    private static final int BOUNCE = 1 << 20;

    private static final String IN_USE = "jvisor.in-use";

    private final DiskFile file;
    private final int alignment;

    /** Shared by aligned writes, exclusive for those that rewrite what surrounds them. */
    private final ReadWriteLock direct = new ReentrantReadWriteLock();

    private volatile @Nullable BlockException syncFailure;

    private LinuxHostFile(DiskFile file) {
        this.file = file;
        alignment = file.alignment();
    }

    /**
     * Opens and locks a file.
     *
     * @param mode how
     * @param direct around the page cache
     * @throws BlockException if it cannot be opened or is in use
     */
    static LinuxHostFile open(Path path, DiskFile.Mode mode, boolean direct) throws BlockException {
        DiskFile file;
        try {
            file = DiskFile.open(path, mode, direct);
        } catch (LinuxException e) {
            throw opening(path, e);
        }
        try {
            DiskLock.take(file, mode != DiskFile.Mode.READ);
            return new LinuxHostFile(file);
        } catch (BlockException e) {
            file.close();
            throw e;
        } catch (LinuxException e) {
            file.close();
            throw translate(e);
        }
    }

    private static BlockException opening(Path path, LinuxException e) {
        String advice =
                switch (e.errnoName()) {
                    case "ENOENT" ->
                            "There is no such file; check the path, or make the disk with"
                                    + " jvisor disk create.";
                    case "EACCES", "EPERM" -> "Check its owner and permissions.";
                    case "EROFS" -> "Its file system is read-only: open the disk read-only too.";
                    case "EEXIST" -> "Choose another name, or remove the file first.";
                    default -> e.getMessage();
                };
        return new BlockException(
                BlockException.Kind.NO_ACCESS,
                "cannot open the disk " + path + " (" + e.errnoName() + "). " + advice,
                e);
    }

    /** What a refused system call means to a disk. */
    static BlockException translate(LinuxException e) {
        BlockException.Kind kind =
                switch (e.errnoName()) {
                    case "ENOSPC", "EDQUOT", "EFBIG" -> BlockException.Kind.NO_SPACE;
                    case "EROFS", "EBADF" -> BlockException.Kind.READ_ONLY;
                    default -> BlockException.Kind.IO;
                };
        String message = e.getMessage();
        return new BlockException(kind, message == null ? "a disk access failed" : message, e);
    }

    /** The file itself. */
    DiskFile file() {
        return file;
    }

    @Override
    public String name() {
        return file.path().toString();
    }

    @Override
    public long size() throws BlockException {
        try {
            return file.size();
        } catch (LinuxException e) {
            throw translate(e);
        }
    }

    @Override
    public boolean fixedSize() {
        return file.isBlockDevice();
    }

    @Override
    public void read(long position, IoVector target, long from, long bytes) throws BlockException {
        if (!aligned(position, target, from, bytes)) {
            bounce(position, target, from, bytes, false);
            return;
        }
        try {
            long got = file.read(position, target, from, bytes);
            if (got < bytes) {
                target.fill(from + got, bytes - got, (byte) 0);
            }
        } catch (LinuxException e) {
            throw translate(e);
        }
    }

    @Override
    public void write(long position, IoVector source, long from, long bytes) throws BlockException {
        if (alignment == 1) {
            writePlain(position, source, from, bytes);
        } else if (aligned(position, source, from, bytes)) {
            direct.readLock().lock();
            try {
                writePlain(position, source, from, bytes);
            } finally {
                direct.readLock().unlock();
            }
        } else {
            direct.writeLock().lock();
            try {
                long end = Math.max(size(), position + bytes);
                bounce(position, source, from, bytes, true);
                if (!fixedSize() && size() > end) {
                    truncate(end);
                }
            } finally {
                direct.writeLock().unlock();
            }
        }
    }

    private void writePlain(long position, IoVector source, long from, long bytes)
            throws BlockException {
        try {
            file.write(position, source, from, bytes);
        } catch (LinuxException e) {
            throw translate(e);
        }
    }

    /** Moves a request in pieces through an aligned buffer. */
    private void bounce(long position, IoVector ranges, long from, long bytes, boolean write)
            throws BlockException {
        long mask = alignment - 1L;
        int size = (int) Math.min(BOUNCE, ((bytes + mask) & ~mask) + alignment);
        try (Arena arena = Arena.ofConfined();
                IoVector buffer = new IoVector(1)) {
            MemorySegment memory = arena.allocate(size, alignment);
            buffer.add(memory);
            long done = 0;
            while (done < bytes) {
                long start = (position + done) & ~mask;
                long skip = position + done - start;
                long part = Math.min(bytes - done, size - skip);
                long whole = (skip + part + mask) & ~mask;
                MemorySegment piece = memory.asSlice(skip, part);
                if (write) {
                    if (skip != 0 || part != whole) {
                        read(start, buffer, 0, whole);
                    }
                    ranges.copyTo(from + done, piece);
                    writePlain(start, buffer, 0, whole);
                } else {
                    read(start, buffer, 0, whole);
                    ranges.copyFrom(from + done, piece);
                }
                done += part;
            }
        }
    }

    private boolean aligned(long position, IoVector ranges, long from, long bytes) {
        long mask = alignment - 1L;
        if (mask == 0) {
            return true;
        }
        if (((position | from | bytes) & mask) != 0) {
            return false;
        }
        for (int i = 0; i < ranges.count(); i++) {
            if (((ranges.address(i) | ranges.length(i)) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void sync() throws BlockException {
        BlockException before = syncFailure;
        if (before != null) {
            throw new BlockException(
                    before.kind(),
                    "an earlier flush of "
                            + name()
                            + " failed, so nothing later is safe. Stop the machine and look into"
                            + " the host's storage.",
                    before);
        }
        try {
            file.sync();
        } catch (LinuxException e) {
            BlockException failure = translate(e);
            syncFailure = failure;
            throw failure;
        }
    }

    @Override
    public void truncate(long size) throws BlockException {
        try {
            file.truncate(size);
        } catch (LinuxException e) {
            throw translate(e);
        }
    }

    @Override
    public boolean discard(long position, long bytes) throws BlockException {
        try {
            return file.discard(position, bytes);
        } catch (LinuxException e) {
            throw translate(e);
        }
    }

    @Override
    public boolean zero(long position, long bytes) throws BlockException {
        try {
            return file.zero(position, bytes);
        } catch (LinuxException e) {
            throw translate(e);
        }
    }

    @Override
    public long nextData(long position) throws BlockException {
        try {
            return file.nextData(position);
        } catch (LinuxException e) {
            throw translate(e);
        }
    }

    @Override
    public long nextHole(long position) throws BlockException {
        try {
            long hole = file.nextHole(position);
            return hole < 0 ? file.size() : hole;
        } catch (LinuxException e) {
            throw translate(e);
        }
    }

    @Override
    public boolean wasLeftInUse() {
        return FileNotes.read(file.path(), IN_USE) != null;
    }

    @Override
    public void setInUse(boolean inUse) {
        FileNotes.write(file.path(), IN_USE, inUse ? "yes" : null);
    }

    @Override
    public void close() {
        file.close();
    }
}
