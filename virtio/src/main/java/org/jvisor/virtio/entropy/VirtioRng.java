package org.jvisor.virtio.entropy;

import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.WorkerDevice;
import org.jvisor.virtio.queue.Chain;

/** An entropy device (virtio 1.2 §5.4): fills buffers from the host's random number generator. */
public final class VirtioRng extends WorkerDevice {
    private static final int TYPE = 4;
    private static final int QUEUE_SIZE = 64;

    /** Bytes given at once; a driver that asks for more asks again (§5.4.6.2). */
    private static final int MOST = 64 << 10;

    /** Made when the first bytes are asked for: that takes milliseconds of a machine's start. */
    private @Nullable SecureRandom random;

    private final Chain chain = new Chain();
    private final byte[] pool = new byte[4096];
    private final MemorySegment segment = MemorySegment.ofArray(pool);

    /** Bytes at the end of the pool that were not given yet. */
    private int left;

    /**
     * Makes a device that is not active.
     *
     * @param name unique on its machine, such as {@code "rng0"}
     */
    public VirtioRng(String name) {
        super(name, TYPE, 0);
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int queues() {
        return 1;
    }

    @Override
    public int queueSize(int queue) {
        return QUEUE_SIZE;
    }

    @Override
    protected void serve(VirtioHost host) {
        drain(host.queue(0), chain, this::fill);
    }

    private long fill(Chain request) {
        int length = (int) Math.min(request.writable().length(), MOST);
        int done = 0;
        while (done < length) {
            if (left == 0) {
                if (random == null) {
                    random = new SecureRandom();
                }
                random.nextBytes(pool);
                left = pool.length;
            }
            int part = Math.min(left, length - done);
            int from = pool.length - left;
            request.write(done, segment, from, part);
            Arrays.fill(pool, from, from + part, (byte) 0); // nobody else gets them
            left -= part;
            done += part;
        }
        return length;
    }

    @Override
    public void close() {
        super.close();
        chain.close();
    }
}
