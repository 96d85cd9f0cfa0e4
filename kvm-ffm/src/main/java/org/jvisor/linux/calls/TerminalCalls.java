package org.jvisor.linux.calls;

import static org.jvisor.linux.calls.Calls.result;
import static org.jvisor.linux.calls.Calls.unreachable;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.bindings.linux_h;

/** Calls on terminals. Each returns its result, or {@code -errno}. */
public final class TerminalCalls {
    private TerminalCalls() {}

    /** {@code isatty(3)}: whether {@code fd} is a terminal. */
    public static boolean isatty(int fd) {
        MemorySegment state = Calls.state();
        try {
            return (int) Isatty.HANDLE.invokeExact(state, fd) == 1;
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code tcgetattr(3)}. */
    public static int tcgetattr(int fd, MemorySegment termios) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Tcgetattr.HANDLE.invokeExact(state, fd, termios));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code tcsetattr(3)}. */
    public static int tcsetattr(int fd, int when, MemorySegment termios) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Tcsetattr.HANDLE.invokeExact(state, fd, when, termios));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code cfmakeraw(3)}. */
    public static void cfmakeraw(MemorySegment termios) {
        linux_h.cfmakeraw(termios);
    }

    /** {@code posix_openpt(3)}. */
    public static int posixOpenpt(int flags) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) PosixOpenpt.HANDLE.invokeExact(state, flags));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code grantpt(3)}. */
    public static int grantpt(int fd) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Grantpt.HANDLE.invokeExact(state, fd));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code unlockpt(3)}. */
    public static int unlockpt(int fd) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) Unlockpt.HANDLE.invokeExact(state, fd));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code ptsname_r(3)}: fills {@code buffer} with a C string. */
    public static int ptsname(int fd, MemorySegment buffer) {
        MemorySegment state = Calls.state();
        try {
            // It returns the error number itself.
            return -(int) PtsnameR.HANDLE.invokeExact(state, fd, buffer, buffer.byteSize());
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    // ---- handles, each linked when first used ----

    private static final class Isatty {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.isatty$address(), linux_h.isatty$descriptor());
    }

    private static final class Tcgetattr {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.tcgetattr$address(), linux_h.tcgetattr$descriptor());
    }

    private static final class Tcsetattr {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.tcsetattr$address(), linux_h.tcsetattr$descriptor());
    }

    private static final class PosixOpenpt {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.posix_openpt$address(), linux_h.posix_openpt$descriptor());
    }

    private static final class Grantpt {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.grantpt$address(), linux_h.grantpt$descriptor());
    }

    private static final class Unlockpt {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.unlockpt$address(), linux_h.unlockpt$descriptor());
    }

    private static final class PtsnameR {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.ptsname_r$address(), linux_h.ptsname_r$descriptor());
    }
}
