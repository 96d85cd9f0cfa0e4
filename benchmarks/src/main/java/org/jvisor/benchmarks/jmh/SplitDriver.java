package org.jvisor.benchmarks.jmh;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jvisor.virtio.queue.RingAddresses;

/** A split ring (virtio 1.2 §2.7). */
final class SplitDriver extends RingDriver {
    private static final int AVAILABLE = 32 << 10, USED = 48 << 10;
    private static final int INDEX = 2, RING = 4;

    private int submitted;
    private int collected;

    SplitDriver(MemorySegment memory, long base, int size, Shape shape) {
        super(memory, base, size, shape);
        int buffers = shape.buffers();
        for (int chain = 0; chain < chains; chain++) {
            for (int i = 0; i < buffers; i++) {
                int at = chain * buffers + i;
                int flags = (i + 1 < buffers ? NEXT : 0) | (i < shape.readable() ? 0 : WRITE);
                descriptor(
                        base + (long) at * DESCRIPTOR,
                        shape.address(chain, i),
                        shape.lengths()[i],
                        flags,
                        at + 1);
            }
        }
    }

    @Override
    RingAddresses addresses() {
        return new RingAddresses(size, base, base + AVAILABLE, base + USED);
    }

    @Override
    void submit() {
        int head = submitted % chains * shape.buffers();
        long slot = base + AVAILABLE + RING + 2L * (submitted & size - 1);
        memory.set(ValueLayout.JAVA_SHORT, slot, (short) head);
        submitted++;
        SHORT.setRelease(memory, base + AVAILABLE + INDEX, (short) submitted);
        // Event index: an interrupt for the next chain (§2.7.8); ignored without that feature.
        memory.set(
                ValueLayout.JAVA_SHORT,
                base + AVAILABLE + RING + 2L * size,
                (short) (submitted - 1));
    }

    @Override
    boolean collect() {
        if ((short) SHORT.getAcquire(memory, base + USED + INDEX) == (short) collected) {
            return false;
        }
        collected++;
        return true;
    }
}
