package org.jvisor.linux.calls;

import static org.jvisor.linux.calls.Calls.result;
import static org.jvisor.linux.calls.Calls.unreachable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.bindings.linux_h;

/**
 * Calls that make descriptors other than by opening, and move bytes through them: apart from {@link
 * FileCalls}, as linking a call costs milliseconds and a machine may do without these. Each returns
 * its result, or {@code -errno}.
 */
public final class StreamCalls {
    private StreamCalls() {}

    /** {@code read(2)}. */
    public static long read(int fd, MemorySegment buffer, long length) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (long) Read.HANDLE.invokeExact(state, fd, buffer, length));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code write(2)}. */
    public static long write(int fd, MemorySegment buffer, long length) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (long) Write.HANDLE.invokeExact(state, fd, buffer, length));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code poll(2)} over {@code count} {@code struct pollfd}s. */
    public static int poll(MemorySegment fds, long count, int timeoutMillis) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Poll.HANDLE.invokeExact(state, fds, count, timeoutMillis));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code eventfd(2)}. */
    public static int eventfd(int initial, int flags) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Eventfd.HANDLE.invokeExact(state, initial, flags));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code socket(2)}. */
    public static int socket(int domain, int type, int protocol) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Socket.HANDLE.invokeExact(state, domain, type, protocol));
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

    /** {@code memfd_create(2)} with {@code name} a C string. */
    public static int memfdCreate(MemorySegment name, int flags) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) MemfdCreate.HANDLE.invokeExact(state, name, flags));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code ftruncate(2)}. */
    public static int ftruncate(int fd, long length) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Ftruncate.HANDLE.invokeExact(state, fd, length));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code lseek(2)}. */
    public static long lseek(int fd, long offset, int whence) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (long) Lseek.HANDLE.invokeExact(state, fd, offset, whence));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    // ---- handles, each linked when first used ----

    private static final class Read {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.read$address(), linux_h.read$descriptor());
    }

    private static final class Write {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.write$address(), linux_h.write$descriptor());
    }

    private static final class Poll {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.poll$address(), linux_h.poll$descriptor());
    }

    private static final class Eventfd {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.eventfd$address(), linux_h.eventfd$descriptor());
    }

    private static final class Socket {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.socket$address(), linux_h.socket$descriptor());
    }

    private static final class MemfdCreate {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.memfd_create$address(), linux_h.memfd_create$descriptor());
    }

    private static final class Ftruncate {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.ftruncate$address(), linux_h.ftruncate$descriptor());
    }

    private static final class Lseek {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.lseek$address(), linux_h.lseek$descriptor());
    }
}
