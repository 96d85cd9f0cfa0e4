package org.jvisor.virtio.net.tap;

import java.util.ArrayList;
import java.util.List;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.TapDevice;
import org.jvisor.virtio.net.NetAttachment;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.NetPort;
import org.jvisor.virtio.net.Offloads;

/** A tap interface with a thread for each of its queues. */
public final class TapBackend implements NetBackend {
    private final String id;
    private final TapDevice tap;
    private final int mtu;
    private final int extra;
    private final List<TapQueue> queues = new ArrayList<>();
    private volatile boolean failed;
    private boolean closed;

    /**
     * Opens or makes the interface, switches it on and adds it to its bridge.
     *
     * @param id the interface's name in the machine, for the threads'
     * @param asked what is asked for
     * @param mtu the largest packet in bytes; 0 to leave it as it is
     * @throws NetException if the host does not let it
     */
    public TapBackend(String id, NetAttachment.Tap asked, int mtu) {
        this.id = id;
        try {
            tap = TapDevice.open(asked.name(), asked.queuePairs());
        } catch (LinuxException e) {
            throw failure(e);
        }
        try {
            if (mtu != 0 && tap.mtu() != mtu) {
                tap.mtu(mtu);
            }
            this.mtu = tap.mtu();
            extra = tap.offloads(bits(Offloads.CSUM | Offloads.USO)) ? Offloads.USO : 0;
            tap.offloads(0);
            String bridge = asked.bridge();
            if (bridge != null) {
                tap.bridge(bridge);
            }
            tap.up();
        } catch (LinuxException e) {
            tap.close();
            throw failure(e);
        }
    }

    private static NetException failure(LinuxException e) {
        return new NetException("network tap: " + e.getMessage(), e);
    }

    @Override
    public String name() {
        return "tap " + tap.name();
    }

    @Override
    public int queuePairs() {
        return tap.queues();
    }

    @Override
    public int accepts() {
        return Offloads.CSUM | Offloads.TSO4 | Offloads.TSO6 | Offloads.ECN | extra;
    }

    @Override
    public int delivers() {
        return accepts();
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
    public synchronized void start(NetPort port) {
        for (int i = 0; i < tap.queues(); i++) {
            TapQueue queue = new TapQueue(i, tap.queue(i), port, () -> failed(port));
            queues.add(queue);
            queue.start(id + "-io-" + i);
        }
    }

    private void failed(NetPort port) {
        failed = true;
        port.linkChanged();
    }

    @Override
    public void receive(int offloads, int pairs) {
        try {
            // Segmentation without checksums makes no sense to the kernel.
            tap.offloads((offloads & Offloads.CSUM) == 0 ? 0 : bits(offloads));
            tap.use(pairs);
        } catch (LinuxException e) {
            System.getLogger("org.jvisor.virtio")
                    .log(System.Logger.Level.WARNING, "network " + id + ": " + e.getMessage());
        }
    }

    /** The kernel's bits of {@link Offloads}. */
    private static int bits(int offloads) {
        int bits = (offloads & Offloads.CSUM) != 0 ? TapDevice.CHECKSUM : 0;
        bits |= (offloads & Offloads.TSO4) != 0 ? TapDevice.TSO4 : 0;
        bits |= (offloads & Offloads.TSO6) != 0 ? TapDevice.TSO6 : 0;
        bits |= (offloads & Offloads.ECN) != 0 ? TapDevice.ECN : 0;
        bits |= (offloads & Offloads.USO) != 0 ? TapDevice.USO : 0;
        return bits;
    }

    @Override
    public void wake(int pair) {
        if (pair < queues.size()) {
            queues.get(pair).wake();
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            queues.forEach(TapQueue::close);
            tap.close();
        }
    }
}
