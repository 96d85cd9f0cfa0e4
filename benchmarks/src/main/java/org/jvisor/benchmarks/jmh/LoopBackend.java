package org.jvisor.benchmarks.jmh;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.NetPort;

/** A network on which every frame comes back to the sender. */
final class LoopBackend implements NetBackend {
    private static final int MOST = 256, ROOM = 2048;

    private final MemorySegment frames = Arena.ofAuto().allocate((long) MOST * ROOM, 8);
    private final int[] lengths = new int[MOST];
    private final NetHeader plain = new NetHeader();
    private int held;
    private @Nullable Thread thread;
    private volatile boolean woken;
    private volatile boolean closing;

    @Override
    public String name() {
        return "loop";
    }

    @Override
    public int queuePairs() {
        return 1;
    }

    @Override
    public int accepts() {
        return 0;
    }

    @Override
    public int delivers() {
        return 0;
    }

    @Override
    public int mtu() {
        return 1500;
    }

    @Override
    public boolean linkUp() {
        return true;
    }

    @Override
    public void start(NetPort port) {
        thread = Thread.ofPlatform().daemon().name("loop").start(() -> run(port));
    }

    private void run(NetPort port) {
        Sink sink =
                (header, memory, offset, length) -> {
                    if (held < MOST && length <= ROOM) {
                        MemorySegment.copy(memory, offset, frames, (long) held * ROOM, length);
                        lengths[held++] = length;
                    }
                };
        while (!closing) {
            woken = false;
            port.transmit(0, sink);
            for (int i = 0; i < held; i++) {
                port.receive(0, plain, frames, (long) i * ROOM, lengths[i]);
            }
            if (held > 0) {
                held = 0;
                port.received(0);
            } else if (!woken) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
        }
    }

    @Override
    public void receive(int offloads, int pairs) {}

    @Override
    public void wake(int pair) {
        woken = true;
        LockSupport.unpark(thread);
    }

    @Override
    public void close() {
        closing = true;
        Thread running = thread;
        if (running == null) {
            return;
        }
        LockSupport.unpark(running);
        try {
            running.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
