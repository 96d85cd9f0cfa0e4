package org.jvisor.virtio.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.EventFd;
import org.jvisor.linux.PollSet;
import org.jvisor.virtio.net.NetAttachment;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.NetPort;
import org.jvisor.virtio.net.Offloads;
import org.jvisor.virtio.net.PortForward;
import org.jvisor.virtio.net.Threads;

/**
 * User networking: one thread that gives the guest's frames to libslirp, waits for the library's
 * sockets, and takes its frames to the guest. When the guest has no room, frames wait in a backlog;
 * when that is half full, sockets are left unread, so that the sender on the other side waits.
 */
public final class UserBackend implements NetBackend {
    /** The MTU of the guest's network where the user says nothing. */
    public static final int DEFAULT_MTU = 1500;

    private static final int BACKLOG_BYTES = 1 << 21;

    /** All of this process's memory: libslirp's frames lie anywhere. */
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final String id;
    private final int mtu;
    private final Arena arena = Arena.ofShared();
    private final EventFd wakeUp;
    private final PollSet polls = new PollSet(16);
    private final FrameBacklog backlog = new FrameBacklog(BACKLOG_BYTES, arena);
    private final NetHeader plain = new NetHeader();
    private final LargePackets large;
    private final SlirpCallbacks callbacks;
    private final Slirp slirp;
    private final Sink sink;
    private final Sink toGuest;

    private @Nullable NetPort port;
    private @Nullable Thread thread;
    private volatile boolean closing;
    private volatile boolean failed;
    private boolean closed;

    /** When the guest may have room again though it says nothing, in nanoseconds from now. */
    private long retry;

    /**
     * Makes the network and listens on the host's ports.
     *
     * @param id the interface's name, for the thread's
     * @param user what is asked for
     * @param mtu the largest packet in bytes; 0 for {@link #DEFAULT_MTU}
     * @throws NetException if libslirp is missing, or a port is taken
     */
    public UserBackend(String id, NetAttachment.User user, int mtu) {
        SlirpLibrary.require();
        this.id = id;
        this.mtu = mtu == 0 ? DEFAULT_MTU : mtu;
        large = new LargePackets(this.mtu);
        wakeUp = EventFd.create();
        polls.add(wakeUp.fd(), PollSet.READABLE);
        callbacks = new SlirpCallbacks(this::fromSlirp, polls, arena);
        boolean made = false;
        Slirp network = null;
        try {
            network =
                    new Slirp(
                            SlirpSettings.of(user, LargePackets.SLIRP_MTU, arena),
                            callbacks,
                            arena);
            for (PortForward forward : user.forwards()) {
                network.forward(forward);
            }
            slirp = network;
            made = true;
        } finally {
            if (!made) {
                if (network != null) {
                    network.close();
                }
                wakeUp.close();
                arena.close();
            }
        }
        sink =
                (header, memory, offset, length) -> {
                    large.fromGuest(memory, offset, length);
                    slirp.input(memory, offset, length);
                };
        toGuest = this::toGuest;
    }

    @Override
    public String name() {
        return "user";
    }

    @Override
    public int queuePairs() {
        return 1;
    }

    @Override
    public int accepts() {
        return Offloads.TSO4 | Offloads.TSO6 | Offloads.ECN;
    }

    @Override
    public int delivers() {
        return Offloads.CSUM | Offloads.TSO4 | Offloads.TSO6;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean linkUp() {
        return !failed;
    }

    @Override
    public void start(NetPort port) {
        this.port = port;
        thread = Thread.ofPlatform().daemon().name(id + "-io-0").start(() -> loop(port));
    }

    @Override
    public void receive(int offloads, int pairs) {
        large.offloads(offloads);
    }

    @Override
    public void wake(int pair) {
        try {
            wakeUp.signal();
        } catch (IllegalStateException e) {
            if (!closing) {
                throw e;
            }
        }
    }

    // ---- the thread

    private void loop(NetPort port) {
        try {
            while (!closing) {
                round(port);
            }
        } catch (RuntimeException e) {
            // The interface is dead, not the machine: its link goes down.
            failed = true;
            port.linkChanged();
            System.getLogger("org.jvisor.virtio")
                    .log(System.Logger.Level.ERROR, "network " + id + " has stopped", e);
        }
    }

    private void round(NetPort port) {
        wakeUp.drain();
        retry = NetPort.NEVER;
        deliverBacklog(port);
        long wait = Math.min(retry, port.transmit(0, sink));
        port.received(0); // libslirp answered some frames at once
        callbacks.check();
        polls.truncate(1);
        callbacks.holdInput(backlog.isHalfFull());
        int millis = slirp.fill();
        callbacks.check();
        boolean again = callbacks.takeNotified();
        polls.await(again ? 0 : timeout(millis, Math.min(wait, retry)));
        slirp.poll();
        callbacks.timers().run(SlirpCallbacks.millis());
        callbacks.check();
        port.received(0);
    }

    private int timeout(int millis, long waitNanos) {
        long least = millis;
        if (waitNanos != NetPort.NEVER) {
            least = Math.min(least, TimeUnit.NANOSECONDS.toMillis(waitNanos + 999_999));
        }
        long timer = callbacks.timers().next();
        if (timer != Long.MAX_VALUE) {
            least = Math.min(least, timer - SlirpCallbacks.millis());
        }
        return (int) Math.clamp(least, 0L, (long) Integer.MAX_VALUE);
    }

    private void fromSlirp(long address, int length) {
        if (large.isLarge(length)) {
            large.toGuest(MEMORY, address, length, toGuest);
        } else {
            toGuest(plain, MEMORY, address, length);
        }
    }

    private void toGuest(NetHeader header, MemorySegment memory, long offset, int length) {
        NetPort to = port;
        if (to == null) {
            return;
        }
        if (backlog.isEmpty()) {
            long later = to.receive(0, header, memory, offset, length);
            if (later == NetPort.TAKEN) {
                return;
            }
            retry = Math.min(retry, later);
        }
        backlog.add(header, memory, offset, length); // without room lost, as on any network
    }

    private void deliverBacklog(NetPort port) {
        while (!backlog.isEmpty()) {
            long later =
                    port.receive(
                            0,
                            backlog.firstHeader(),
                            backlog.memory(),
                            backlog.firstOffset(),
                            backlog.firstLength());
            if (later != NetPort.TAKEN) {
                retry = later;
                return;
            }
            backlog.removeFirst();
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        closing = true;
        Thread running = thread;
        if (running != null) {
            wakeUp.signal();
            Threads.join(running);
        }
        port = null; // what the library still sends goes nowhere
        slirp.close();
        wakeUp.close();
        arena.close();
    }
}
