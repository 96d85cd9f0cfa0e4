package org.jvisor.virtio.block.qcow2;

import java.util.Arrays;
import java.util.List;

/**
 * A table of the image in memory: an L2 table, a block of refcounts, or the L1 and refcount tables.
 * Used under the metadata's lock.
 */
final class Table {
    private static final int SECTOR = 512;

    /** Where it is in the file; changes only when a table moves. */
    final long offset;

    final byte[] data;

    /** Nothing on the medium refers to it: it must be written before what does. */
    boolean unreferenced;

    /** A flush has a copy under way: it may not leave the memory. */
    boolean flushing;

    private int dirtyFrom = Integer.MAX_VALUE;
    private int dirtyTo;

    /** What a flush writes of a table. */
    record Piece(Table table, long position, byte[] bytes) {}

    Table(long offset, byte[] data) {
        this.offset = offset;
        this.data = data;
    }

    int entries() {
        return data.length / 8;
    }

    long get(int index) {
        return Layout.getLong(data, index * 8);
    }

    void set(int index, long value) {
        Layout.setLong(data, index * 8, value);
        touch(index * 8, 8);
    }

    /** A refcount of 2^{@code order} bits. */
    long refcount(int index, int order) {
        return switch (order) {
            case 3 -> Byte.toUnsignedLong(data[index]);
            case 4 -> Layout.getShort(data, index * 2);
            case 5 -> Integer.toUnsignedLong(Layout.getInt(data, index * 4));
            case 6 -> Layout.getLong(data, index * 8);
            default -> {
                int perByte = 8 >> order;
                int shift = index % perByte << order;
                yield data[index / perByte] >>> shift & (1 << (1 << order)) - 1;
            }
        };
    }

    void refcount(int index, int order, long value) {
        switch (order) {
            case 3 -> data[index] = (byte) value;
            case 4 -> Layout.setShort(data, index * 2, (int) value);
            case 5 -> Layout.setInt(data, index * 4, (int) value);
            case 6 -> Layout.setLong(data, index * 8, value);
            default -> {
                int perByte = 8 >> order;
                int shift = index % perByte << order;
                int mask = (1 << (1 << order)) - 1 << shift;
                int at = index / perByte;
                data[at] = (byte) (data[at] & ~mask | (int) value << shift);
            }
        }
        touch((int) ((long) index << order >> 3), Math.max(1, 1 << order >> 3));
    }

    boolean dirty() {
        return dirtyTo > dirtyFrom;
    }

    /** Marks all of it as changed. */
    void touchAll() {
        touch(0, data.length);
    }

    private void touch(int from, int bytes) {
        dirtyFrom = Math.min(dirtyFrom, from);
        dirtyTo = Math.max(dirtyTo, from + bytes);
    }

    /** Copies the changed sectors for a flush, and counts as unchanged. */
    void collect(List<Piece> pieces) {
        if (dirty()) {
            int from = dirtyFrom & -SECTOR;
            int to = Math.min(data.length, (dirtyTo + SECTOR - 1) & -SECTOR);
            pieces.add(new Piece(this, offset + from, Arrays.copyOfRange(data, from, to)));
            dirtyFrom = Integer.MAX_VALUE;
            dirtyTo = 0;
            flushing = true;
        }
    }

    /** A flush failed: what it had is changed again. */
    void restore(Piece piece) {
        touch((int) (piece.position() - offset), piece.bytes().length);
    }
}
