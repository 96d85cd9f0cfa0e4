package org.jvisor.virtio.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A back end whose other side is the test. */
final class LoopBackend implements NetBackend {
    /** A frame and what was said about it. */
    record Frame(byte[] bytes, int flags, int gsoType, int gsoSize, int csumStart, int csumOffset) {
        static Frame plain(byte[] bytes) {
            return new Frame(bytes, 0, 0, 0, 0, 0);
        }
    }

    private final int pairs;
    private final int accepts;
    private final int delivers;
    private final List<Semaphore> woken = new ArrayList<>();
    private final List<ConcurrentLinkedQueue<Frame>> pending = new ArrayList<>();
    private final List<BlockingQueue<Frame>> sent = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closing;
    private volatile boolean up = true;

    /** What the device said the guest takes, and how many pairs it uses. */
    final BlockingQueue<int[]> told = new LinkedBlockingQueue<>();

    LoopBackend(int pairs, int accepts, int delivers) {
        this.pairs = pairs;
        this.accepts = accepts;
        this.delivers = delivers;
        for (int i = 0; i < pairs; i++) {
            woken.add(new Semaphore(0));
            pending.add(new ConcurrentLinkedQueue<>());
            sent.add(new LinkedBlockingQueue<>());
        }
    }

    /** Sends the guest a frame. */
    void deliver(int pair, Frame frame) {
        pending.get(pair).add(frame);
        wake(pair);
    }

    /** Waits for a frame of the guest's. */
    Frame await(int pair) {
        try {
            Frame frame = sent.get(pair).poll(1, TimeUnit.MINUTES);
            return Objects.requireNonNull(frame, "no frame came within a minute");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether a frame of the guest's is there. */
    boolean has(int pair) {
        return !sent.get(pair).isEmpty();
    }

    /** Unplugs the back end's side. */
    void linkUp(boolean up, NetPort port) {
        this.up = up;
        port.linkChanged();
    }

    @Override
    public String name() {
        return "loop";
    }

    @Override
    public int queuePairs() {
        return pairs;
    }

    @Override
    public int accepts() {
        return accepts;
    }

    @Override
    public int delivers() {
        return delivers;
    }

    @Override
    public int mtu() {
        return 1500;
    }

    @Override
    public boolean linkUp() {
        return up;
    }

    @Override
    public void start(NetPort port) {
        for (int i = 0; i < pairs; i++) {
            int pair = i;
            threads.add(
                    Thread.ofPlatform().daemon().name("loop-" + i).start(() -> run(port, pair)));
        }
    }

    private void run(NetPort port, int pair) {
        MemorySegment memory = Arena.ofAuto().allocate(NetPort.MAX_FRAME + 64L);
        NetHeader header = new NetHeader();
        Sink sink =
                (info, from, offset, length) ->
                        sent.get(pair)
                                .add(
                                        new Frame(
                                                from.asSlice(offset, length)
                                                        .toArray(ValueLayout.JAVA_BYTE),
                                                info.flags,
                                                info.gsoType,
                                                info.gsoSize,
                                                info.csumStart,
                                                info.csumOffset));
        try {
            while (!closing) {
                long wait = port.transmit(pair, sink);
                Frame frame = pending.get(pair).peek();
                while (frame != null) {
                    MemorySegment.copy(
                            frame.bytes, 0, memory, ValueLayout.JAVA_BYTE, 8, frame.bytes.length);
                    header.flags = frame.flags;
                    header.gsoType = frame.gsoType;
                    header.gsoSize = frame.gsoSize;
                    header.csumStart = frame.csumStart;
                    header.csumOffset = frame.csumOffset;
                    long later = port.receive(pair, header, memory, 8, frame.bytes.length);
                    if (later != NetPort.TAKEN) {
                        wait = Math.min(wait, later);
                        break;
                    }
                    pending.get(pair).poll();
                    frame = pending.get(pair).peek();
                }
                port.received(pair);
                // A test's clock moves in leaps, each followed by a wake.
                if (wait == 0 || woken.get(pair).tryAcquire(1, TimeUnit.MINUTES)) {
                    woken.get(pair).drainPermits();
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    @Override
    public void receive(int offloads, int pairs) {
        told.add(new int[] {offloads, pairs});
    }

    @Override
    public void wake(int pair) {
        woken.get(pair).release();
    }

    @Override
    public void close() {
        closing = true;
        threads.forEach(Thread::interrupt);
        threads.forEach(Threads::join);
    }
}
