package org.jvisor.virtio.block.qcow2;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/**
 * Brings changed tables to the medium, and has the clusters that lost a reference be free once the
 * medium does not have that reference any more. What is written is collected under the metadata's
 * lock, and written without it.
 */
final class Writeback {
    /** Clusters given up after which a flush makes them free. */
    private static final int MOST_FREED = 1 << 16;

    private final HostFile file;
    private final int clusterBits;
    private final TableIo io;
    private final Refcounts refcounts;
    private final TableCache l2;
    private final Damage damage;

    /** The metadata's, which guards the fields below and what is collected. */
    private final ReentrantLock lock;

    /** One flush at a time. */
    private final ReentrantLock flushLock = new ReentrantLock();

    private Table l1;

    /** Clusters that lost a reference which the medium still has. */
    private List<Long> freed = new ArrayList<>();

    Writeback(
            HostFile file,
            Header header,
            Refcounts refcounts,
            Table l1,
            TableCache l2,
            Damage damage,
            ReentrantLock lock) {
        this.file = file;
        this.clusterBits = header.clusterBits;
        this.refcounts = refcounts;
        this.l1 = l1;
        this.l2 = l2;
        this.damage = damage;
        this.lock = lock;
        io = new TableIo(file);
    }

    // ---- what is to be written, with the lock held

    /** Has another L1 table take the old one's place. */
    void replaceL1(Table table) {
        l1 = table;
    }

    /** Notes that a cluster lost a reference. */
    void freed(long cluster) {
        freed.add(cluster);
    }

    /** Whether so much is unwritten that a flush is due. */
    boolean isDue() {
        return l2.dirty() > l2.capacity() / 2
                || freed.size() > MOST_FREED
                || refcounts.needsFlush();
    }

    // ---- flushing

    /** Writes all changes so far, and waits until they and all data are on the medium. */
    void flush() throws BlockException {
        if (isClean() && !flushLock.isLocked()) {
            file.sync();
            return;
        }
        flushLock.lock();
        try {
            Batch batch = collect();
            boolean done = false;
            try {
                if (!batch.isEmpty()) {
                    batch.write(file, io);
                } else {
                    file.sync();
                }
                done = true;
            } finally {
                settle(batch, done);
            }
            reuse(batch.freed);
        } finally {
            flushLock.unlock();
        }
    }

    private boolean isClean() {
        lock.lock();
        try {
            return freed.isEmpty() && !l1.dirty() && l2.dirty() == 0 && !refcounts.dirty();
        } finally {
            lock.unlock();
        }
    }

    private Batch collect() {
        Batch batch = new Batch();
        lock.lock();
        try {
            refcounts.collectBlocks(batch.refcountBlocks);
            refcounts.collectTable(batch.refcountTable);
            l2.collect(true, batch.newTables);
            l2.collect(false, batch.entries);
            l1.collect(batch.entries);
            batch.freed = freed;
            freed = new ArrayList<>();
        } finally {
            lock.unlock();
        }
        return batch;
    }

    /** Ends a flush: what it wrote is referred to, or what it could not write is changed again. */
    private void settle(Batch batch, boolean done) {
        lock.lock();
        try {
            for (List<Table.Piece> pieces : batch.all()) {
                for (Table.Piece piece : pieces) {
                    piece.table().flushing = false;
                    if (done) {
                        piece.table().unreferenced = false;
                    } else {
                        piece.table().restore(piece);
                    }
                }
            }
            if (!done) {
                freed.addAll(batch.freed);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Makes clusters free that nothing on the medium refers to any more. */
    private void reuse(List<Long> clusters) throws BlockException {
        if (clusters.isEmpty()) {
            return;
        }
        List<Long> free = new ArrayList<>();
        lock.lock();
        try {
            for (long cluster : clusters) {
                if (refcounts.get(cluster) == 1) {
                    free.add(cluster); // counted until its space is given back
                } else {
                    refcounts.decrease(cluster);
                }
            }
        } catch (BlockException e) {
            throw damage.noted(e);
        } finally {
            lock.unlock();
        }
        free.sort(null);
        Batch.discard(file, free, clusterBits);
        List<Table.Piece> blocks = new ArrayList<>();
        lock.lock();
        try {
            long before = -1;
            for (long cluster : free) {
                if (cluster != before) {
                    refcounts.release(cluster << clusterBits, 1 << clusterBits);
                    l2.forget(cluster << clusterBits);
                    refcounts.set(cluster, 0);
                    before = cluster;
                }
            }
            refcounts.collectBlocks(blocks);
        } finally {
            lock.unlock();
        }
        Batch counts = new Batch();
        counts.refcountBlocks.addAll(blocks);
        boolean done = false;
        try {
            Batch.write(io, blocks);
            done = true;
        } finally {
            settle(counts, done);
        }
    }
}
