package org.jvisor.virtio.block;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.IoVector;

/** A disk in the heap that can be made to hang or to fail. */
final class MemoryDisk implements BlockBackend {
    private byte[] bytes;
    private final boolean readOnly;
    private volatile @Nullable CountDownLatch held;
    final CountDownLatch reached = new CountDownLatch(1);
    volatile boolean failing;
    int flushes;
    int discards;
    boolean closed;

    MemoryDisk(int size, boolean readOnly) {
        bytes = new byte[size];
        this.readOnly = readOnly;
    }

    /** Has flushes wait until the latch is open. */
    CountDownLatch holdFlushes() {
        CountDownLatch latch = new CountDownLatch(1);
        held = latch;
        return latch;
    }

    synchronized byte[] content() {
        return bytes.clone();
    }

    @Override
    public synchronized long size() {
        return bytes.length;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    private void check(long position, long length, boolean write) throws BlockException {
        Ranges.check(this, position, length, write);
        if (failing) {
            throw new BlockException(BlockException.Kind.IO, "told to fail");
        }
    }

    @Override
    public synchronized void read(long position, IoVector target, long from, long length)
            throws BlockException {
        check(position, length, false);
        target.copyFrom(from, MemorySegment.ofArray(bytes).asSlice(position, length));
    }

    @Override
    public synchronized void write(long position, IoVector source, long from, long length)
            throws BlockException {
        check(position, length, true);
        source.copyTo(from, MemorySegment.ofArray(bytes).asSlice(position, length));
    }

    @Override
    public void flush() throws BlockException {
        CountDownLatch latch = held;
        if (latch != null) {
            reached.countDown();
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        synchronized (this) {
            check(0, 0, false);
            flushes++;
        }
    }

    @Override
    public synchronized void discard(long position, long length) throws BlockException {
        check(position, length, true);
        discards++;
    }

    @Override
    public synchronized void writeZeroes(long position, long length, boolean mayUnmap)
            throws BlockException {
        check(position, length, true);
        Arrays.fill(bytes, (int) position, (int) (position + length), (byte) 0);
    }

    @Override
    public synchronized void resize(long size) throws BlockException {
        Ranges.checkSize(this, size);
        bytes = Arrays.copyOf(bytes, (int) size);
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
