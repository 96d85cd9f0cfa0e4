package org.jvisor.virtio.block.qcow2;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/**
 * Counts the references to each cluster of the file, and finds free ones: the lowest at or after
 * the last one found. A block of counts is itself counted in the block it is, if nothing before it
 * does: it is put into the first cluster that it counts and that is used. Used under the metadata's
 * lock.
 */
final class Refcounts {
    /** Blocks in memory, in bytes. */
    private static final int CACHE = 4 << 20;

    private static final int LEAST_BLOCKS = 8;

    private final HostFile file;
    private final Header header;
    private final TableIo io;
    private final int order;
    private final int blockBits;
    private final TableCache blocks;
    private Table table;

    /** Clusters that hold metadata: never given to data, whatever their count says. */
    private final Set<Long> reserved = new HashSet<>();

    private long hint;

    /** The first cluster that never was in use: in a file it reads as zeros. */
    private long unused;

    /** How many clusters {@link #allocate} gave. */
    private int allocated;

    private boolean fresh;

    Refcounts(HostFile file, Header header, TableIo io) throws BlockException {
        this.file = file;
        this.header = header;
        this.io = io;
        order = header.refcountOrder;
        blockBits = header.clusterBits + 3 - order;
        int capacity = Math.max(LEAST_BLOCKS, CACHE >> header.clusterBits);
        blocks = new TableCache(io, header.clusterSize(), capacity);
        int bytes = header.refcountTableClusters() << header.clusterBits;
        table =
                new Table(
                        header.refcountTableOffset(), io.read(header.refcountTableOffset(), bytes));
        unused = Layout.clusters(file.size(), header.clusterBits);
        reserve(0, 1);
        reserve(table.offset, table.data.length);
        for (int i = 0; i < table.entries(); i++) {
            long entry = table.get(i);
            if (entry != 0) {
                checkAligned(entry);
                reserve(entry, header.clusterSize());
            }
        }
    }

    private void checkAligned(long entry) throws BlockException {
        if ((entry & (header.clusterSize() - 1L)) != 0 || (entry & ~Layout.OFFSET) != 0) {
            throw Layout.corrupt(
                    file.name(), "a block of refcounts is said to be at %#x".formatted(entry));
        }
    }

    /** Keeps clusters from being used for anything else. */
    void reserve(long offset, long bytes) {
        long first = offset >>> header.clusterBits;
        long count = Layout.clusters(bytes, header.clusterBits);
        for (long i = 0; i < count; i++) {
            reserved.add(first + i);
        }
    }

    /** Ends {@link #reserve}. */
    void release(long offset, long bytes) {
        long first = offset >>> header.clusterBits;
        long count = Layout.clusters(bytes, header.clusterBits);
        for (long i = 0; i < count; i++) {
            reserved.remove(first + i);
        }
    }

    boolean isReserved(long cluster) {
        return reserved.contains(cluster);
    }

    /** The count of a cluster of the file. */
    long get(long cluster) throws BlockException {
        long index = cluster >>> blockBits;
        if (index >= table.entries() || table.get((int) index) == 0) {
            return 0;
        }
        return block((int) index).refcount(inBlock(cluster), order);
    }

    private Table block(int index) throws BlockException {
        return blocks.get(table.get(index));
    }

    private int inBlock(long cluster) {
        return (int) (cluster & (1L << blockBits) - 1);
    }

    /** Sets the count of a cluster, making the block it is in. */
    void set(long cluster, long count) throws BlockException {
        if (count > most()) {
            throw Layout.corrupt(
                    file.name(), "cluster " + cluster + " has more references than can be counted");
        }
        long index = cluster >>> blockBits;
        if (index >= table.entries() || table.get((int) index) == 0) {
            if (count == 0) {
                return;
            }
            addBlock(cluster, findFreeNear(cluster));
        }
        block((int) index).refcount(inBlock(cluster), order, count);
        if (count == 0) {
            hint = Math.min(hint, cluster);
        }
    }

    long most() {
        return order == 6 ? Long.MAX_VALUE : (1L << (1 << order)) - 1;
    }

    /** One reference less. */
    void decrease(long cluster) throws BlockException {
        long count = get(cluster);
        if (count == 0) {
            throw Layout.corrupt(file.name(), "cluster " + cluster + " was in use and not counted");
        }
        set(cluster, count - 1);
    }

    /**
     * Takes free clusters that lie one after another, and counts one reference to each.
     *
     * @param most how many would be good; {@link #allocated} tells how many there are
     * @return the first one's number
     * @throws BlockException if the file can have no more, or the counts cannot be right
     */
    long allocate(int most) throws BlockException {
        long first = nextFree(hint);
        while (needsBlock(first)) {
            addBlock(first, first);
            first = nextFree(first);
        }
        int count = 0;
        while (count < most && !needsBlock(first + count) && get(first + count) == 0) {
            long cluster = first + count;
            if (reserved.contains(cluster)) {
                if (count > 0) {
                    break;
                }
                throw Layout.corrupt(
                        file.name(), "cluster " + cluster + " holds metadata and is not counted");
            }
            if (!fits(cluster)) {
                if (count > 0) {
                    break;
                }
                throw full();
            }
            set(cluster, 1);
            count++;
        }
        hint = first + count;
        fresh = first >= unused && !file.fixedSize();
        unused = Math.max(unused, hint);
        allocated = count;
        return first;
    }

    /** Takes exactly {@code count} clusters that lie one after another, at the end of the file. */
    long allocateBehind(int count) throws BlockException {
        long first;
        boolean added;
        do {
            first = unused;
            added = false;
            for (long at = first; at < first + count + 1 && !added; at += 1L << blockBits) {
                long within = Math.min(at, first + count - 1);
                if (needsBlock(within)) {
                    addBlock(within, nextFree(first));
                    added = true;
                }
            }
            if (!added && needsBlock(first + count - 1)) {
                addBlock(first + count - 1, nextFree(first));
                added = true;
            }
        } while (added);
        if (!fits(first + count - 1)) {
            throw full();
        }
        for (int i = 0; i < count; i++) {
            set(first + i, 1);
        }
        unused = first + count;
        return first;
    }

    /** How many clusters the last {@link #allocate} gave. */
    int allocated() {
        return allocated;
    }

    /** Whether those of the last {@link #allocate} read as zeros. */
    boolean fresh() {
        return fresh;
    }

    private boolean fits(long cluster) throws BlockException {
        long end = cluster + 1 << header.clusterBits;
        return end > 0 && end < Layout.OFFSET && (!file.fixedSize() || end <= file.size());
    }

    private BlockException full() {
        return new BlockException(
                BlockException.Kind.NO_SPACE,
                "the image " + file.name() + " cannot grow any more: its device is full");
    }

    private boolean needsBlock(long cluster) {
        long index = cluster >>> blockBits;
        return index >= table.entries() || table.get((int) index) == 0;
    }

    private long nextFree(long from) throws BlockException {
        long cluster = from;
        while (!needsBlock(cluster) && get(cluster) != 0) {
            cluster++;
        }
        return cluster;
    }

    /** A place for the block that counts {@code cluster}, which is in use already. */
    private long findFreeNear(long cluster) throws BlockException {
        long start = cluster & -(1L << blockBits);
        for (long at = start; at < start + (1L << blockBits); at++) {
            if (at != cluster && !reserved.contains(at) && at >= unused) {
                return at;
            }
        }
        // Its whole range lies within the file, so nothing tells what is free there: go behind it.
        return nextFree(Math.max(unused, hint));
    }

    /** Makes the block that counts {@code cluster} in the free cluster {@code at}. */
    private void addBlock(long cluster, long at) throws BlockException {
        long index = cluster >>> blockBits;
        if (index >= table.entries()) {
            grow(index);
            if (!needsBlock(cluster)) {
                return;
            }
        }
        if (reserved.contains(at)) {
            throw Layout.corrupt(
                    file.name(), "cluster " + at + " holds metadata and is not counted");
        }
        long offset = at << header.clusterBits;
        if (!fits(at)) {
            throw full();
        }
        Table block = blocks.create(offset, null);
        try {
            io.write(offset, block.data, 0, block.data.length); // the host must have the space now
        } catch (BlockException e) {
            blocks.forget(offset);
            throw e;
        }
        table.set((int) index, offset);
        reserve(offset, header.clusterSize());
        unused = Math.max(unused, at + 1);
        set(at, 1);
    }

    /**
     * Moves the refcount table to a larger place behind everything it counts now: first the blocks
     * that count the new place, then the table, and all of it before the header refers to it.
     */
    private void grow(long index) throws BlockException {
        long per = 1L << blockBits;
        int bits = header.clusterBits;
        long entries = Math.max(table.entries() * 2L, index + 1 + index / 2);
        long tableClusters = Layout.clusters(entries * 8, bits);
        long start = Math.max(table.entries() * per, (unused + per - 1) / per * per);
        long newBlocks = 1;
        while (newBlocks * per < newBlocks + tableClusters || entries < start / per + newBlocks) {
            newBlocks += newBlocks * per < newBlocks + tableClusters ? 1 : 0;
            entries = Math.max(entries, start / per + newBlocks);
            tableClusters = Layout.clusters(entries * 8, bits);
        }
        if (tableClusters << bits > Layout.MOST_REFCOUNT_TABLE) {
            throw new BlockException(
                    BlockException.Kind.NO_SPACE,
                    "the image "
                            + file.name()
                            + " cannot grow any more: its refcount table has the largest size."
                            + " Convert it to one with larger clusters.");
        }
        byte[] data = new byte[(int) (tableClusters << bits)];
        System.arraycopy(table.data, 0, data, 0, table.data.length);
        Table larger = new Table(start + newBlocks << bits, data);
        Table old = table;
        table = larger;
        for (long i = 0; i < newBlocks; i++) {
            long offset = start + i << bits;
            blocks.create(offset, null);
            larger.set((int) (start / per + i), offset);
        }
        for (long i = 0; i < newBlocks + tableClusters; i++) {
            set(start + i, 1);
        }
        reserve(start << bits, newBlocks + tableClusters << bits);
        unused = Math.max(unused, start + newBlocks + tableClusters);
        // Whatever a flush under way writes meanwhile is older, and stays marked as changed.
        blocks.writeDirty(io);
        io.write(larger.offset, larger.data, 0, larger.data.length);
        file.sync();
        header.refcountTable(larger.offset, (int) tableClusters);
        header.write(io);
        file.sync();
        release(old.offset, old.data.length);
        for (long i = 0; i < old.data.length >>> bits; i++) {
            decrease((old.offset >>> bits) + i);
        }
    }

    /** Copies the blocks that changed, for a flush. */
    void collectBlocks(List<Table.Piece> pieces) {
        blocks.collect(true, pieces);
        blocks.collect(false, pieces);
    }

    /** Copies the part of the refcount table that changed. */
    void collectTable(List<Table.Piece> pieces) {
        table.collect(pieces);
    }

    /** Told of a cluster whose count is not 0. */
    @FunctionalInterface
    interface Counted {
        void at(long cluster, long count) throws BlockException;
    }

    /** Goes through all counts that are not 0, in ascending order of clusters. */
    void forEachCounted(Counted action) throws BlockException {
        for (int i = 0; i < table.entries(); i++) {
            if (table.get(i) == 0) {
                continue;
            }
            Table block = block(i);
            for (int j = 0; j < 1 << blockBits; j++) {
                long count = block.refcount(j, order);
                if (count != 0) {
                    action.at(((long) i << blockBits) + j, count);
                }
            }
        }
    }

    /** Whether anything waits for a flush. */
    boolean dirty() {
        return table.dirty() || blocks.dirty() > 0;
    }

    boolean needsFlush() {
        return blocks.dirty() > blocks.capacity() / 2;
    }
}
