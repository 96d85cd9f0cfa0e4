package org.jvisor.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.Calls;
import org.jvisor.linux.calls.StreamCalls;

/**
 * A counter in the kernel that one side signals and the other waits for (eventfd(2)): the doorbell
 * KVM rings for an ioeventfd and the one it listens to for an irqfd. Any thread may call any
 * method; none allocates.
 */
public final class EventFd implements AutoCloseable {
    private final Fd fd;

    private EventFd(Fd fd) {
        this.fd = fd;
    }

    /**
     * Makes one that is not signalled.
     *
     * @throws LinuxException if the process has no descriptors left
     */
    public static EventFd create() {
        int number = StreamCalls.eventfd(0, linux_h.EFD_CLOEXEC() | linux_h.EFD_NONBLOCK());
        return new EventFd(Fd.own(LinuxException.check("eventfd", number)));
    }

    /** The descriptor, for {@link PollSet} and for KVM; closed with this object. */
    public Fd fd() {
        return fd;
    }

    /** Adds one to the counter: the waiter wakes. */
    public void signal() {
        int number = fd.acquire();
        try {
            long result = StreamCalls.writeLong(number, 1);
            // EAGAIN: the counter is at its maximum, so it is signalled already.
            if (result < 0 && result != -linux_h.EAGAIN()) {
                throw new LinuxException("write to an eventfd", (int) -result);
            }
        } finally {
            fd.release();
        }
    }

    /**
     * Takes the counter back to zero without waiting.
     *
     * @return how often it was signalled since the last time, as an unsigned number; 0 if not
     */
    public long drain() {
        int number = fd.acquire();
        try {
            MemorySegment buffer = Calls.scratch();
            long result = StreamCalls.read(number, buffer, Long.BYTES);
            if (result == -linux_h.EAGAIN()) {
                return 0;
            }
            LinuxException.check("read of an eventfd", result);
            return buffer.get(ValueLayout.JAVA_LONG, 0);
        } finally {
            fd.release();
        }
    }

    /**
     * Waits until it is signalled, and leaves it so.
     *
     * @param timeoutMillis milliseconds, or -1 to wait without end
     * @return whether it is signalled
     */
    public boolean await(int timeoutMillis) {
        int number = fd.acquire();
        try {
            return PollSet.pollOne(number, PollSet.READABLE, timeoutMillis) != 0;
        } finally {
            fd.release();
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
