package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.bindings.pollfd;
import org.jvisor.linux.calls.Calls;
import org.jvisor.linux.calls.StreamCalls;

/**
 * Several descriptors one thread waits for at once (poll(2)). Not for use by two threads; {@link
 * #await} allocates nothing. To wake the waiting thread, add an {@link EventFd} and signal it.
 */
public final class PollSet {
    /** There is something to read, or the end of it. */
    public static final int READABLE = linux_h.POLLIN();

    /** There is room to write. */
    public static final int WRITABLE = linux_h.POLLOUT();

    /** The other side is gone. Reported unasked. */
    public static final int HANG_UP = linux_h.POLLHUP();

    /** The descriptor is in an error state. Reported unasked. */
    public static final int ERROR = linux_h.POLLERR();

    /** Urgent data can be read. */
    public static final int URGENT = linux_h.POLLPRI();

    /** Those of the entries; null where one is but a number. */
    private @Nullable Fd[] fds;

    private MemorySegment entries;
    private int count;

    /**
     * Makes an empty set.
     *
     * @param capacity how many descriptors it can hold before it has to grow
     */
    public PollSet(int capacity) {
        fds = new Fd[Math.max(1, capacity)];
        entries = pollfd.allocateArray(fds.length, Arena.ofAuto());
    }

    /**
     * Adds a descriptor.
     *
     * @param events {@link #READABLE}, {@link #WRITABLE}, both, or 0 for the unasked ones only
     * @return its index
     */
    public int add(Fd fd, int events) {
        grow();
        fds[count] = fd;
        pollfd.events(pollfd.asSlice(entries, count), (short) events);
        return count++;
    }

    /**
     * Adds a descriptor of a native library's, which sees to it that it stays open.
     *
     * @param number the file descriptor
     * @param events as for {@link #add(Fd, int)}
     * @return its index
     */
    public int add(int number, int events) {
        grow();
        fds[count] = null;
        MemorySegment entry = pollfd.asSlice(entries, count);
        pollfd.fd(entry, number);
        pollfd.events(entry, (short) events);
        return count++;
    }

    /** Removes the entries from {@code size} on. */
    public void truncate(int size) {
        if (size < 0 || size > count) {
            throw new IndexOutOfBoundsException(size);
        }
        count = size;
    }

    private void grow() {
        if (count == fds.length) {
            fds = Arrays.copyOf(fds, count * 2);
            MemorySegment grown = pollfd.allocateArray(fds.length, Arena.ofAuto());
            MemorySegment.copy(entries, 0, grown, 0, entries.byteSize());
            entries = grown;
        }
    }

    /** Changes what is waited for at {@code index}. */
    public void events(int index, int events) {
        pollfd.events(entry(index), (short) events);
    }

    /**
     * What the last {@link #await} found at {@code index}: a union of the constants here; 0 for
     * nothing.
     */
    public int ready(int index) {
        return pollfd.revents(entry(index));
    }

    /**
     * Waits until something happens at one of the descriptors.
     *
     * @param timeoutMillis milliseconds, 0 to look only, -1 to wait without end
     * @return how many descriptors have something
     * @throws IllegalStateException if one of them is closed
     * @throws LinuxException if the kernel refuses
     */
    public int await(int timeoutMillis) {
        int acquired = 0;
        try {
            for (; acquired < count; acquired++) {
                Fd fd = fds[acquired];
                if (fd != null) {
                    pollfd.fd(pollfd.asSlice(entries, acquired), fd.acquire());
                }
            }
            return poll(entries, count, timeoutMillis);
        } finally {
            for (int i = 0; i < acquired; i++) {
                Fd fd = fds[i];
                if (fd != null) {
                    fd.release();
                }
            }
        }
    }

    static int pollOne(int fd, int events, int timeoutMillis) {
        MemorySegment entry = Calls.scratch();
        pollfd.fd(entry, fd);
        pollfd.events(entry, (short) events);
        return poll(entry, 1, timeoutMillis) == 0 ? 0 : pollfd.revents(entry);
    }

    private static int poll(MemorySegment entries, int count, int timeoutMillis) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        int timeout = timeoutMillis;
        while (true) {
            int result = StreamCalls.poll(entries, count, timeout);
            if (result != -linux_h.EINTR()) {
                return LinuxException.check("poll", result);
            }
            if (timeoutMillis > 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                timeout = (int) Math.max(0, left);
            }
        }
    }

    private MemorySegment entry(int index) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException(index);
        }
        return pollfd.asSlice(entries, index);
    }
}
