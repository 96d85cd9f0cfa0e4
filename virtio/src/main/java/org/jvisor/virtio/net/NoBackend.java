package org.jvisor.virtio.net;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** No network: what the guest sends is dropped, and nothing comes. */
final class NoBackend implements NetBackend {
    private final String id;
    private final Semaphore woken = new Semaphore(0);
    private @Nullable Thread thread;
    private volatile boolean closing;

    NoBackend(String id) {
        this.id = id;
    }

    @Override
    public String name() {
        return "none";
    }

    @Override
    public int queuePairs() {
        return 1;
    }

    @Override
    public int accepts() {
        return Offloads.CSUM | Offloads.TSO4 | Offloads.TSO6 | Offloads.ECN | Offloads.USO;
    }

    @Override
    public int delivers() {
        return 0;
    }

    @Override
    public int mtu() {
        return 0;
    }

    @Override
    public boolean linkUp() {
        return true;
    }

    @Override
    public synchronized void start(NetPort port) {
        thread = Thread.ofPlatform().daemon().name(id + "-io-0").start(() -> loop(port));
    }

    private void loop(NetPort port) {
        Sink drop = (header, memory, offset, length) -> {};
        try {
            while (!closing) {
                long wait = port.transmit(0, drop);
                if (woken.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
                    woken.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            // Only close interrupts.
        }
    }

    @Override
    public void receive(int offloads, int pairs) {
        // Nothing comes.
    }

    @Override
    public void wake(int pair) {
        woken.release();
    }

    @Override
    public synchronized void close() {
        closing = true;
        Thread running = thread;
        if (running != null) {
            thread = null;
            running.interrupt();
            Threads.join(running);
        }
    }
}
