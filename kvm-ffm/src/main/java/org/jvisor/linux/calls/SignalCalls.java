package org.jvisor.linux.calls;

import static org.jvisor.linux.calls.Calls.result;
import static org.jvisor.linux.calls.Calls.unreachable;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.bindings.linux_h;

/** Calls on threads and signals. Each returns its result, or {@code -errno}. */
public final class SignalCalls {
    private static final MethodHandle SIGACTION =
            Calls.handle(linux_h.sigaction$address(), linux_h.sigaction$descriptor());
    private static final MethodHandle PTHREAD_SIGMASK =
            Calls.handle(linux_h.pthread_sigmask$address(), linux_h.pthread_sigmask$descriptor());

    /** Linked with the first kick. */
    private static final class Kicked {
        static final MethodHandle SIGTIMEDWAIT =
                Calls.handle(linux_h.sigtimedwait$address(), linux_h.sigtimedwait$descriptor());
        // The C library wraps tgkill only since glibc 2.30, and musl not at all: go through
        // syscall.
        static final MethodHandle TGKILL =
                Calls.variadic(
                        linux_h.syscall.address(),
                        FunctionDescriptor.of(
                                linux_h.C_LONG,
                                linux_h.C_LONG,
                                linux_h.C_LONG,
                                linux_h.C_LONG,
                                linux_h.C_LONG),
                        1);
    }

    private SignalCalls() {}

    /** The calling thread's kernel id. */
    public static int gettid() {
        return linux_h.gettid();
    }

    /** This process's id. */
    public static int getpid() {
        return linux_h.getpid();
    }

    /** {@code sigaction(2)}; either structure may be {@link MemorySegment#NULL}. */
    public static int sigaction(int signal, MemorySegment action, MemorySegment old) {
        MemorySegment state = Calls.state();
        try {
            return result(state, (int) SIGACTION.invokeExact(state, signal, action, old));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code pthread_sigmask(3)}. */
    public static int pthreadSigmask(int how, MemorySegment set, MemorySegment old) {
        MemorySegment state = Calls.state();
        try {
            // It returns the error number itself and leaves errno alone.
            return -(int) PTHREAD_SIGMASK.invokeExact(state, how, set, old);
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code sigtimedwait(2)} without the signal's details. */
    public static int sigtimedwait(MemorySegment state, MemorySegment set, MemorySegment timeout) {
        try {
            return result(
                    state,
                    (int) Kicked.SIGTIMEDWAIT.invokeExact(state, set, MemorySegment.NULL, timeout));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code tgkill(2)}. */
    public static int tgkill(int process, int thread, int signal) {
        MemorySegment state = Calls.state();
        try {
            return (int)
                    result(
                            state,
                            (long)
                                    Kicked.TGKILL.invokeExact(
                                            state,
                                            (long) linux_h.SYS_tgkill(),
                                            (long) process,
                                            (long) thread,
                                            (long) signal));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }
}
