package org.jvisor.virtio.block.qcow2;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockException;

/** Remembers that an image was found damaged: it is marked so, and not written to any more. */
final class Damage {
    private final Header header;
    private final TableIo io;
    private final ReentrantLock lock;
    private @Nullable BlockException broken;

    /**
     * Nothing is known yet.
     *
     * @param lock guards the header and {@code io}
     */
    Damage(Header header, TableIo io, ReentrantLock lock) {
        this.header = header;
        this.io = io;
        this.lock = lock;
    }

    /** Refuses a change of a damaged image; with the lock held. */
    void checkWritable() throws BlockException {
        if (broken != null) {
            throw broken;
        }
    }

    /** Marks the image as damaged if that is what an exception says; returns the exception. */
    BlockException noted(BlockException e) {
        if (e.kind() != BlockException.Kind.CORRUPT) {
            return e;
        }
        lock.lock();
        try {
            if (broken == null) {
                broken = e;
                if (header.version >= 3) {
                    header.incompatible(header.incompatible() | Layout.CORRUPT);
                    header.write(io);
                }
            }
        } catch (BlockException second) {
            e.addSuppressed(second);
        } finally {
            lock.unlock();
        }
        return e;
    }
}
