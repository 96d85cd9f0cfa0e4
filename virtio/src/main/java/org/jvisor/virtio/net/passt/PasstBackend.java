package org.jvisor.virtio.net.passt;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.net.NetAttachment;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.NetPort;
import org.jvisor.virtio.net.Threads;

/**
 * A connection to passt. While the guest has no room, frames wait in the socket, so that passt
 * waits; while the socket has none, the guest's wait in its queue. When the connection ends, the
 * link goes down; to a passt that someone else runs it is made again.
 */
public final class PasstBackend implements NetBackend {
    /** passt's own MTU: the longest IP packet, in whole words. */
    public static final int DEFAULT_MTU = 65520;

    private static final long RECONNECT = TimeUnit.SECONDS.toNanos(1);

    private final String id;
    private final int mtu;
    private final @Nullable Path socket;
    private final @Nullable PasstProcess process;
    private final Selector selector;
    private final FrameStream stream = new FrameStream();
    private final NetHeader plain = new NetHeader();
    private final Sink sink = new Queue();

    private @Nullable SocketChannel channel;
    private @Nullable Thread thread;
    private volatile boolean up;
    private volatile boolean closing;
    private boolean closed;

    /**
     * Connects to passt, starting it if it is to be.
     *
     * @param id the interface's name, for the thread's
     * @param passt what is asked for
     * @param mtu what passt tells the guest; 0 for {@link #DEFAULT_MTU}
     * @throws NetException if there is no connection
     */
    public PasstBackend(String id, NetAttachment.Passt passt, int mtu) {
        this.id = id;
        this.mtu = mtu == 0 ? DEFAULT_MTU : mtu;
        socket = passt.socket();
        SocketChannel connected;
        if (socket == null) {
            process = PasstProcess.start(passt, this.mtu);
            connected = process.connect();
        } else {
            process = null;
            try {
                connected = PasstProcess.connectTo(socket);
            } catch (IOException | RuntimeException e) {
                throw new NetException(
                        "network passt: nothing can be connected to at socket=%s (%s). Start passt with --socket %s, or leave socket= out"
                                .formatted(socket, e.getMessage(), socket),
                        e);
            }
        }
        try {
            selector = Selector.open();
            connected(connected);
        } catch (IOException e) {
            if (process != null) {
                process.close();
            }
            throw new NetException("network passt: " + e.getMessage(), e);
        }
    }

    private void connected(SocketChannel made) throws IOException {
        made.configureBlocking(false);
        made.register(selector, SelectionKey.OP_READ);
        stream.clear();
        channel = made;
        up = true;
    }

    @Override
    public String name() {
        return socket == null ? "passt" : "passt at " + socket;
    }

    @Override
    public int queuePairs() {
        return 1;
    }

    @Override
    public int accepts() {
        return 0; // its MTU is as large as a segment can be
    }

    @Override
    public int delivers() {
        return 0;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean linkUp() {
        return up;
    }

    @Override
    public void start(NetPort port) {
        thread = Thread.ofPlatform().daemon().name(id + "-io-0").start(() -> loop(port));
    }

    @Override
    public void receive(int offloads, int pairs) {
        // passt's frames are complete.
    }

    @Override
    public void wake(int pair) {
        selector.wakeup();
    }

    // ---- the thread

    private void loop(NetPort port) {
        try {
            while (!closing) {
                SocketChannel now = channel;
                if (now != null) {
                    try {
                        exchange(port, now);
                    } catch (IOException e) {
                        lost(port, now);
                    }
                } else {
                    reconnect(port);
                }
            }
        } catch (ClosedSelectorException e) {
            // Closed between two looks at the flag.
        } catch (IOException e) {
            up = false;
            port.linkChanged();
            System.getLogger("org.jvisor.virtio")
                    .log(System.Logger.Level.ERROR, "network " + id + " has stopped", e);
        }
    }

    private void exchange(NetPort port, SocketChannel now) throws IOException {
        long wait = deliver(port);
        boolean held = wait != NetPort.TAKEN;
        wait = held ? wait : NetPort.NEVER;
        boolean flushed = stream.flush(now);
        if (flushed) {
            long next = port.transmit(0, sink);
            flushed = stream.flush(now);
            // What there was no room for is asked for again once all is written.
            wait = flushed ? Math.min(wait, next) : wait;
        }
        SelectionKey key = now.keyFor(selector);
        key.interestOps((held ? 0 : SelectionKey.OP_READ) | (flushed ? 0 : SelectionKey.OP_WRITE));
        select(wait);
        if (!held && key.isReadable() && stream.fill(now) < 0) {
            throw new IOException("the end of the stream");
        }
        selector.selectedKeys().clear();
    }

    /** Takes the guest's frames into the stream's buffer. */
    private final class Queue implements Sink {
        @Override
        public void send(NetHeader header, MemorySegment memory, long offset, int length) {
            if (stream.hasRoom(1)) {
                stream.add(memory, offset, length);
            }
        }

        @Override
        public boolean ready() {
            SocketChannel now = channel;
            try {
                if (now != null && !stream.hasRoom(2)) {
                    stream.flush(now);
                }
            } catch (IOException e) {
                return false; // the next read tells of it
            }
            return stream.hasRoom(2); // a large packet in segments is more than one
        }
    }

    /** Gives the guest what was read; returns how long to wait before offering the next. */
    private long deliver(NetPort port) throws IOException {
        boolean any = false;
        long later = NetPort.TAKEN;
        while (later == NetPort.TAKEN && stream.hasFrame()) {
            later =
                    port.receive(
                            0,
                            plain,
                            stream.frameMemory(),
                            stream.frameOffset(),
                            stream.frameLength());
            if (later == NetPort.TAKEN) {
                stream.removeFrame();
            }
            any = true;
        }
        if (any) {
            port.received(0);
        }
        return later;
    }

    private void select(long waitNanos) throws IOException {
        if (waitNanos == NetPort.NEVER) {
            selector.select();
        } else if (waitNanos <= 0) {
            selector.selectNow();
        } else {
            selector.select(TimeUnit.NANOSECONDS.toMillis(waitNanos + 999_999));
        }
    }

    private void lost(NetPort port, SocketChannel now) throws IOException {
        now.close();
        channel = null;
        up = false;
        stream.clear();
        port.linkChanged();
    }

    /** Drops what the guest sends until there is a connection again. */
    private void reconnect(NetPort port) throws IOException {
        long wait = port.transmit(0, (header, memory, offset, length) -> {});
        select(socket == null ? wait : Math.min(wait, RECONNECT));
        if (socket != null && !closing) {
            try {
                connected(PasstProcess.connectTo(socket));
                port.linkChanged();
            } catch (IOException e) {
                // Not yet.
            }
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        closing = true;
        selector.wakeup();
        Thread running = thread;
        if (running != null) {
            Threads.join(running);
        }
        up = false;
        try {
            SocketChannel last = channel;
            if (last != null) {
                last.close();
            }
            selector.close();
        } catch (IOException e) {
            // Nothing is left to be done with them.
        }
        if (process != null) {
            process.close();
        }
    }
}
