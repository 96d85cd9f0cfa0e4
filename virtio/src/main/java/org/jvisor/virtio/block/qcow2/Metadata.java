package org.jvisor.virtio.block.qcow2;

import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/**
 * The tables of an image that is in use: where each cluster of the disk is, and which clusters of
 * the file are free. One lock guards them; it is never held while waiting for the medium. Changes
 * stay in memory until {@link #flush}, which is the {@link Writeback}'s.
 */
final class Metadata {
    /** L2 tables in memory, in bytes. */
    private static final int CACHE = 8 << 20;

    private static final int LEAST_TABLES = 16;

    private final HostFile file;
    private final Header header;
    private final ReentrantLock lock = new ReentrantLock();
    private final TableIo io;
    private final Refcounts refcounts;
    private final TableCache l2;
    private Table l1;

    private final Damage damage;
    private final Writeback writeback;

    Metadata(HostFile file, Header header, TableIo io) throws BlockException {
        this.file = file;
        this.header = header;
        this.io = io;
        damage = new Damage(header, io, lock);
        refcounts = new Refcounts(file, header, io);
        l2 =
                new TableCache(
                        io,
                        header.clusterSize(),
                        Math.max(LEAST_TABLES, CACHE >> header.clusterBits));
        l1 = new Table(header.l1Offset(), io.read(header.l1Offset(), header.l1Size() * 8));
        writeback = new Writeback(file, header, refcounts, l1, l2, damage, lock);
        refcounts.reserve(l1.offset, l1.data.length);
        for (int i = 0; i < l1.entries(); i++) {
            long offset = l1.get(i) & Layout.OFFSET;
            if (offset != 0 && aligned(offset)) {
                refcounts.reserve(offset, header.clusterSize());
            }
        }
    }

    // ---- looking up

    /**
     * Finds a cluster of the disk, and how many after it go on in the same way.
     *
     * @param most how many are of interest, 1 or more
     */
    void find(long cluster, int most, Run run) throws BlockException {
        lock.lock();
        try {
            int l1Index = (int) (cluster >>> header.l2Bits());
            int l2Index = (int) (cluster & (1L << header.l2Bits()) - 1);
            int limit = Math.min(most, (1 << header.l2Bits()) - l2Index);
            Table table = l2Table(l1Index);
            if (table == null) {
                run.kind = Run.Kind.UNALLOCATED;
                run.clusters = limit;
                run.owned = false;
                return;
            }
            boolean ownedTable = (l1.get(l1Index) & Layout.COPIED) != 0;
            long entry = table.get(l2Index);
            Run.Kind kind = kind(entry, cluster);
            run.kind = kind;
            run.host = kind == Run.Kind.COMPRESSED ? entry : entry & Layout.OFFSET;
            run.owned = ownedTable && (entry & Layout.COPIED) != 0;
            int count = 1;
            while (count < limit && kind != Run.Kind.COMPRESSED) {
                long next = table.get(l2Index + count);
                long expected =
                        kind == Run.Kind.NORMAL || kind == Run.Kind.ZERO_ALLOCATED
                                ? entry + ((long) count << header.clusterBits)
                                : entry;
                if (next != expected) {
                    break;
                }
                count++;
            }
            run.clusters = count;
        } finally {
            lock.unlock();
        }
    }

    private Run.Kind kind(long entry, long cluster) throws BlockException {
        if ((entry & Layout.COMPRESSED) != 0) {
            return Run.Kind.COMPRESSED;
        }
        long offset = entry & Layout.OFFSET;
        if (!aligned(offset)) {
            throw Layout.corrupt(
                    file.name(), "cluster %d is said to be at %#x".formatted(cluster, offset));
        }
        boolean zero = header.version >= 3 && (entry & Layout.ZERO) != 0;
        if (offset == 0) {
            return zero ? Run.Kind.ZERO : Run.Kind.UNALLOCATED;
        }
        return zero ? Run.Kind.ZERO_ALLOCATED : Run.Kind.NORMAL;
    }

    private @Nullable Table l2Table(int l1Index) throws BlockException {
        if (l1Index >= l1.entries()) {
            return null;
        }
        long offset = l1.get(l1Index) & Layout.OFFSET;
        if (offset == 0) {
            return null;
        }
        if (!aligned(offset)) {
            throw Layout.corrupt(
                    file.name(), "L2 table %d is said to be at %#x".formatted(l1Index, offset));
        }
        return l2.get(offset);
    }

    private boolean aligned(long offset) {
        return (offset & (header.clusterSize() - 1L)) == 0;
    }

    /** Whether a cluster of the file must not be written as data. */
    boolean isMetadata(long host) {
        lock.lock();
        try {
            return refcounts.isReserved(host >>> header.clusterBits);
        } finally {
            lock.unlock();
        }
    }

    // ---- changing

    /**
     * Takes clusters of the file for data.
     *
     * @param most how many would be good
     */
    Space allocate(int most) throws BlockException {
        lock.lock();
        try {
            damage.checkWritable();
            long first = refcounts.allocate(most);
            return new Space(first << header.clusterBits, refcounts.allocated(), refcounts.fresh());
        } catch (BlockException e) {
            throw noted(e);
        } finally {
            lock.unlock();
        }
    }

    /** Gives back what {@link #allocate} gave and nothing refers to. */
    void giveBack(Space space) throws BlockException {
        lock.lock();
        try {
            for (int i = 0; i < space.clusters(); i++) {
                refcounts.decrease((space.host() >>> header.clusterBits) + i);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has clusters of the disk be where their data are now; what they were before is given up. */
    void map(long cluster, long host, int clusters) throws BlockException {
        for (int i = 0; i < clusters; i++) {
            set(cluster + i, host + ((long) i << header.clusterBits) | Layout.COPIED);
        }
    }

    /** The same for what {@link #allocate} gave: what cannot be mapped is given back. */
    void map(long cluster, Space space) throws BlockException {
        int done = 0;
        try {
            while (done < space.clusters()) {
                map(cluster + done, space.host() + ((long) done << header.clusterBits), 1);
                done++;
            }
        } finally {
            if (done < space.clusters()) {
                long host = space.host() + ((long) done << header.clusterBits);
                giveBack(new Space(host, space.clusters() - done, false));
            }
        }
    }

    /** Replaces the entry of a cluster of the disk. */
    void set(long cluster, long entry) throws BlockException {
        lock.lock();
        try {
            damage.checkWritable();
            int l1Index = (int) (cluster >>> header.l2Bits());
            int l2Index = (int) (cluster & (1L << header.l2Bits()) - 1);
            Table table = l2Table(l1Index);
            if (table == null && entry == 0) {
                return;
            }
            table = ownL2(l1Index, table);
            long old = table.get(l2Index);
            if (old != entry) {
                table.set(l2Index, entry);
                giveUp(old, entry);
            }
        } catch (BlockException e) {
            throw noted(e);
        } finally {
            lock.unlock();
        }
    }

    /** An L2 table that belongs to the disk alone: a new one, or a copy of one that is shared. */
    private Table ownL2(int l1Index, @Nullable Table table) throws BlockException {
        if (table != null && (l1.get(l1Index) & Layout.COPIED) != 0) {
            return table;
        }
        long cluster = refcounts.allocate(1);
        long offset = cluster << header.clusterBits;
        Table own = l2.create(offset, table == null ? null : table.data.clone());
        try {
            io.write(offset, own.data, 0, own.data.length); // the host must have the space now
        } catch (BlockException e) {
            l2.forget(offset);
            refcounts.decrease(cluster);
            throw e;
        }
        refcounts.reserve(offset, header.clusterSize());
        l1.set(l1Index, offset | Layout.COPIED);
        if (table != null) {
            writeback.freed(table.offset >>> header.clusterBits);
        }
        return own;
    }

    /** Notes the clusters that {@code old} refers to and {@code entry} does not. */
    private void giveUp(long old, long entry) {
        if ((old & Layout.COMPRESSED) != 0) {
            long first = Compressed.offset(old, header.clusterBits) >>> header.clusterBits;
            long last = Compressed.end(old, header.clusterBits) - 1 >>> header.clusterBits;
            for (long at = first; at <= last; at++) {
                writeback.freed(at);
            }
        } else {
            long offset = old & Layout.OFFSET;
            if (offset != 0 && offset != (entry & Layout.OFFSET)) {
                writeback.freed(offset >>> header.clusterBits);
            }
        }
    }

    /** Whether so much is unwritten that the caller should flush. */
    boolean needsFlush() {
        lock.lock();
        try {
            return writeback.isDue();
        } finally {
            lock.unlock();
        }
    }

    /** Writes all changes so far, and waits until they and all data are on the medium. */
    void flush() throws BlockException {
        writeback.flush();
    }

    // ---- the whole image

    /** Refuses a change of size that internal snapshots forbid. */
    void checkResizable() throws BlockException {
        if (header.snapshots() > 0) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the image "
                            + file.name()
                            + " has internal snapshots and keeps its size. Delete them first with"
                            + " qemu-img snapshot -d.");
        }
    }

    /**
     * Changes the size in the header, and moves the L1 table if it must grow. Nobody else writes.
     */
    void resize(long bytes) throws BlockException {
        checkResizable();
        flush();
        long needed = Header.l1Needed(bytes, header.clusterBits);
        if (needed * 8 > Layout.MOST_L1) {
            throw new BlockException(
                    BlockException.Kind.OUT_OF_RANGE,
                    "an image with clusters of "
                            + header.clusterSize()
                            + " bytes cannot have "
                            + bytes
                            + " bytes. Convert it to one with larger clusters.");
        }
        Table larger = needed > l1.entries() ? place((int) needed) : null;
        flush();
        lock.lock();
        try {
            if (larger != null) {
                io.write(larger.offset, larger.data, 0, larger.data.length);
                file.sync();
                header.l1(larger.offset, (int) needed);
            }
            header.size(bytes);
            header.write(io);
            file.sync();
            if (larger != null) {
                long clusters = Layout.clusters(l1.data.length, header.clusterBits);
                for (long i = 0; i < clusters; i++) {
                    writeback.freed((l1.offset >>> header.clusterBits) + i);
                }
                l1 = larger;
                writeback.replaceL1(larger);
            }
        } finally {
            lock.unlock();
        }
    }

    private Table place(int entries) throws BlockException {
        lock.lock();
        try {
            damage.checkWritable();
            int count = (int) Layout.clusters(entries * 8L, header.clusterBits);
            long offset = refcounts.allocateBehind(count) << header.clusterBits;
            refcounts.reserve(offset, entries * 8L);
            byte[] data = Arrays.copyOf(l1.data, entries * 8);
            return new Table(offset, data);
        } finally {
            lock.unlock();
        }
    }

    /** Has the disk hold nothing of its own any more. Nobody else writes. */
    void clear() throws BlockException {
        for (int i = 0; i < l1.entries(); i++) {
            lock.lock();
            try {
                damage.checkWritable();
                Table table = l2Table(i);
                if (table != null) {
                    for (int j = 0; j < table.entries(); j++) {
                        giveUp(table.get(j), 0);
                    }
                    writeback.freed(table.offset >>> header.clusterBits);
                    l1.set(i, 0);
                }
            } finally {
                lock.unlock();
            }
            if (needsFlush()) {
                flush();
            }
        }
        flush();
    }

    /** Marks the image as damaged if that is what an exception says; returns the exception. */
    BlockException noted(BlockException e) {
        return damage.noted(e);
    }
}
