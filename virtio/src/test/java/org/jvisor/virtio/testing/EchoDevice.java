package org.jvisor.virtio.testing;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.ConfigSpace;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;

/**
 * A device that copies each chain's readable bytes to its writable ones, on the thread that
 * notifies it, so that what it does is the same each time.
 */
public final class EchoDevice implements VirtioDevice {
    /** How many queues it has. */
    public static final int QUEUES = 3;

    private static final int MOST = 4096;

    private final ConfigSpace config = new ConfigSpace(12);
    private @Nullable VirtioHost host;
    private boolean paused;

    /** Makes one. */
    public EchoDevice() {
        config.put(0, 4, 0x1234_5678);
    }

    @Override
    public String name() {
        return "echo0";
    }

    @Override
    public int type() {
        return 42;
    }

    @Override
    public long features() {
        return 3;
    }

    @Override
    public boolean accepts(long features) {
        return (features & 3) != 2;
    }

    @Override
    public int queues() {
        return QUEUES;
    }

    @Override
    public int queueSize(int queue) {
        return 128 >>> queue;
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
        config.write(offset, size, value, 4, 8);
        VirtioHost to = host;
        if (to != null) {
            to.configChanged();
        }
    }

    @Override
    public void activate(VirtioHost host) {
        this.host = host;
        if (!paused) {
            serveAll();
        }
    }

    @Override
    public void notified(int queue) {
        if (!paused && host != null) {
            serve(queue);
        }
    }

    private void serveAll() {
        for (int i = 0; i < QUEUES; i++) {
            notified(i);
        }
    }

    private void serve(int index) {
        VirtioHost to = host;
        if (to == null) {
            return;
        }
        Virtqueue queue = to.queue(index);
        do {
            queue.disableNotifications();
            Chain chain = new Chain();
            while (queue.take(chain)) {
                echo(queue, chain);
            }
            chain.close();
            queue.signal();
        } while (queue.enableNotifications());
    }

    private static void echo(Virtqueue queue, Chain chain) {
        long length = Math.min(chain.readable().length(), chain.writable().length());
        length = Math.min(length, MOST);
        for (long i = 0; i < length; i++) {
            chain.writeByte(i, chain.readByte(i));
        }
        queue.put(chain, length);
    }

    @Override
    public void deactivate() {
        host = null;
        paused = false;
    }

    @Override
    public void pause() {
        paused = true;
    }

    @Override
    public void resume() {
        paused = false;
        serveAll();
    }

    @Override
    public void save(DataOutput out) throws IOException {
        config.save(out);
    }

    @Override
    public void restore(DataInput in) throws IOException {
        config.restore(in);
    }

    @Override
    public void close() {
        deactivate();
    }
}
