package org.jvisor.virtio.net;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.RateLimiter;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;

/**
 * A network interface (virtio 1.2 §5.1). Queues 2N and 2N + 1 receive and transmit; the one after
 * the last pair controls. The back end's threads do the work: a notification only wakes the thread
 * of its pair, and the control queue is served on that of pair 0.
 */
public final class VirtioNet implements VirtioDevice {
    private static final int TYPE = 1, QUEUE_SIZE = 256, CONTROL_SIZE = 64;

    private final String name;
    private final NetBackend backend;
    private final int pairs;
    private final long features;
    private final NetConfig config;
    private final NetFilter filter;
    private final MacAddress mac;
    private final NetQueuePair[] queues;
    private final NetControl control;
    private final Chain command = new Chain();

    /** The life of the device; taken before the locks of the pairs. */
    private final Object lock = new Object();

    private volatile @Nullable VirtioHost host;
    private volatile boolean plugged;
    private volatile boolean announcing;
    private volatile boolean commands;
    private boolean paused;
    private boolean closed;
    private int activePairs = 1;
    private long guestOffloads;

    /** State read back for the next {@link #activate}, which must not begin anew. */
    private boolean restored;

    private VirtioNet(
            String name,
            NetBackend backend,
            NetOptions options,
            MacAddress mac,
            LongSupplier nanoTime) {
        this.name = name;
        this.backend = backend;
        this.mac = mac;
        pairs = options.queuePairs();
        features = NetFeatures.offered(backend, options);
        config = new NetConfig(options, options.mtu() == 0 ? backend.mtu() : options.mtu());
        filter = new NetFilter(mac.bits());
        plugged = options.linkUp();
        queues = new NetQueuePair[pairs];
        RateLimiter receive = new RateLimiter(options.rates().receive(), nanoTime);
        RateLimiter transmit = new RateLimiter(options.rates().transmit(), nanoTime);
        for (int i = 0; i < pairs; i++) {
            queues[i] = new NetQueuePair(i, filter, backend, receive, transmit, nanoTime);
        }
        control = new NetControl(filter, new ControlTarget());
        config.mac(mac.bits());
        showLink();
    }

    /**
     * Makes an interface and begins to serve its back end, which is closed with it.
     *
     * @param name a short name, unique on the machine, such as {@code "net0"}
     * @param backend not started; serves at least as many queue pairs as {@code options} asks for
     * @param options what the guest sees
     * @param nanoTime the clock of the rate limits in nanoseconds, such as {@code System::nanoTime}
     * @throws IllegalArgumentException if there are more queue pairs than the back end serves
     */
    public static VirtioNet open(
            String name, NetBackend backend, NetOptions options, LongSupplier nanoTime) {
        if (options.queuePairs() > backend.queuePairs()) {
            throw new IllegalArgumentException(
                    "%d queue pairs are asked for, but %s serves %d"
                            .formatted(options.queuePairs(), backend.name(), backend.queuePairs()));
        }
        MacAddress given = options.mac();
        MacAddress mac = given == null ? MacAddress.derive(name) : given;
        VirtioNet device = new VirtioNet(name, backend, options, mac, nanoTime);
        backend.start(device.new Port());
        return device;
    }

    /** The interface's address as it was made; the guest may have given itself another. */
    public MacAddress mac() {
        return mac;
    }

    /** What it is connected to. */
    public NetBackend backend() {
        return backend;
    }

    /** Plugs the cable in or out. Any thread. */
    public void setLink(boolean up) {
        plugged = up;
        showLink();
    }

    /** Whether the guest is told that the cable is plugged in. */
    public boolean linkUp() {
        return plugged && backend.linkUp();
    }

    /**
     * Asks the guest to tell the network where it is, as after a move to another host; without
     * effect on a driver that cannot. Any thread.
     */
    public void announce() {
        VirtioHost to = host;
        if (to != null && to.has(NetFeatures.GUEST_ANNOUNCE)) {
            announcing = true;
            showLink();
        }
    }

    private void showLink() {
        boolean up = linkUp();
        for (NetQueuePair pair : queues) {
            pair.linkUp(up);
        }
        boolean news = config.status(up, announcing);
        VirtioHost to = host;
        if (news && to != null) {
            to.configChanged();
        }
    }

    // ---- the transport's side

    @Override
    public String name() {
        return name;
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public boolean accepts(long features) {
        return NetFeatures.consistent(features);
    }

    @Override
    public int queues() {
        return 2 * pairs + 1;
    }

    @Override
    public int queueSize(int queue) {
        return queue == 2 * pairs ? CONTROL_SIZE : QUEUE_SIZE;
    }

    @Override
    public int configSize() {
        return config.size();
    }

    @Override
    public long readConfig(int offset, int size) {
        return config.read(offset, size);
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        // Nothing is writable without a legacy interface (virtio 1.2 §5.1.4.2).
    }

    @Override
    public void activate(VirtioHost host) {
        synchronized (lock) {
            if (!restored) {
                filter.reset();
                if (host.has(NetFeatures.CTRL_VLAN)) {
                    filter.filterVlans();
                }
                activePairs = 1;
                guestOffloads = host.features() & NetFeatures.SWITCHABLE;
            }
            restored = false;
            this.host = host;
            for (NetQueuePair pair : queues) {
                pair.activate(host, paused);
            }
            tellBackend();
        }
        lookAtAll();
    }

    @Override
    public void notified(int queue) {
        VirtioHost from = host;
        if (from == null) {
            return;
        }
        if (queue == controlQueue(from)) {
            commands = true;
            backend.wake(0);
        } else if (queue < 2 * pairs) {
            backend.wake(queue / 2);
        }
    }

    /** The index of the control queue depends on what was negotiated (virtio 1.2 §5.1.2). */
    private int controlQueue(VirtioHost host) {
        return host.has(NetFeatures.MQ) ? 2 * pairs : 2;
    }

    @Override
    public void deactivate() {
        synchronized (lock) {
            host = null;
            paused = false;
            for (NetQueuePair pair : queues) {
                pair.deactivate();
            }
            filter.reset();
            filter.mac(mac.bits());
            config.mac(mac.bits());
            activePairs = 1;
            announcing = false;
        }
        showLink();
    }

    @Override
    public void pause() {
        synchronized (lock) {
            paused = true;
            for (NetQueuePair pair : queues) {
                pair.pause();
            }
        }
    }

    @Override
    public void resume() {
        synchronized (lock) {
            paused = false;
            for (NetQueuePair pair : queues) {
                pair.resume();
            }
        }
        lookAtAll();
    }

    private void lookAtAll() {
        commands = true;
        for (int i = 0; i < pairs; i++) {
            backend.wake(i);
        }
    }

    private void tellBackend() {
        int offloads = NetFeatures.received(guestOffloads);
        for (NetQueuePair pair : queues) {
            pair.received(offloads);
        }
        backend.receive(offloads & backend.delivers(), activePairs);
    }

    @Override
    public void save(DataOutput out) throws IOException {
        synchronized (lock) {
            filter.save(out);
            out.writeShort(activePairs);
            out.writeLong(guestOffloads);
            out.writeBoolean(plugged);
            out.writeBoolean(announcing);
        }
    }

    @Override
    public void restore(DataInput in) throws IOException {
        synchronized (lock) {
            filter.restore(in);
            int active = in.readUnsignedShort();
            if (active < 1 || active > pairs) {
                throw new IOException(
                        "interface %s has %d queue pairs, but the saved one used %d"
                                .formatted(name, pairs, active));
            }
            activePairs = active;
            guestOffloads = in.readLong() & NetFeatures.SWITCHABLE;
            plugged = in.readBoolean();
            announcing = in.readBoolean();
            config.mac(filter.mac());
            restored = true;
        }
        showLink();
    }

    @Override
    public void close() {
        deactivate();
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
        }
        backend.close();
        for (NetQueuePair pair : queues) {
            pair.close();
        }
        command.close();
    }

    // ---- the back end's side

    private final class Port implements NetPort {
        @Override
        public long transmit(int pair, NetBackend.Sink sink) {
            if (pair == 0 && commands) {
                serveCommands();
            }
            return pair < pairs ? queues[pair].transmit(sink) : NEVER;
        }

        @Override
        public long receive(
                int pair, NetHeader header, MemorySegment memory, long offset, int length) {
            return pair < pairs ? queues[pair].receive(header, memory, offset, length) : TAKEN;
        }

        @Override
        public void received(int pair) {
            if (pair < pairs) {
                queues[pair].signalReceived();
            }
        }

        @Override
        public void linkChanged() {
            showLink();
        }
    }

    private void serveCommands() {
        synchronized (lock) {
            VirtioHost from = host;
            if (from == null || paused || !from.has(NetFeatures.CTRL_VQ)) {
                return;
            }
            commands = false;
            Virtqueue queue = from.queue(controlQueue(from));
            boolean any = false;
            do {
                while (queue.take(command)) {
                    any = true;
                    int answer = control.execute(command);
                    boolean room = command.writable().length() > 0;
                    if (room) {
                        command.writeByte(0, answer);
                    }
                    queue.put(command, room ? 1 : 0);
                }
            } while (queue.enableNotifications());
            if (any) {
                queue.signal();
            }
        }
    }

    private final class ControlTarget implements NetControl.Target {
        @Override
        public long features() {
            VirtioHost from = host;
            return from == null ? 0 : from.features();
        }

        @Override
        public void announced() {
            announcing = false;
            showLink();
        }

        @Override
        public void macChanged() {
            config.mac(filter.mac());
        }

        @Override
        public boolean pairs(int wanted) {
            if (wanted < 1 || wanted > pairs) {
                return false;
            }
            activePairs = wanted;
            tellBackend();
            return true;
        }

        @Override
        public void offloads(long features) {
            guestOffloads = features;
            tellBackend();
        }
    }
}
