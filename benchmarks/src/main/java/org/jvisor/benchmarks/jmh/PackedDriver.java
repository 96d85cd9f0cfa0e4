package org.jvisor.benchmarks.jmh;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jvisor.virtio.queue.RingAddresses;

/** A packed ring (virtio 1.2 §2.8) whose size is a multiple of the chain's length. */
final class PackedDriver extends RingDriver {
    private static final int AVAIL = 1 << 7, USED = 1 << 15;
    private static final int DRIVER = 32 << 10, DEVICE = 48 << 10;

    private final int slots;
    private int submitPosition;
    private boolean submitWrap = true;
    private int collectPosition;
    private boolean collectWrap = true;

    PackedDriver(MemorySegment memory, long base, int size, Shape shape) {
        super(memory, base, size, shape);
        slots = chains * shape.buffers();
    }

    @Override
    RingAddresses addresses() {
        return new RingAddresses(slots, base, base + DRIVER, base + DEVICE);
    }

    @Override
    void submit() {
        int buffers = shape.buffers();
        int chain = submitPosition / buffers;
        int turn = submitWrap ? AVAIL : USED;
        long head = base + (long) submitPosition * DESCRIPTOR;
        // The first descriptor's flags make the chain visible, so they are written last.
        for (int i = buffers - 1; i >= 0; i--) {
            long at = head + (long) i * DESCRIPTOR;
            int flags = turn | (i + 1 < buffers ? NEXT : 0) | (i < shape.readable() ? 0 : WRITE);
            memory.set(ValueLayout.JAVA_LONG, at, shape.address(chain, i));
            memory.set(ValueLayout.JAVA_INT, at + 8, shape.lengths()[i]);
            memory.set(ValueLayout.JAVA_SHORT, at + 12, (short) chain);
            SHORT.setRelease(memory, at + 14, (short) flags);
        }
        submitPosition += buffers;
        if (submitPosition == slots) {
            submitPosition = 0;
            submitWrap = !submitWrap;
        }
    }

    @Override
    boolean collect() {
        long at = base + (long) collectPosition * DESCRIPTOR + 14;
        int flags = (short) SHORT.getAcquire(memory, at);
        if ((flags & AVAIL) != 0 != collectWrap || (flags & USED) != 0 != collectWrap) {
            return false;
        }
        collectPosition += shape.buffers();
        if (collectPosition == slots) {
            collectPosition = 0;
            collectWrap = !collectWrap;
        }
        return true;
    }
}
