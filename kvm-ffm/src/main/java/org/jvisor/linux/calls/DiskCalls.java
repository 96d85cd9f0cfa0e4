package org.jvisor.linux.calls;

import static org.jvisor.linux.calls.Calls.result;
import static org.jvisor.linux.calls.Calls.unreachable;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.bindings.linux_h;

/**
 * Calls that move lists of memory ranges, and those of a disk's file. Each returns its result, or
 * {@code -errno}.
 */
public final class DiskCalls {
    private DiskCalls() {}

    /** {@code readv(2)} over {@code count} {@code struct iovec}s. */
    public static long readv(int fd, MemorySegment ranges, int count) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (long) Readv.HANDLE.invokeExact(state, fd, ranges, count));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code writev(2)} over {@code count} {@code struct iovec}s. */
    public static long writev(int fd, MemorySegment ranges, int count) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (long) Writev.HANDLE.invokeExact(state, fd, ranges, count));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code preadv(2)} over {@code count} {@code struct iovec}s. */
    public static long preadv(int fd, MemorySegment ranges, int count, long position) {
        MemorySegment state = Calls.state();
        try {
            return result(
                    state, (long) Preadv.HANDLE.invokeExact(state, fd, ranges, count, position));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code pwritev(2)} over {@code count} {@code struct iovec}s. */
    public static long pwritev(int fd, MemorySegment ranges, int count, long position) {
        MemorySegment state = Calls.state();
        try {
            return result(
                    state, (long) Pwritev.HANDLE.invokeExact(state, fd, ranges, count, position));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code fdatasync(2)}. */
    public static int fdatasync(int fd) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Fdatasync.HANDLE.invokeExact(state, fd));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code fallocate(2)}. */
    public static int fallocate(int fd, int mode, long position, long length) {
        MemorySegment state = Calls.state();
        try {
            return result(
                    state, (int) Fallocate.HANDLE.invokeExact(state, fd, mode, position, length));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code fcntl(2)} with a structure as its argument. */
    public static int fcntl(int fd, int command, MemorySegment argument) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Fcntl.HANDLE.invokeExact(state, fd, command, argument));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    // ---- handles, each linked when first used ----

    private static final class Readv {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.readv$address(), linux_h.readv$descriptor());
    }

    private static final class Writev {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.writev$address(), linux_h.writev$descriptor());
    }

    private static final class Preadv {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.preadv$address(), linux_h.preadv$descriptor());
    }

    private static final class Pwritev {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.pwritev$address(), linux_h.pwritev$descriptor());
    }

    private static final class Fdatasync {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.fdatasync$address(), linux_h.fdatasync$descriptor());
    }

    private static final class Fallocate {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.fallocate$address(), linux_h.fallocate$descriptor());
    }

    private static final class Fcntl {
        static final MethodHandle HANDLE =
                Calls.variadic(
                        linux_h.fcntl.address(),
                        FunctionDescriptor.of(
                                linux_h.C_INT, linux_h.C_INT, linux_h.C_INT, linux_h.C_POINTER),
                        2);
    }
}
