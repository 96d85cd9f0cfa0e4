package org.jvisor.virtio.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.PollSet;
import org.jvisor.slirp.bindings.SlirpCb;
import org.jvisor.slirp.bindings.libslirp_h;

/**
 * The functions libslirp calls, made once for each network. All run on the thread that called the
 * library. Pointers are plain numbers, so that a call allocates nothing. An exception must not
 * reach native code, as that would end the process: the first one is kept for {@link #check}.
 */
final class SlirpCallbacks {
    /** Takes libslirp's frames for the guest. */
    interface Receiver {
        /**
         * A frame is there.
         *
         * @param address where it lies in this process's memory, until this returns
         * @param length bytes
         */
        void frame(long address, int length);
    }

    private static final ValueLayout.OfLong POINTER = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final Receiver receiver;
    private final PollSet polls;
    private final SlirpTimers timers = new SlirpTimers();
    private final MemorySegment table;
    private final MemorySegment addPoll;
    private final MemorySegment pollResult;
    private @Nullable Throwable failure;

    /** Whether the library wants to be asked again at once. */
    private boolean notified;

    /** Whether sockets are not to be read for now. */
    private boolean holdInput;

    /**
     * Makes the functions.
     *
     * @param receiver takes frames
     * @param polls gets the descriptors to wait for
     * @param arena for the functions' code
     */
    SlirpCallbacks(Receiver receiver, PollSet polls, Arena arena) {
        this.receiver = receiver;
        this.polls = polls;
        table = SlirpCb.allocate(arena);
        SlirpCb.send_packet(table, stub("sendPacket", arena, LONG, POINTER, LONG, POINTER));
        SlirpCb.guest_error(table, stub("guestError", arena, null, POINTER, POINTER));
        SlirpCb.clock_get_ns(table, stub("clockGetNs", arena, LONG, POINTER));
        SlirpCb.timer_new(table, stub("timerNew", arena, POINTER, POINTER, POINTER, POINTER));
        SlirpCb.timer_free(table, stub("timerFree", arena, null, POINTER, POINTER));
        SlirpCb.timer_mod(table, stub("timerMod", arena, null, POINTER, LONG, POINTER));
        SlirpCb.register_poll_fd(table, stub("registerPollFd", arena, null, INT, POINTER));
        SlirpCb.unregister_poll_fd(table, stub("registerPollFd", arena, null, INT, POINTER));
        SlirpCb.notify(table, stub("wakeUp", arena, null, POINTER));
        addPoll = stub("addPoll", arena, INT, INT, INT, POINTER);
        pollResult = stub("pollResult", arena, INT, INT, POINTER);
    }

    private MemorySegment stub(
            String method, Arena arena, @Nullable MemoryLayout result, MemoryLayout... parameters) {
        FunctionDescriptor descriptor =
                result == null
                        ? FunctionDescriptor.ofVoid(parameters)
                        : FunctionDescriptor.of(result, parameters);
        MethodType type = descriptor.toMethodType();
        try {
            MethodHandle handle =
                    MethodHandles.lookup().findVirtual(SlirpCallbacks.class, method, type);
            return Linker.nativeLinker().upcallStub(handle.bindTo(this), descriptor, arena);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    /** struct SlirpCb. */
    MemorySegment table() {
        return table;
    }

    /** The function for slirp_pollfds_fill. */
    MemorySegment addPoll() {
        return addPoll;
    }

    /** The function for slirp_pollfds_poll. */
    MemorySegment pollResult() {
        return pollResult;
    }

    SlirpTimers timers() {
        return timers;
    }

    /** The library's clock in milliseconds. */
    static long millis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** Says whether sockets are left unread, so that what comes waits with the host. */
    void holdInput(boolean hold) {
        holdInput = hold;
    }

    /** Whether the library asked to be polled at once since the last time. */
    boolean takeNotified() {
        boolean was = notified;
        notified = false;
        return was;
    }

    /**
     * Throws what went wrong in a function since the last time.
     *
     * @throws IllegalStateException if something did
     */
    void check() {
        Throwable thrown = failure;
        if (thrown != null) {
            failure = null;
            throw new IllegalStateException("a call from libslirp failed", thrown);
        }
    }

    // ---- called by libslirp, by name

    @SuppressWarnings("unused")
    private long sendPacket(long buffer, long length, long opaque) {
        try {
            receiver.frame(buffer, (int) length);
        } catch (Throwable e) {
            fail(e);
        }
        return length;
    }

    @SuppressWarnings("unused")
    private void guestError(long message, long opaque) {
        // The guest sent what makes no sense: its own affair, and as often as it likes.
    }

    @SuppressWarnings("unused")
    private long clockGetNs(long opaque) {
        return System.nanoTime();
    }

    @SuppressWarnings("unused")
    private long timerNew(long callback, long argument, long opaque) {
        try {
            return timers.add(callback, argument);
        } catch (Throwable e) {
            fail(e);
            return 0;
        }
    }

    @SuppressWarnings("unused")
    private void timerFree(long timer, long opaque) {
        timers.remove(timer);
    }

    @SuppressWarnings("unused")
    private void timerMod(long timer, long deadlineMillis, long opaque) {
        timers.arm(timer, deadlineMillis);
    }

    @SuppressWarnings("unused")
    private void registerPollFd(int fd, long opaque) {
        // Only hosts whose poll needs to know in advance care.
    }

    @SuppressWarnings("unused")
    private void wakeUp(long opaque) {
        notified = true;
    }

    @SuppressWarnings("unused")
    private int addPoll(int fd, int events, long opaque) {
        try {
            int wanted = 0;
            if ((events & libslirp_h.SLIRP_POLL_IN()) != 0 && !holdInput) {
                wanted |= PollSet.READABLE;
            }
            if ((events & libslirp_h.SLIRP_POLL_OUT()) != 0) {
                wanted |= PollSet.WRITABLE;
            }
            if ((events & libslirp_h.SLIRP_POLL_PRI()) != 0 && !holdInput) {
                wanted |= PollSet.URGENT;
            }
            // A hang-up is reported unasked: it would be so again and again while input is held.
            return holdInput && wanted == 0 ? -1 : polls.add(fd, wanted);
        } catch (Throwable e) {
            fail(e);
            return -1;
        }
    }

    @SuppressWarnings("unused")
    private int pollResult(int index, long opaque) {
        try {
            int ready = index < 0 ? 0 : polls.ready(index);
            int events = (ready & PollSet.READABLE) != 0 ? libslirp_h.SLIRP_POLL_IN() : 0;
            events |= (ready & PollSet.WRITABLE) != 0 ? libslirp_h.SLIRP_POLL_OUT() : 0;
            events |= (ready & PollSet.URGENT) != 0 ? libslirp_h.SLIRP_POLL_PRI() : 0;
            if (!holdInput) {
                events |= (ready & PollSet.ERROR) != 0 ? libslirp_h.SLIRP_POLL_ERR() : 0;
                events |= (ready & PollSet.HANG_UP) != 0 ? libslirp_h.SLIRP_POLL_HUP() : 0;
            }
            return events;
        } catch (Throwable e) {
            fail(e);
            return 0;
        }
    }

    private void fail(Throwable e) {
        if (failure == null) {
            failure = e;
        }
    }
}
