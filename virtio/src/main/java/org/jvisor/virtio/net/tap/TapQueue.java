package org.jvisor.virtio.net.tap;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.EventFd;
import org.jvisor.linux.Fd;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.PollSet;
import org.jvisor.linux.TapDevice;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.NetPort;
import org.jvisor.virtio.net.Threads;

/**
 * One queue of a tap interface and its thread. While the guest has no room, the frame at hand waits
 * and the rest stays in the kernel, which drops what exceeds its queue.
 */
final class TapQueue implements NetBackend.Sink {
    /** Frames read between two looks at what the guest sends. */
    private static final int BATCH = 128;

    private final int pair;
    private final Fd queue;
    private final NetPort port;
    private final Runnable failed;
    private final EventFd wakeUp = EventFd.create();
    private final PollSet polls = new PollSet(2);
    private final int tapIndex;
    private final NetHeader header = new NetHeader();
    private final MemorySegment received =
            Arena.ofAuto().allocate(TapDevice.HEADER_BYTES + (long) NetPort.MAX_FRAME, 8);

    /** Bytes of the frame at hand with its header; 0 for none. */
    private int held;

    /** The memory last sent from, from the header's room before the frame on. */
    private MemorySegment sending = MemorySegment.NULL;

    private @Nullable Thread thread;
    private volatile boolean closing;

    TapQueue(int pair, Fd queue, NetPort port, Runnable failed) {
        this.pair = pair;
        this.queue = queue;
        this.port = port;
        this.failed = failed;
        polls.add(wakeUp.fd(), PollSet.READABLE);
        tapIndex = polls.add(queue, PollSet.READABLE);
    }

    void start(String name) {
        thread = Thread.ofPlatform().daemon().name(name).start(this::loop);
    }

    void wake() {
        try {
            wakeUp.signal();
        } catch (IllegalStateException e) {
            if (!closing) {
                throw e;
            }
        }
    }

    // ---- the thread

    private void loop() {
        try {
            while (!closing) {
                wakeUp.drain();
                long wait = receive();
                port.received(pair);
                wait = Math.min(wait, port.transmit(pair, this));
                polls.events(tapIndex, held > 0 ? 0 : PollSet.READABLE);
                polls.await(timeout(wait));
                if ((polls.ready(tapIndex) & PollSet.ERROR) != 0) {
                    throw new IllegalStateException("the tap interface has gone");
                }
            }
        } catch (RuntimeException e) {
            // The interface is dead, not the machine: its link goes down.
            System.getLogger("org.jvisor.virtio")
                    .log(System.Logger.Level.ERROR, "a tap queue has stopped", e);
            failed.run();
        }
    }

    private static int timeout(long waitNanos) {
        return waitNanos == NetPort.NEVER
                ? -1
                : (int)
                        Math.min(
                                Integer.MAX_VALUE,
                                TimeUnit.NANOSECONDS.toMillis(waitNanos + 999_999));
    }

    /** Gives the guest what there is; returns how long to wait before looking again. */
    private long receive() {
        for (int i = 0; i < BATCH; i++) {
            if (held == 0) {
                long length = queue.read(received);
                if (length <= TapDevice.HEADER_BYTES) {
                    return NetPort.NEVER;
                }
                held = (int) length;
                header.read(received, 0);
            }
            int at = TapDevice.HEADER_BYTES;
            long later = port.receive(pair, header, received, at, held - at);
            if (later != NetPort.TAKEN) {
                return later;
            }
            held = 0;
        }
        return 0;
    }

    @Override
    public void send(NetHeader info, MemorySegment memory, long offset, int length) {
        long start = offset - TapDevice.HEADER_BYTES;
        if (sending.address() != memory.address() + start) {
            sending = memory.asSlice(start); // the same for frame after frame
        }
        info.write(sending, 0, 0);
        try {
            queue.write(sending, (long) TapDevice.HEADER_BYTES + length);
        } catch (LinuxException e) {
            // The interface is switched off, or the frame contradicts its header: dropped.
        }
    }

    void close() {
        closing = true;
        wakeUp.signal();
        Thread running = thread;
        if (running != null) {
            Threads.join(running);
        }
        wakeUp.close();
    }
}
