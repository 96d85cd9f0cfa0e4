package org.jvisor.linux.calls;

import static org.jvisor.linux.calls.Calls.result;
import static org.jvisor.linux.calls.Calls.unreachable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.bindings.linux_h;

/** Calls on file descriptors. Each returns its result, or {@code -errno}. */
public final class FileCalls {
    private static final MethodHandle OPEN =
            Calls.variadic(
                    linux_h.open.address(),
                    linux_h.open.makeInvoker(linux_h.C_INT).descriptor(),
                    2);
    private static final MethodHandle CLOSE =
            Calls.handle(linux_h.close$address(), linux_h.close$descriptor());
    private static final MethodHandle READ =
            Calls.handle(linux_h.read$address(), linux_h.read$descriptor());
    private static final MethodHandle WRITE =
            Calls.handle(linux_h.write$address(), linux_h.write$descriptor());
    private static final MethodHandle IOCTL =
            Calls.variadic(
                    linux_h.ioctl.address(),
                    linux_h.ioctl.makeInvoker(linux_h.C_LONG).descriptor(),
                    2);
    private static final MethodHandle IOCTL_POINTER =
            Calls.variadic(
                    linux_h.ioctl.address(),
                    linux_h.ioctl.makeInvoker(linux_h.C_POINTER).descriptor(),
                    2);
    private static final MethodHandle POLL =
            Calls.handle(linux_h.poll$address(), linux_h.poll$descriptor());
    private static final MethodHandle EVENTFD =
            Calls.handle(linux_h.eventfd$address(), linux_h.eventfd$descriptor());

    private FileCalls() {}

    /** {@code open(2)} with {@code path} a C string. */
    public static int open(MemorySegment path, int flags, int mode) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) OPEN.invokeExact(state, path, flags, mode));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code close(2)}. */
    public static int close(int fd) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) CLOSE.invokeExact(state, fd));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code read(2)}. */
    public static long read(int fd, MemorySegment buffer, long length) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (long) READ.invokeExact(state, fd, buffer, length));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code write(2)}. */
    public static long write(int fd, MemorySegment buffer, long length) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (long) WRITE.invokeExact(state, fd, buffer, length));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code ioctl(2)} with a number as its argument. */
    public static int ioctl(int fd, long request, long argument) {
        return ioctl(Calls.state(), fd, request, argument);
    }

    /** {@code ioctl(2)} with a number as its argument, for a caller that keeps its own state. */
    public static int ioctl(MemorySegment state, int fd, long request, long argument) {
        try {
            return result(state, (int) IOCTL.invokeExact(state, fd, request, argument));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code ioctl(2)} with a structure as its argument. */
    public static int ioctl(int fd, long request, MemorySegment argument) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) IOCTL_POINTER.invokeExact(state, fd, request, argument));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code poll(2)} over {@code count} {@code struct pollfd}s. */
    public static int poll(MemorySegment fds, long count, int timeoutMillis) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) POLL.invokeExact(state, fds, count, timeoutMillis));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code eventfd(2)}. */
    public static int eventfd(int initial, int flags) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) EVENTFD.invokeExact(state, initial, flags));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** Writes a 64-bit number, as an eventfd wants it. */
    public static long writeLong(int fd, long value) {
        MemorySegment buffer = Calls.scratch();
        buffer.set(ValueLayout.JAVA_LONG, 0, value);
        return write(fd, buffer, Long.BYTES);
    }
}
