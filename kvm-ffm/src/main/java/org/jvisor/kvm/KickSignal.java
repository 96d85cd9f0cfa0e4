package org.jvisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.bindings.sigaction;
import org.jvisor.linux.bindings.sigset_t;
import org.jvisor.linux.bindings.timespec;
import org.jvisor.linux.calls.SignalCalls;

/**
 * The signal that takes a vCPU's thread out of guest mode. No handler ever runs for it: the thread
 * has it blocked, {@code KVM_RUN} alone looks at it ({@code KVM_SET_SIGNAL_MASK}), and {@code
 * sigtimedwait} consumes it afterwards. Everywhere else in the process it is ignored, so that one
 * sent to a thread that has just died, whose number another thread got, is lost and not deadly.
 * (Linux queues an ignored signal where it is blocked.)
 */
final class KickSignal {
    /** Bytes of the kernel's signal set; the C library's is longer. */
    static final int KERNEL_SET_BYTES = 8;

    /**
     * Real-time signals, which nothing uses by default. The C library keeps 32 and 33, the JDK uses
     * 62 to interrupt blocking system calls.
     */
    private static final int FIRST_CANDIDATE = 40, LAST_CANDIDATE = 58;

    private static final long SIG_DFL = 0, SIG_IGN = 1;

    static final int NUMBER = reserve();

    private static final int PROCESS = SignalCalls.getpid();

    private static final MemorySegment SET = set();
    private static final MemorySegment AT_ONCE = timespec.allocate(Arena.global());

    private KickSignal() {}

    /** Takes the first signal without a handler, and has it ignored from now on. */
    private static int reserve() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = sigaction.allocate(arena);
            for (int signal = FIRST_CANDIDATE; signal <= LAST_CANDIDATE; signal++) {
                LinuxException.check(
                        "sigaction", SignalCalls.sigaction(signal, MemorySegment.NULL, action));
                long handler = action.get(ValueLayout.JAVA_LONG, 0);
                if (handler == SIG_DFL || handler == SIG_IGN) {
                    action.fill((byte) 0).set(ValueLayout.JAVA_LONG, 0, SIG_IGN);
                    LinuxException.check(
                            "sigaction", SignalCalls.sigaction(signal, action, MemorySegment.NULL));
                    return signal;
                }
            }
        }
        throw new IllegalStateException("no real-time signal is free for stopping vCPUs");
    }

    private static MemorySegment set() {
        MemorySegment set = sigset_t.allocate(Arena.global());
        set.set(ValueLayout.JAVA_LONG, 0, bit());
        return set;
    }

    private static long bit() {
        return 1L << (NUMBER - 1);
    }

    /**
     * Blocks the signal for the calling thread, for good.
     *
     * @return the signals that {@code KVM_RUN} should have blocked: the thread's, without this one
     */
    static long blockHere() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment old = sigset_t.allocate(arena);
            LinuxException.check(
                    "pthread_sigmask", SignalCalls.pthreadSigmask(linux_h.SIG_BLOCK(), SET, old));
            return old.get(ValueLayout.JAVA_LONG, 0) & ~bit();
        }
    }

    /** Takes what is pending of it from the calling thread. */
    static void drain(MemorySegment state) {
        int result;
        do {
            result = SignalCalls.sigtimedwait(state, SET, AT_ONCE);
        } while (result == NUMBER || result == -linux_h.EINTR());
    }

    /** Sends it to a thread of this process; to one that is gone, it does nothing. */
    static void send(int thread) {
        SignalCalls.tgkill(PROCESS, thread, NUMBER);
    }
}
