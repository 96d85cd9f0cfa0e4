package org.jvisor.virtio.block.qcow2;

import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/** Finds the clusters that persistent bitmaps take up; nothing here reads or writes the bitmaps. */
final class Bitmaps {
    private static final int MOST = 65535;
    private static final int ENTRY = 24;

    private Bitmaps() {}

    /** Told of a range of the file that is in use. */
    @FunctionalInterface
    interface References {
        boolean reference(String what, long offset, long bytes);
    }

    static void count(HostFile file, Header header, TableIo io, References references)
            throws BlockException {
        int at = header.bitmapsExtension;
        if (at < 0 || (header.autoclear() & Layout.BITMAPS) == 0) {
            return;
        }
        long count = Integer.toUnsignedLong(Layout.getInt(header.firstCluster, at));
        long bytes = Layout.getLong(header.firstCluster, at + 8);
        long offset = Layout.getLong(header.firstCluster, at + 16);
        if (count > MOST || bytes < 0 || bytes > (long) MOST * 1024) {
            throw Layout.corrupt(file.name(), "its directory of bitmaps makes no sense");
        }
        if (!references.reference("the directory of bitmaps", offset, bytes)) {
            return;
        }
        byte[] directory = io.read(offset, (int) bytes);
        int entry = 0;
        for (int i = 0; i < count && entry + ENTRY <= directory.length; i++) {
            long table = Layout.getLong(directory, entry);
            int entries = Layout.getInt(directory, entry + 8);
            int name = Layout.getShort(directory, entry + 18);
            int extra = Layout.getInt(directory, entry + 20);
            if (entries < 0 || entries > Layout.MOST_L1 / 8 || extra < 0 || extra > 1024) {
                throw Layout.corrupt(file.name(), "its bitmap " + i + " makes no sense");
            }
            if (entries > 0 && references.reference("a bitmap's table", table, entries * 8L)) {
                byte[] clusters = io.read(table, entries * 8);
                for (int j = 0; j < entries; j++) {
                    long data = Layout.getLong(clusters, j * 8) & Layout.OFFSET;
                    if (data != 0) {
                        references.reference("a bitmap", data, header.clusterSize());
                    }
                }
            }
            entry += ENTRY + extra + name + 7 & ~7;
        }
    }
}
