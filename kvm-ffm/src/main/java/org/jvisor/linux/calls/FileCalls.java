package org.jvisor.linux.calls;

import static org.jvisor.linux.calls.Calls.result;
import static org.jvisor.linux.calls.Calls.unreachable;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.bindings.linux_h;

/**
 * Opening, closing and controlling files. Each returns its result, or {@code -errno}.
 *
 * <p>The descriptors of variadic functions are written out: the generated invokers that have them
 * would link handles of their own, which takes milliseconds each.
 */
public final class FileCalls {
    private static final MethodHandle OPEN =
            Calls.variadic(
                    linux_h.open.address(),
                    FunctionDescriptor.of(
                            linux_h.C_INT, linux_h.C_POINTER, linux_h.C_INT, linux_h.C_INT),
                    2);
    private static final MethodHandle CLOSE =
            Calls.handle(linux_h.close$address(), linux_h.close$descriptor());
    private static final MethodHandle IOCTL =
            Calls.variadic(
                    linux_h.ioctl.address(),
                    FunctionDescriptor.of(
                            linux_h.C_INT, linux_h.C_INT, linux_h.C_LONG, linux_h.C_LONG),
                    2);
    private static final MethodHandle IOCTL_POINTER =
            Calls.variadic(
                    linux_h.ioctl.address(),
                    FunctionDescriptor.of(
                            linux_h.C_INT, linux_h.C_INT, linux_h.C_LONG, linux_h.C_POINTER),
                    2);

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
}
