package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.jvisor.linux.bindings.flock;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.Calls;
import org.jvisor.linux.calls.DiskCalls;
import org.jvisor.linux.calls.FileCalls;
import org.jvisor.linux.calls.StreamCalls;

/**
 * A file or block device that holds a disk: reads and writes at any position into any memory, and
 * the calls that make holes, find them, and lock. Any thread may call any method; several may read
 * and write at once. Errors are {@link LinuxException}s.
 */
public final class DiskFile implements AutoCloseable {
    /** How a file is opened. */
    public enum Mode {
        /** Reading only. */
        READ,
        /** Reading and writing a file that exists. */
        WRITE,
        /** Reading and writing a file that must not exist yet. */
        CREATE
    }

    private final Path path;
    private final Fd fd;
    private final boolean blockDevice;
    private final boolean direct;
    private final int alignment;

    private DiskFile(Path path, Fd fd, boolean direct) {
        this.path = path;
        this.fd = fd;
        this.direct = direct;
        long size = deviceNumber(linux_h.BLKGETSIZE64());
        blockDevice = size >= 0;
        // A file's granule cannot be asked for everywhere: a page satisfies every file system.
        alignment = !direct ? 1 : (int) Math.max(HostMemory.PAGE_SIZE, physicalBlockSize());
    }

    /**
     * Opens a file.
     *
     * @param direct whether to go around the page cache (O_DIRECT): all positions, lengths and
     *     addresses must then be multiples of {@link #alignment}
     * @throws LinuxException if the kernel refuses
     */
    public static DiskFile open(Path path, Mode mode, boolean direct) {
        int flags =
                switch (mode) {
                    case READ -> linux_h.O_RDONLY();
                    case WRITE -> linux_h.O_RDWR();
                    case CREATE -> linux_h.O_RDWR() | linux_h.O_CREAT() | linux_h.O_EXCL();
                };
        try {
            Fd fd = Fd.open(path.toString(), flags | (direct ? linux_h.O_DIRECT() : 0));
            return new DiskFile(path, fd, direct);
        } catch (LinuxException e) {
            if (direct && e.errno() == linux_h.EINVAL()) {
                throw new LinuxException(
                        e.operation(), e.errno(), "Its file system may not know O_DIRECT.");
            }
            throw e;
        }
    }

    /** What was opened. */
    public Path path() {
        return path;
    }

    /** Whether it is a block device. */
    public boolean isBlockDevice() {
        return blockDevice;
    }

    /** Whether it goes around the page cache. */
    public boolean isDirect() {
        return direct;
    }

    /** What positions, lengths and addresses must be multiples of, in bytes; 1 for anything. */
    public int alignment() {
        return alignment;
    }

    /** Bytes of the device's physical block, or 0 where it tells none, as for a file. */
    public int physicalBlockSize() {
        MemorySegment number = Calls.scratch();
        number.set(ValueLayout.JAVA_LONG, 0, 0);
        return ioctl(linux_h.BLKPBSZGET(), number) < 0 ? 0 : number.get(ValueLayout.JAVA_INT, 0);
    }

    /** Its size in bytes now. */
    public long size() {
        if (blockDevice) {
            return LinuxException.check(
                    "asking for the size of " + path, deviceNumber(linux_h.BLKGETSIZE64()));
        }
        return LinuxException.check("seek in " + path, seek(0, linux_h.SEEK_END()));
    }

    /**
     * Fills a part of {@code target} from the file.
     *
     * @param position in the file
     * @param target used by this call alone while it lasts
     * @param from position in {@code target}
     * @param bytes how many
     * @return how many bytes were there: fewer than {@code bytes} only at the end of the file
     */
    public long read(long position, IoVector target, long from, long bytes) {
        int number = fd.acquire();
        try {
            long result =
                    target.transfer(
                            from,
                            bytes,
                            (ranges, count, done) -> {
                                long got;
                                do {
                                    got = DiskCalls.preadv(number, ranges, count, position + done);
                                } while (got == -linux_h.EINTR());
                                return got;
                            });
            if (result < 0) {
                throw failed("read of " + bytes + " bytes at " + position, result);
            }
            return result;
        } finally {
            fd.release();
        }
    }

    /**
     * Writes a part of {@code source} to the file, which grows where it must.
     *
     * @param position in the file
     * @param source used by this call alone while it lasts
     * @param from position in {@code source}
     * @param bytes how many
     * @throws LinuxException if not all could be written; some may have been
     */
    public void write(long position, IoVector source, long from, long bytes) {
        int number = fd.acquire();
        try {
            long result =
                    source.transfer(
                            from,
                            bytes,
                            (ranges, count, done) -> {
                                long put;
                                do {
                                    put = DiskCalls.pwritev(number, ranges, count, position + done);
                                } while (put == -linux_h.EINTR());
                                return put;
                            });
            if (result != bytes) {
                String what = "write of " + bytes + " bytes at " + position;
                throw failed(what, result < 0 ? result : -linux_h.ENOSPC());
            }
        } finally {
            fd.release();
        }
    }

    /** Waits until everything written is on the medium (fdatasync). */
    public void sync() {
        int number = fd.acquire();
        try {
            int result = DiskCalls.fdatasync(number);
            if (result < 0) {
                throw failed("fdatasync", result);
            }
        } finally {
            fd.release();
        }
    }

    /**
     * Sets a file's size; what is new reads as zeros.
     *
     * @throws LinuxException also for a block device
     */
    public void truncate(long size) {
        int number = fd.acquire();
        try {
            int result = StreamCalls.ftruncate(number, size);
            if (result < 0) {
                throw failed("setting the size to " + size, result);
            }
        } finally {
            fd.release();
        }
    }

    /**
     * Gives the space of a range back to the host. A file's range reads as zeros then; a block
     * device's may read as anything.
     *
     * @return false if the file system or device cannot
     */
    public boolean discard(long position, long bytes) {
        if (bytes == 0) {
            return true;
        }
        if (blockDevice) {
            return supported(
                    "discard", deviceRange(linux_h.BLKDISCARD(), position, bytes), position);
        }
        int mode = linux_h.FALLOC_FL_PUNCH_HOLE() | linux_h.FALLOC_FL_KEEP_SIZE();
        return supported("punching a hole", fallocate(mode, position, bytes), position);
    }

    /**
     * Makes a range read as zeros without writing them out, keeping its space.
     *
     * @return false if the file system or device cannot: write zeros then
     */
    public boolean zero(long position, long bytes) {
        if (bytes == 0) {
            return true;
        }
        if (blockDevice) {
            return supported(
                    "zeroing", deviceRange(linux_h.BLKZEROOUT(), position, bytes), position);
        }
        int mode = linux_h.FALLOC_FL_ZERO_RANGE() | linux_h.FALLOC_FL_KEEP_SIZE();
        return supported("zeroing", fallocate(mode, position, bytes), position);
    }

    /**
     * Where the next data begin.
     *
     * @return the position of the first byte at or after {@code position} that is not in a hole; -1
     *     if only a hole is left
     */
    public long nextData(long position) {
        return next(position, linux_h.SEEK_DATA());
    }

    /**
     * Where the next hole begins; the end of the file counts as one.
     *
     * @return a position at or after {@code position}, or -1 if that is past the end
     */
    public long nextHole(long position) {
        return next(position, linux_h.SEEK_HOLE());
    }

    /**
     * Takes a lock on a range of bytes that belongs to this open file and ends with it (an open
     * file description lock), without waiting.
     *
     * @param exclusive whether nobody else may have any lock there, else only no exclusive one
     * @return whether it could be had
     */
    public boolean lock(long position, long bytes, boolean exclusive) {
        short type = (short) (exclusive ? linux_h.F_WRLCK() : linux_h.F_RDLCK());
        int result = lockCall(linux_h.F_OFD_SETLK(), type, position, bytes);
        if (result == -linux_h.EAGAIN() || result == -linux_h.EACCES()) {
            return false;
        }
        if (result < 0) {
            throw failed("locking", result);
        }
        return true;
    }

    /** Gives back what {@link #lock} took in a range. */
    public void unlock(long position, long bytes) {
        int result = lockCall(linux_h.F_OFD_SETLK(), (short) linux_h.F_UNLCK(), position, bytes);
        if (result < 0) {
            throw failed("unlocking", result);
        }
    }

    /** Whether someone else has a lock of any kind in a range. */
    public boolean isLockedByOther(long position, long bytes) {
        int result = lockCall(linux_h.F_OFD_GETLK(), (short) linux_h.F_WRLCK(), position, bytes);
        if (result < 0) {
            throw failed("asking for locks", result);
        }
        return flock.l_type(Calls.scratch()) != linux_h.F_UNLCK();
    }

    /** Closes the file and gives back its locks. May be called twice. */
    @Override
    public void close() {
        fd.close();
    }

    // ---- inside ----

    private LinuxException failed(String what, long result) {
        String hint =
                result == -linux_h.ENOSPC() ? "Make room on the file system that holds it." : "";
        return new LinuxException(what + " of " + path, (int) -result, hint);
    }

    private boolean supported(String what, int result, long position) {
        if (result == -linux_h.EOPNOTSUPP()
                || result == -linux_h.ENOTTY()
                || result == -linux_h.EINVAL()) {
            return false;
        }
        if (result < 0) {
            throw failed(what + " at " + position, result);
        }
        return true;
    }

    private long next(long position, int whence) {
        long result = seek(position, whence);
        if (result == -linux_h.ENXIO()) {
            return -1;
        }
        if (result == -linux_h.EINVAL()) {
            return whence == linux_h.SEEK_DATA() ? position : size();
        }
        return LinuxException.check("looking for holes in " + path, result);
    }

    private long seek(long offset, int whence) {
        int number = fd.acquire();
        try {
            return StreamCalls.lseek(number, offset, whence);
        } finally {
            fd.release();
        }
    }

    private int fallocate(int mode, long position, long bytes) {
        int number = fd.acquire();
        try {
            int result;
            do {
                result = DiskCalls.fallocate(number, mode, position, bytes);
            } while (result == -linux_h.EINTR());
            return result;
        } finally {
            fd.release();
        }
    }

    private int deviceRange(long request, long position, long bytes) {
        MemorySegment range = Calls.scratch();
        range.set(ValueLayout.JAVA_LONG, 0, position);
        range.set(ValueLayout.JAVA_LONG, 8, bytes);
        return ioctl(request, range);
    }

    private long deviceNumber(long request) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(ValueLayout.JAVA_LONG);
            int result = ioctl(request, number);
            return result < 0 ? result : number.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    private int ioctl(long request, MemorySegment argument) {
        int number = fd.acquire();
        try {
            return FileCalls.ioctl(number, request, argument);
        } finally {
            fd.release();
        }
    }

    private int lockCall(int command, short type, long position, long bytes) {
        MemorySegment lock = Calls.scratch();
        lock.asSlice(0, flock.sizeof()).fill((byte) 0); // l_pid must be 0
        flock.l_type(lock, type);
        flock.l_whence(lock, (short) linux_h.SEEK_SET());
        flock.l_start(lock, position);
        flock.l_len(lock, bytes);
        int number = fd.acquire();
        try {
            return DiskCalls.fcntl(number, command, lock);
        } finally {
            fd.release();
        }
    }
}
