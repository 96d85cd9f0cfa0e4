package org.jvisor.virtio.block.qcow2;

import java.util.ArrayList;
import java.util.List;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/**
 * Compares the reference counts of an image with the references there are, and repairs them. A
 * cluster counted too often is leaked, which wastes space and harms nothing; one counted too seldom
 * may be overwritten.
 */
public final class Qcow2Check {
    private static final int MOST_MESSAGES = 100;

    private final HostFile file;
    private final TableIo io;
    private final Header header;
    private final Refcounts refcounts;
    private final Counts counts = new Counts();
    private final List<String> messages = new ArrayList<>();
    private final long fileClusters;
    private long errors;
    private long leaks;
    private long allocated;
    private long compressed;
    private long end;

    /**
     * What was found.
     *
     * @param errors contradictions that endanger data, before a repair
     * @param leaks clusters that are counted and not used, before a repair
     * @param allocated clusters of the disk that have data of their own
     * @param compressed those of them that are compressed
     * @param clusters clusters the disk has
     * @param end bytes of the file up to the last cluster in use
     * @param repaired whether what was found was repaired
     * @param messages a sentence for each of the first 100 findings
     */
    public record Result(
            long errors,
            long leaks,
            long allocated,
            long compressed,
            long clusters,
            long end,
            boolean repaired,
            List<String> messages) {
        /** Whether nothing was found. */
        public boolean clean() {
            return errors == 0 && leaks == 0;
        }
    }

    private Qcow2Check(HostFile file) throws BlockException {
        this.file = file;
        io = new TableIo(file);
        header = Header.read(file, io);
        refcounts = new Refcounts(file, header, io);
        fileClusters = Layout.clusters(file.size(), header.clusterBits);
    }

    /**
     * Looks only.
     *
     * @throws BlockException if the image is so damaged that its tables cannot be read
     */
    public static Result check(HostFile file) throws BlockException {
        Qcow2Check check = new Qcow2Check(file);
        check.count();
        check.compare();
        return check.result(false);
    }

    /** Looks, and corrects the counts; the image must be locked for writing. */
    public static Result repair(HostFile file) throws BlockException {
        Qcow2Check check = new Qcow2Check(file);
        check.count();
        check.compare();
        check.correct();
        return check.result(true);
    }

    /**
     * Frees leaked clusters, as a process that was killed may leave them, if nothing worse is
     * found.
     */
    static void repairLeaks(HostFile file) throws BlockException {
        Qcow2Check check = new Qcow2Check(file);
        check.count();
        check.compare();
        if (check.errors == 0 && check.leaks > 0) {
            check.correct();
        }
    }

    private Result result(boolean repaired) {
        return new Result(
                errors,
                leaks,
                allocated,
                compressed,
                Layout.clusters(header.size(), header.clusterBits),
                end << header.clusterBits,
                repaired,
                List.copyOf(messages));
    }

    private void say(String message) {
        if (messages.size() < MOST_MESSAGES) {
            messages.add(message);
        }
    }

    private void error(String message) {
        errors++;
        say(message);
    }

    // ---- the references there are

    private void count() throws BlockException {
        reference("the header", 0, 1);
        reference(
                "the refcount table",
                header.refcountTableOffset(),
                (long) header.refcountTableClusters() << header.clusterBits);
        byte[] table =
                io.read(
                        header.refcountTableOffset(),
                        header.refcountTableClusters() << header.clusterBits);
        for (int i = 0; i < table.length / 8; i++) {
            long block = Layout.getLong(table, i * 8);
            if (block != 0) {
                reference("refcount block " + i, block, header.clusterSize());
            }
        }
        countTables("", header.l1Offset(), header.l1Size(), true);
        if (header.snapshots() > 0) {
            Snapshots.Found found = Snapshots.read(file, header, io);
            reference("the snapshot table", header.snapshotsOffset(), found.bytes());
            for (Snapshots.Snapshot snapshot : found.snapshots()) {
                String of = " of snapshot " + snapshot.name();
                countTables(of, snapshot.l1Offset(), snapshot.l1Entries(), false);
            }
        }
        Bitmaps.count(file, header, io, this::reference);
    }

    private void countTables(String of, long offset, int entries, boolean active)
            throws BlockException {
        if (entries == 0) {
            return;
        }
        reference("the L1 table" + of, offset, entries * 8L);
        byte[] l1 = io.read(offset, entries * 8);
        for (int i = 0; i < entries; i++) {
            long entry = Layout.getLong(l1, i * 8);
            long l2 = entry & Layout.OFFSET;
            if (l2 != 0 && reference("L2 table " + i + of, l2, header.clusterSize())) {
                countData(of, i, io.read(l2, header.clusterSize()), active);
            }
        }
    }

    private void countData(String of, int l1Index, byte[] l2, boolean active) {
        for (int j = 0; j < l2.length / 8; j++) {
            long entry = Layout.getLong(l2, j * 8);
            if (entry == 0) {
                continue;
            }
            long cluster = ((long) l1Index << header.l2Bits()) + j;
            String what = "the data of cluster " + cluster + of;
            if ((entry & Layout.COMPRESSED) != 0) {
                long from = Compressed.offset(entry, header.clusterBits) & -512;
                reference(what, from, Compressed.end(entry, header.clusterBits) - from);
                compressed += active ? 1 : 0;
                allocated += active ? 1 : 0;
            } else if ((entry & Layout.OFFSET) != 0) {
                reference(what, entry & Layout.OFFSET, header.clusterSize());
                boolean misplaced = (entry & Layout.OFFSET & header.clusterSize() - 1L) != 0;
                if (misplaced) {
                    error(what + " do not begin at a cluster");
                }
                allocated += active ? 1 : 0;
            }
        }
    }

    /** Counts a reference to each cluster of a range; false if it is not in the file. */
    private boolean reference(String what, long offset, long bytes) {
        long first = offset >>> header.clusterBits;
        long last = offset + bytes - 1 >>> header.clusterBits;
        if (offset < 0 || last < first || last >= fileClusters) {
            error("%s, at %#x, lies outside the file".formatted(what, offset));
            return false;
        }
        for (long cluster = first; cluster <= last; cluster++) {
            counts.add(cluster);
        }
        end = Math.max(end, last + 1);
        return true;
    }

    // ---- against those that are counted

    private void compare() throws BlockException {
        for (long cluster : counts.clusters()) {
            long counted = refcounts.get(cluster);
            int there = counts.get(cluster);
            if (counted < there) {
                error(
                        "cluster %d has %d references and %d are counted"
                                .formatted(cluster, there, counted));
            } else if (counted > there) {
                leak(cluster, there, counted);
            }
        }
        refcounts.forEachCounted(
                (cluster, counted) -> {
                    if (counts.get(cluster) == 0) {
                        leak(cluster, 0, counted);
                    }
                });
        eachCopied(
                (table, index, what) ->
                        error(what + " is marked as shared or not, against its count"));
    }

    private void leak(long cluster, long there, long counted) {
        leaks++;
        say(
                "cluster %d has %d references and %d are counted: leaked"
                        .formatted(cluster, there, counted));
    }

    @FunctionalInterface
    private interface WrongMark {
        void at(Table table, int index, String what) throws BlockException;
    }

    /** Finds entries of the disk's own tables whose COPIED bit is wrong. */
    private void eachCopied(WrongMark action) throws BlockException {
        Table l1 = new Table(header.l1Offset(), io.read(header.l1Offset(), header.l1Size() * 8));
        for (int i = 0; i < l1.entries(); i++) {
            long l2Offset = l1.get(i) & Layout.OFFSET;
            if (l2Offset == 0 || l2Offset >>> header.clusterBits >= fileClusters) {
                continue;
            }
            if (wrong(l1.get(i))) {
                action.at(l1, i, "L2 table " + i);
            }
            Table l2 = new Table(l2Offset, io.read(l2Offset, header.clusterSize()));
            for (int j = 0; j < l2.entries(); j++) {
                long entry = l2.get(j);
                boolean compressedEntry = (entry & Layout.COMPRESSED) != 0;
                if (!compressedEntry && (entry & Layout.OFFSET) != 0 && wrong(entry)) {
                    long cluster = ((long) i << header.l2Bits()) + j;
                    action.at(l2, j, "cluster " + cluster + " of the disk");
                }
            }
        }
    }

    private boolean wrong(long entry) throws BlockException {
        long count = refcounts.get((entry & Layout.OFFSET) >>> header.clusterBits);
        return ((entry & Layout.COPIED) != 0) != (count == 1);
    }

    // ---- repair

    private void correct() throws BlockException {
        // Counts that are too low first: nothing is given away while it is in use.
        for (long cluster : counts.clusters()) {
            if (refcounts.get(cluster) < counts.get(cluster)) {
                refcounts.set(cluster, counts.get(cluster));
            }
        }
        write();
        eachCopied(
                (table, index, what) -> {
                    table.set(index, table.get(index) ^ Layout.COPIED);
                    io.write(table.offset + index * 8L, table.data, index * 8, 8);
                });
        file.sync();
        List<Long> leaked = new ArrayList<>();
        refcounts.forEachCounted(
                (cluster, counted) -> {
                    // Blocks that the repair itself added are counted once and not known here.
                    boolean added = counts.get(cluster) == 0 && refcounts.isReserved(cluster);
                    if (counted > counts.get(cluster) && !added) {
                        leaked.add(cluster);
                    }
                });
        for (long cluster : leaked) {
            refcounts.set(cluster, counts.get(cluster));
        }
        write();
        eachCopied(
                (table, index, what) -> {
                    table.set(index, table.get(index) ^ Layout.COPIED);
                    io.write(table.offset + index * 8L, table.data, index * 8, 8);
                });
        if (header.version >= 3) {
            header.incompatible(header.incompatible() & ~(Layout.DIRTY | Layout.CORRUPT));
            header.write(io);
        }
        file.sync();
    }

    private void write() throws BlockException {
        List<Table.Piece> pieces = new ArrayList<>();
        refcounts.collectBlocks(pieces);
        writePieces(pieces);
        file.sync();
        refcounts.collectTable(pieces);
        writePieces(pieces);
        file.sync();
    }

    private void writePieces(List<Table.Piece> pieces) throws BlockException {
        for (Table.Piece piece : pieces) {
            io.write(piece.position(), piece.bytes(), 0, piece.bytes().length);
            piece.table().flushing = false;
        }
    }
}
