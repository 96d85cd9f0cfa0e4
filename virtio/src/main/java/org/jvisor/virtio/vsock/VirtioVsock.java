package org.jvisor.virtio.vsock;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.WorkerDevice;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;

/**
 * A socket device (virtio 1.2 §5.10), stream sockets only, over Unix sockets of the host. One
 * thread waits for the sockets and serves the queues.
 */
public final class VirtioVsock extends WorkerDevice {
    /** The smallest context ID a guest can have. */
    public static final long FIRST_GUEST_CID = 3;

    private static final int TYPE = 19;

    /** VIRTIO_VSOCK_F_STREAM. */
    static final long STREAM = 1;

    private static final int GUEST_CID = 0, CONFIG_SIZE = 8;
    private static final int RX = 0, TX = 1, EVENT = 2, QUEUES = 3, QUEUE_SIZE = 256;

    /** VIRTIO_VSOCK_EVENT_TRANSPORT_RESET: all connections are gone. */
    private static final int TRANSPORT_RESET = 0;

    /** Answers to packets of no connection that wait at most. */
    private static final int MOST_REPLIES = 256;

    /** Packets taken from the guest before it is answered. */
    private static final int TURN = 256;

    /** How long nothing is accepted after a failure, in nanoseconds. */
    private static final long ACCEPT_PAUSE = 10_000_000;

    private final long guestCid;
    private final Sockets sockets;

    // Of the device's thread, or of another while that rests.
    private final Connections connections = new Connections();

    /** Resets to send for packets of no connection, as keys. */
    private final ArrayDeque<Long> replies = new ArrayDeque<>();

    private boolean tellReset;
    private final Packet packet = new Packet();
    private final Chain chain = new Chain();
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(Packet.MOST_DATA);
    private final MemorySegment scratchSegment = MemorySegment.ofBuffer(scratch.duplicate());

    /**
     * Makes a device that is not active, and listens.
     *
     * @param name unique on its machine, such as {@code "vsock0"}
     * @param guestCid the guest's context ID, {@link #FIRST_GUEST_CID} to 2^32 - 2
     * @param path the Unix socket that host programs connect to
     * @throws IOException if it cannot be made
     */
    public VirtioVsock(String name, long guestCid, Path path) throws IOException {
        this(name, guestCid, new Sockets(path));
    }

    private VirtioVsock(String name, long guestCid, Sockets sockets) {
        super(name, TYPE, CONFIG_SIZE, sockets);
        this.sockets = sockets;
        this.guestCid = guestCid;
        if (guestCid < FIRST_GUEST_CID || guestCid >= 0xffff_ffffL) {
            sockets.close();
            throw new IllegalArgumentException(
                    "a guest's context ID is %d to %d, not %d"
                            .formatted(FIRST_GUEST_CID, 0xffff_fffeL, guestCid));
        }
        config.put(GUEST_CID, 8, guestCid);
    }

    @Override
    public long features() {
        return STREAM;
    }

    @Override
    public int queues() {
        return QUEUES;
    }

    @Override
    public int queueSize(int queue) {
        return QUEUE_SIZE;
    }

    // ---- Serving

    @Override
    protected void serve(VirtioHost host) {
        if (tellReset && host.queue(EVENT).take(chain)) {
            tellReset = false;
            boolean room = chain.writable().length() >= 4;
            if (room) {
                chain.writeInt(0, TRANSPORT_RESET);
            }
            host.queue(EVENT).put(chain, room ? 4 : 0);
            host.queue(EVENT).signal();
        }
        select();
        boolean again = true;
        while (again && !stopping()) {
            again = takeFromGuest(host.queue(TX));
            again |= sendToGuest(host.queue(RX));
        }
    }

    private void select() {
        try {
            sockets.selector().selectNow();
        } catch (IOException e) {
            throw new IllegalStateException("the selector fails: " + e, e);
        }
        Set<SelectionKey> keys = sockets.selector().selectedKeys();
        for (SelectionKey key : keys) {
            Connection connection = Connection.of(key);
            if (connection == null) {
                accept();
            } else if (key.isValid()) {
                progress(connection, key.isReadable());
            }
        }
        keys.clear();
    }

    private void accept() {
        try {
            Connection made = sockets.accept();
            if (made != null) {
                if (connections.full()) {
                    made.close();
                } else {
                    connections.add(made);
                }
            }
        } catch (IOException e) {
            // The program gave up, or this process has no descriptors left, which lasts a while.
            LockSupport.parkNanos(ACCEPT_PAUSE);
        }
    }

    private void progress(Connection connection, boolean readable) {
        try {
            if (connection.state == Connection.State.LINE) {
                readLine(connection);
            } else {
                connection.readable |= readable;
                connection.flush(scratch);
                finishShutdown(connection);
            }
            connections.activate(connection);
            connection.updateInterest();
        } catch (IOException e) {
            fail(connection);
        }
    }

    private void readLine(Connection connection) throws IOException {
        long port = connection.readLine(scratch);
        if (port == -2) {
            connections.remove(connection);
        } else if (port >= 0) {
            connection.guestPort = (int) port;
            connection.hostPort = connections.freeHostPort((int) port);
            connection.state = Connection.State.REQUESTED;
            connections.name(connection);
            connection.post(Packet.REQUEST);
        }
    }

    // ---- From the guest

    private boolean takeFromGuest(Virtqueue queue) {
        queue.disableNotifications();
        int count = 0;
        while (count < TURN && replies.size() < MOST_REPLIES && !stopping() && queue.take(chain)) {
            count++;
            if (packet.read(chain)
                    && packet.sourceCid == guestCid
                    && packet.targetCid == Packet.HOST_CID) {
                handle();
            }
            queue.put(chain, 0);
        }
        queue.signal();
        // With too many unanswered, buffers to answer in have to come first.
        return count == TURN || replies.size() < MOST_REPLIES && queue.enableNotifications();
    }

    private void handle() {
        long key = Connections.key(packet.targetPort, packet.sourcePort);
        Connection connection = connections.find(key);
        if (packet.type != Packet.TYPE_STREAM || connection == null) {
            if (packet.type == Packet.TYPE_STREAM && packet.operation == Packet.REQUEST) {
                connect(key);
            } else if (packet.operation != Packet.RST) {
                replies.add(key);
            }
            return;
        }
        connection.credit(packet.bufferSize, packet.forwarded);
        try {
            handle(connection);
            connections.activate(connection);
            connection.updateInterest();
        } catch (IOException e) {
            fail(connection);
        }
    }

    private void handle(Connection connection) throws IOException {
        boolean open = connection.state == Connection.State.OPEN;
        switch (packet.operation) {
            case Packet.RESPONSE -> {
                if (open) {
                    fail(connection);
                } else {
                    opened(connection);
                }
            }
            case Packet.RST -> connections.remove(connection);
            case Packet.SHUTDOWN -> {
                connection.guestReceivesNoMore |= (packet.flags & Packet.NO_RECEIVE) != 0;
                connection.guestSendsNoMore |= (packet.flags & Packet.NO_SEND) != 0;
                connection.flush(scratch);
                finishShutdown(connection);
            }
            case Packet.RW -> {
                scratch.clear().limit(packet.length);
                chain.read(Packet.HEADER, scratchSegment, 0, packet.length);
                if (!open || connection.guestSendsNoMore || !connection.accept(scratch)) {
                    fail(connection);
                }
            }
            case Packet.CREDIT_REQUEST -> connection.post(Packet.CREDIT_UPDATE);
            case Packet.CREDIT_UPDATE -> {
                // The header says it.
            }
            default -> fail(connection);
        }
    }

    private void connect(long key) {
        Connection made = connections.full() ? null : sockets.connect(packet.targetPort);
        if (made == null) {
            replies.add(key);
            return;
        }
        made.hostPort = packet.targetPort;
        made.guestPort = packet.sourcePort;
        made.credit(packet.bufferSize, packet.forwarded);
        made.post(Packet.RESPONSE);
        connections.add(made);
        connections.name(made);
        connections.activate(made);
    }

    private void opened(Connection connection) throws IOException {
        connection.state = Connection.State.OPEN;
        String line = "OK " + Integer.toUnsignedString(connection.hostPort) + "\n";
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
        connection.channel.write(bytes);
        if (bytes.hasRemaining()) {
            fail(connection);
        }
    }

    /** Once the guest neither sends nor receives, a reset ends the connection (§5.10.6.5). */
    private void finishShutdown(Connection connection) {
        if (connection.guestReceivesNoMore && connection.guestSendsNoMore && connection.drained()) {
            connection.post(Packet.RST);
        }
    }

    // ---- To the guest

    private boolean sendToGuest(Virtqueue queue) {
        boolean more = false;
        while (!stopping() && (connections.waiting() || !replies.isEmpty())) {
            if (!queue.take(chain)) {
                more = queue.enableNotifications();
                break;
            }
            int written = chain.writable().length() < Packet.HEADER ? 0 : nextPacket();
            if (written < 0) {
                queue.untake(chain);
            } else {
                queue.put(chain, written);
            }
        }
        queue.signal();
        return more;
    }

    /** Fills the chain with the next packet; its length, or -1 if there is none after all. */
    private int nextPacket() {
        Long reply = replies.poll();
        if (reply != null) {
            Packet.write(
                    chain,
                    guestCid,
                    (int) (reply >>> 32),
                    reply.intValue(),
                    Packet.RST,
                    0,
                    0,
                    0,
                    0);
            return Packet.HEADER;
        }
        Connection connection = connections.nextTurn();
        if (connection == null) {
            return -1;
        }
        int operation = connection.takeOperation();
        if (operation != 0) {
            write(connection, operation, 0, 0);
            if (operation == Packet.RST) {
                connections.remove(connection);
            } else {
                connections.activate(connection);
            }
            return Packet.HEADER;
        }
        return data(connection);
    }

    private void write(Connection connection, int operation, int flags, int length) {
        Packet.write(
                chain,
                guestCid,
                connection.hostPort,
                connection.guestPort,
                operation,
                flags,
                length,
                Connection.BUFFER,
                connection.forwarded());
        connection.toldForwarded();
    }

    private int data(Connection connection) {
        int most = (int) Math.min(Packet.MOST_DATA, chain.writable().length() - Packet.HEADER);
        int room = Math.min(connection.room(), most);
        if (!connection.key.isValid()) {
            return -1;
        }
        if (most == 0) {
            connections.activate(connection);
            return 0; // a buffer too small for data
        }
        if (room == 0) {
            connection.askForCredit();
            if (connection.hasOperation()) {
                connections.activate(connection);
            }
            return -1; // goes on when the guest has room
        }
        int length;
        try {
            length = connection.channel.read(scratch.clear().limit(room));
        } catch (IOException e) {
            fail(connection);
            return -1;
        }
        if (length == 0) {
            connection.readable = false;
            connection.updateInterest();
            return -1;
        }
        if (length < 0) {
            connection.endOfInput = true;
            connection.updateInterest();
            write(connection, Packet.SHUTDOWN, Packet.NO_SEND, 0);
            return Packet.HEADER;
        }
        chain.write(Packet.HEADER, scratchSegment, 0, length);
        write(connection, Packet.RW, 0, length);
        connection.sent(length);
        connections.activate(connection);
        return Packet.HEADER + length;
    }

    // ---- Ends

    /** Ends a connection that went wrong; the guest gets a reset. */
    private void fail(Connection connection) {
        connection.close();
        if (connection.state == Connection.State.LINE) {
            connections.remove(connection);
            return;
        }
        connection.post(Packet.RST);
        connections.activate(connection);
    }

    // ---- Life

    @Override
    protected void deactivated() {
        connections.clear();
        replies.clear();
        tellReset = false;
    }

    @Override
    public void save(DataOutput out) throws IOException {
        // Connections do not outlive the process: the restored device tells the guest so.
    }

    @Override
    public void restore(DataInput in) throws IOException {
        tellReset = true;
    }

    @Override
    public void close() {
        super.close();
        sockets.close();
        chain.close();
    }
}
