package org.jvisor.virtio.block.qcow2;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockException;

/**
 * The tables of one kind that are in memory, those used last at the end. Changed ones stay until
 * they are flushed. Used under the metadata's lock.
 */
final class TableCache {
    private final TableIo io;
    private final int tableBytes;
    private final int capacity;
    private final LinkedHashMap<Long, Table> tables = new LinkedHashMap<>(64, 0.75f, true);
    private @Nullable Table latest;

    /**
     * Makes an empty cache.
     *
     * @param tableBytes the size of a table
     * @param capacity how many unchanged tables are kept
     */
    TableCache(TableIo io, int tableBytes, int capacity) {
        this.io = io;
        this.tableBytes = tableBytes;
        this.capacity = capacity;
    }

    /** The table at a place in the file, read if it is not in memory. */
    Table get(long offset) throws BlockException {
        Table found = latest;
        if (found != null && found.offset == offset) {
            return found;
        }
        found = tables.get(offset);
        if (found == null) {
            found = add(new Table(offset, io.read(offset, tableBytes)));
        }
        latest = found;
        return found;
    }

    /** A new table of zeros or a copy, which nothing on the medium refers to yet. */
    Table create(long offset, byte @Nullable [] content) {
        Table table = new Table(offset, content == null ? new byte[tableBytes] : content);
        table.unreferenced = true;
        table.touchAll();
        return add(table);
    }

    private Table add(Table table) {
        if (tables.size() >= capacity) {
            Iterator<Table> oldest = tables.values().iterator();
            while (tables.size() >= capacity && oldest.hasNext()) {
                Table candidate = oldest.next();
                if (!candidate.dirty() && !candidate.flushing) {
                    oldest.remove();
                    if (latest == candidate) {
                        latest = null;
                    }
                }
            }
        }
        tables.put(table.offset, table);
        return table;
    }

    /** Forgets a table whose cluster is free. */
    void forget(long offset) {
        tables.remove(offset);
        latest = null;
    }

    /** Copies what changed, of tables that are referred to or of those that are not. */
    void collect(boolean unreferenced, List<Table.Piece> pieces) {
        for (Map.Entry<Long, Table> entry : tables.entrySet()) {
            if (entry.getValue().unreferenced == unreferenced) {
                entry.getValue().collect(pieces);
            }
        }
    }

    /** Writes all that changed at once, and lets it count as changed. */
    void writeDirty(TableIo target) throws BlockException {
        for (Map.Entry<Long, Table> entry : tables.entrySet()) {
            Table table = entry.getValue();
            if (table.dirty()) {
                target.write(table.offset, table.data, 0, table.data.length);
            }
        }
    }

    /** How many tables wait for a flush. */
    int dirty() {
        int count = 0;
        for (Map.Entry<Long, Table> entry : tables.entrySet()) {
            count += entry.getValue().dirty() ? 1 : 0;
        }
        return count;
    }

    int capacity() {
        return capacity;
    }
}
