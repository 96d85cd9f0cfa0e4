package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.DiskCalls;
import org.jvisor.linux.calls.FileCalls;
import org.jvisor.linux.calls.StreamCalls;
import org.jvisor.linux.calls.TerminalCalls;

/**
 * An open file descriptor. All methods may be called from any thread. A {@link #close} while other
 * threads use the descriptor takes effect when the last of them is done: the number can never mean
 * another file in the meantime.
 */
public final class Fd implements AutoCloseable {
    private static final int CLOSED = 1 << 31;

    private final int number;
    private final boolean owned;
    // The number of calls under way, and the sign bit once close was called.
    private final AtomicInteger users = new AtomicInteger();

    private Fd(int number, boolean owned) {
        this.number = number;
        this.owned = owned;
    }

    /**
     * Takes ownership of a descriptor just opened.
     *
     * @param number a valid file descriptor that nothing else closes
     */
    public static Fd own(int number) {
        return new Fd(number, true);
    }

    /**
     * Wraps a descriptor that someone else owns, such as 0 for the standard input: closing it ends
     * only the use of this object.
     */
    public static Fd borrow(int number) {
        return new Fd(number, false);
    }

    /**
     * Opens a file.
     *
     * @param path as the kernel takes it
     * @param flags {@code O_} flags; {@code O_CLOEXEC} is added
     * @throws LinuxException if the kernel refuses
     */
    static Fd open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            int number =
                    FileCalls.open(arena.allocateFrom(path), flags | linux_h.O_CLOEXEC(), 0666);
            return own(LinuxException.check("open of " + path, number));
        }
    }

    /**
     * The number the kernel knows it by, with a promise that it stays open until {@link #release}.
     * For calls made elsewhere in this module.
     *
     * @throws IllegalStateException after {@link #close}
     */
    public int acquire() {
        int now = users.get();
        while (now >= 0) {
            if (users.compareAndSet(now, now + 1)) {
                return number;
            }
            now = users.get();
        }
        throw new IllegalStateException("file descriptor " + number + " is closed");
    }

    /** Ends one {@link #acquire}. */
    public void release() {
        if (users.decrementAndGet() == CLOSED) {
            reallyClose();
        }
    }

    /** Whether {@link #close} was called. */
    public boolean isClosed() {
        return users.get() < 0;
    }

    /** Whether it is a terminal. */
    public boolean isTerminal() {
        int fd = acquire();
        try {
            return TerminalCalls.isatty(fd);
        } finally {
            release();
        }
    }

    /**
     * Reads what is there, waiting for the first byte unless the descriptor is non-blocking.
     *
     * @param buffer native memory to fill
     * @return bytes read, 0 at the end of the file, -1 where a non-blocking descriptor has none
     * @throws LinuxException if the kernel refuses
     */
    public long read(MemorySegment buffer) {
        int fd = acquire();
        try {
            long result;
            do {
                result = StreamCalls.read(fd, buffer, buffer.byteSize());
            } while (result == -linux_h.EINTR());
            return result == -linux_h.EAGAIN() ? -1 : LinuxException.check("read", result);
        } finally {
            release();
        }
    }

    /**
     * Writes as much as the kernel takes at once.
     *
     * @param buffer native memory to write
     * @return bytes written, -1 where a non-blocking descriptor takes none
     * @throws LinuxException if the kernel refuses
     */
    public long write(MemorySegment buffer) {
        return write(buffer, buffer.byteSize());
    }

    /**
     * Writes as much as the kernel takes at once of the first {@code length} bytes.
     *
     * @param buffer native memory to write
     * @param length bytes, at most as many as {@code buffer} has
     * @return bytes written, -1 where a non-blocking descriptor takes none
     * @throws LinuxException if the kernel refuses
     */
    public long write(MemorySegment buffer, long length) {
        Objects.checkFromIndexSize(0, length, buffer.byteSize());
        int fd = acquire();
        try {
            long result;
            do {
                result = StreamCalls.write(fd, buffer, length);
            } while (result == -linux_h.EINTR());
            return result == -linux_h.EAGAIN() ? -1 : LinuxException.check("write", result);
        } finally {
            release();
        }
    }

    /**
     * Reads what is there into a list of ranges (readv), waiting for the first byte unless the
     * descriptor is non-blocking.
     *
     * @param target used by this call alone while it lasts
     * @param from position in {@code target}
     * @param bytes at most how many
     * @return bytes read, 0 at the end of the file, -1 where a non-blocking descriptor has none
     * @throws LinuxException if the kernel refuses
     */
    public long read(IoVector target, long from, long bytes) {
        int fd = acquire();
        try {
            long result =
                    target.once(from, bytes, (ranges, count) -> DiskCalls.readv(fd, ranges, count));
            return result == -linux_h.EAGAIN() ? -1 : LinuxException.check("readv", result);
        } finally {
            release();
        }
    }

    /**
     * Writes as much of a list of ranges as the kernel takes at once (writev): a whole packet, on a
     * descriptor that takes packets.
     *
     * @param source used by this call alone while it lasts
     * @param from position in {@code source}
     * @param bytes at most how many
     * @return bytes written, -1 where a non-blocking descriptor takes none
     * @throws LinuxException if the kernel refuses
     */
    public long write(IoVector source, long from, long bytes) {
        int fd = acquire();
        try {
            long result =
                    source.once(
                            from, bytes, (ranges, count) -> DiskCalls.writev(fd, ranges, count));
            return result == -linux_h.EAGAIN() ? -1 : LinuxException.check("writev", result);
        } finally {
            release();
        }
    }

    /** Closes the descriptor, at once or when the last call under way returns. */
    @Override
    public void close() {
        int before = users.getAndUpdate(now -> now | CLOSED);
        if (before == 0) {
            reallyClose();
        }
    }

    private void reallyClose() {
        if (owned) {
            // Linux closes the descriptor whatever close returns; there is nothing to retry.
            FileCalls.close(number);
        }
    }
}
