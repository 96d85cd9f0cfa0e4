package org.jvisor.virtio;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;

/**
 * A device whose queues one thread serves. Subclasses say what they are and serve their queues in
 * {@link #serve}; this class sees to the device's life.
 */
public abstract class WorkerDevice implements VirtioDevice {
    private final String name;
    private final int type;
    private final Worker worker;
    private final Object lifeLock = new Object();
    private volatile @Nullable VirtioHost host;
    private boolean paused;

    /** The configuration space. */
    protected final ConfigSpace config;

    /** What is done with a chain. */
    @FunctionalInterface
    public interface Handler {
        /**
         * Serves a request.
         *
         * @return bytes written from the start of its writable part
         */
        long handle(Chain chain);
    }

    /**
     * Makes a device that is not active.
     *
     * @param type the virtio device ID
     * @param configSize bytes of configuration space
     */
    @SuppressWarnings("this-escape") // the worker is stopped until activate
    protected WorkerDevice(String name, int type, int configSize) {
        this.name = name;
        this.type = type;
        config = new ConfigSpace(configSize);
        worker = new Worker(name + "-io-0", this::work);
    }

    /**
     * Makes a device that is not active and waits in its own way.
     *
     * @param type the virtio device ID
     * @param configSize bytes of configuration space
     * @param idle what the worker's thread does when there is nothing to do
     */
    @SuppressWarnings("this-escape") // the worker is stopped until activate
    protected WorkerDevice(String name, int type, int configSize, Worker.Idle idle) {
        this.name = name;
        this.type = type;
        config = new ConfigSpace(configSize);
        worker = new Worker(name + "-io-0", this::work, idle);
    }

    // ---- For subclasses

    /**
     * Looks at all queues and at the back end, and does what there is to do; returns soon once
     * {@link #stopping}, leaving the rest for the next time. On the worker's thread only.
     */
    protected abstract void serve(VirtioHost host);

    /** The driver is ready. The worker does not run yet. */
    protected void activated(VirtioHost host) {}

    /** The device is reset: forgets what the driver told. The worker does not run. */
    protected void deactivated() {}

    /** Called when the worker has stopped for a pause: gives back chains that are held on to. */
    protected void paused() {}

    /** Has {@link #serve} run; from any thread. */
    protected final void wake() {
        worker.wake();
    }

    /** Whether {@link #serve} should return. */
    protected final boolean stopping() {
        return worker.stopping();
    }

    /** The host while the device is active, else null. From any thread. */
    protected final @Nullable VirtioHost host() {
        return host;
    }

    /** Serves a queue until it is empty, and has notifications enabled then. */
    protected final void drain(Virtqueue queue, Chain chain, Handler handler) {
        do {
            queue.disableNotifications();
            while (!stopping() && queue.take(chain)) {
                queue.put(chain, handler.handle(chain));
            }
            queue.signal();
        } while (queue.enableNotifications() && !stopping());
    }

    private void work() {
        VirtioHost to = host;
        if (to == null) {
            return;
        }
        try {
            serve(to);
        } catch (RuntimeException e) {
            // Nothing a driver does may end the thread, nor go unseen.
            to.needsReset("internal error: " + e);
        }
    }

    // ---- VirtioDevice

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int type() {
        return type;
    }

    @Override
    public final int configSize() {
        return config.size();
    }

    @Override
    public long readConfig(int offset, int size) {
        return config.read(offset, size);
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        // Nothing is writable unless the device says so.
    }

    @Override
    public final void activate(VirtioHost host) {
        synchronized (lifeLock) {
            this.host = host;
            activated(host);
            if (!paused) {
                worker.go();
            }
        }
    }

    @Override
    public void notified(int queue) {
        worker.wake();
    }

    @Override
    public final void deactivate() {
        synchronized (lifeLock) {
            worker.stop();
            host = null;
            paused = false;
            deactivated();
        }
    }

    @Override
    public final void pause() {
        synchronized (lifeLock) {
            worker.stop();
            if (!paused) {
                paused = true;
                paused();
            }
        }
    }

    @Override
    public final void resume() {
        synchronized (lifeLock) {
            paused = false;
            if (host != null) {
                worker.go();
            }
        }
    }

    @Override
    public void save(DataOutput out) throws IOException {
        config.save(out);
    }

    @Override
    public void restore(DataInput in) throws IOException {
        config.restore(in);
    }

    /** Deactivates the device and ends its thread; subclasses add their back end. */
    @Override
    public void close() {
        deactivate();
        worker.close();
    }
}
