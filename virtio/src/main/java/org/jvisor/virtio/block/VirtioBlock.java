package org.jvisor.virtio.block;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.RateLimiter;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.VirtioHost;

/**
 * A virtio block device (virtio 1.2 §5.2) with any number of queues, each with threads of its own:
 * a request that waits for the disk holds up neither a vCPU nor another queue.
 */
public final class VirtioBlock implements VirtioDevice {
    private static final int DEVICE_ID = 2;

    private static final System.Logger LOG = System.getLogger(VirtioBlock.class.getName());

    /** Failed requests of which the log tells; a broken disk fails them all. */
    private static final int MOST_LOGGED = 10;

    private final String name;
    private final BlockBackend disk;
    private final Settings settings;
    private final BlockConfig config;
    private final BlockQueue[] queues;
    private volatile @Nullable VirtioHost host;
    private int logged;
    private boolean closed;

    /**
     * What a user chooses.
     *
     * @param serial the identity the driver reads; its first 20 bytes count
     * @param queues 1 to 64; as many as the machine has vCPUs is best
     * @param queueSize descriptors in a queue, a power of two from 4 to 1024
     * @param limits of reading and writing together
     */
    public record Settings(String serial, int queues, int queueSize, RateLimiter.Limits limits) {
        /** Checks them. */
        public Settings {
            if (queues < 1 || queues > 64) {
                throw new IllegalArgumentException("a disk has 1 to 64 queues, not " + queues);
            }
            if (queueSize < 4 || queueSize > 1024 || Integer.bitCount(queueSize) != 1) {
                throw new IllegalArgumentException(
                        "a queue of a disk has 4 to 1024 descriptors, a power of two, not "
                                + queueSize);
            }
        }

        /** No limits, 256 descriptors. */
        public static Settings of(String serial, int queues) {
            return new Settings(serial, queues, 256, RateLimiter.Limits.NONE);
        }
    }

    /**
     * Makes a device.
     *
     * @param name unique on its machine
     * @param disk taken over: closed with the device
     */
    public VirtioBlock(String name, BlockBackend disk, Settings settings) {
        this.name = name;
        this.disk = disk;
        this.settings = settings;
        config = new BlockConfig(disk, settings.queues, settings.queueSize);
        BlockRequests requests = new BlockRequests(disk, config, settings.serial, this::failed);
        RateLimiter limiter =
                settings.limits.none() ? null : new RateLimiter(settings.limits, System::nanoTime);
        queues = new BlockQueue[settings.queues];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new BlockQueue(name, i, requests, config, limiter);
        }
    }

    // ---- what a transport sees

    @Override
    public String name() {
        return name;
    }

    @Override
    public int type() {
        return DEVICE_ID;
    }

    @Override
    public long features() {
        return config.features();
    }

    @Override
    public int queues() {
        return queues.length;
    }

    @Override
    public int queueSize(int queue) {
        return settings.queueSize;
    }

    @Override
    public int configSize() {
        return BlockConfig.SIZE;
    }

    @Override
    public long readConfig(int offset, int size) {
        return config.read(offset, size);
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        config.write(offset, size, value);
    }

    @Override
    public void activate(VirtioHost newHost) {
        host = newHost;
        for (BlockQueue queue : queues) {
            if (newHost.queue(queue.index()).enabled()) {
                queue.start(newHost);
            }
        }
    }

    @Override
    public void notified(int queue) {
        if (queue >= 0 && queue < queues.length) {
            queues[queue].notified();
        }
    }

    @Override
    public void deactivate() {
        host = null;
        for (BlockQueue queue : queues) {
            queue.end();
        }
        config.reset();
    }

    @Override
    public void pause() {
        for (BlockQueue queue : queues) {
            queue.pause();
        }
    }

    @Override
    public void resume() {
        for (BlockQueue queue : queues) {
            queue.resume();
        }
    }

    @Override
    public void save(DataOutput out) throws IOException {
        disk.flush();
        config.save(out);
    }

    @Override
    public void restore(DataInput in) throws IOException {
        config.restore(in);
    }

    // ---- what the host does

    /** The disk itself. */
    public BlockBackend disk() {
        return disk;
    }

    /**
     * Changes the disk's size and tells the driver, while it runs. Blocks for the disk; not for
     * vCPU threads.
     *
     * @param bytes a multiple of 512
     * @throws BlockException if the disk cannot have that size
     */
    public void resize(long bytes) throws BlockException {
        disk.resize(bytes);
        config.setCapacity(disk.size());
        VirtioHost now = host;
        if (now != null) {
            now.configChanged();
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        host = null;
        for (BlockQueue queue : queues) {
            queue.close();
        }
        try {
            disk.close();
        } catch (BlockException e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "The last writes to the disk " + name + " may be lost: " + e.getMessage());
        }
    }

    private synchronized void failed(Throwable why) {
        if (logged < MOST_LOGGED) {
            logged++;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "A request to the disk " + name + " failed: " + why.getMessage());
        }
    }
}
