package org.jvisor.virtio.block.qcow2;

import java.util.ArrayList;
import java.util.List;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/** What one flush writes, step by step. */
final class Batch {
    final List<Table.Piece> refcountBlocks = new ArrayList<>();
    final List<Table.Piece> refcountTable = new ArrayList<>();
    final List<Table.Piece> newTables = new ArrayList<>();
    final List<Table.Piece> entries = new ArrayList<>();
    List<Long> freed = List.of();

    List<List<Table.Piece>> all() {
        return List.of(refcountBlocks, refcountTable, newTables, entries);
    }

    boolean isEmpty() {
        return freed.isEmpty() && all().stream().allMatch(List::isEmpty);
    }

    /** Writes the steps one after another, and waits for the medium in between. */
    void write(HostFile file, TableIo io) throws BlockException {
        write(io, refcountBlocks);
        if (!refcountTable.isEmpty()) {
            file.sync();
            write(io, refcountTable);
        }
        write(io, newTables);
        file.sync();
        if (!entries.isEmpty()) {
            write(io, entries);
            file.sync();
        }
    }

    static void write(TableIo io, List<Table.Piece> pieces) throws BlockException {
        for (Table.Piece piece : pieces) {
            io.write(piece.position(), piece.bytes(), 0, piece.bytes().length);
        }
    }

    /** Gives back the space of clusters, in ascending order, where the host can. */
    static void discard(HostFile file, List<Long> sorted, int clusterBits) throws BlockException {
        int from = 0;
        for (int i = 1; i <= sorted.size(); i++) {
            if (i == sorted.size() || sorted.get(i) != sorted.get(i - 1) + 1) {
                long first = sorted.get(from) << clusterBits;
                if (!file.discard(first, (long) (i - from) << clusterBits)) {
                    return;
                }
                from = i;
            }
        }
    }
}
