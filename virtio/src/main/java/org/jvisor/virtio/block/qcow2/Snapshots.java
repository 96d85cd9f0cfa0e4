package org.jvisor.virtio.block.qcow2;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/** Reads the table of internal snapshots, which are kept but cannot be used here. */
final class Snapshots {
    private static final int FIXED = 40;
    private static final int MOST_EXTRA = 1024;

    /** The clusters that the table takes up begin at the header's offset. */
    record Found(List<Snapshot> snapshots, long bytes) {}

    /** One snapshot. */
    record Snapshot(String id, String name, long l1Offset, int l1Entries) {}

    private Snapshots() {}

    static Found read(HostFile file, Header header, TableIo io) throws BlockException {
        List<Snapshot> snapshots = new ArrayList<>();
        long at = header.snapshotsOffset();
        for (int i = 0; i < header.snapshots(); i++) {
            byte[] fixed = io.read(at, FIXED);
            long l1Offset = Layout.getLong(fixed, 0);
            long entries = Integer.toUnsignedLong(Layout.getInt(fixed, 8));
            int idBytes = Layout.getShort(fixed, 12);
            int nameBytes = Layout.getShort(fixed, 14);
            long extra = Integer.toUnsignedLong(Layout.getInt(fixed, 36));
            if (entries * 8 > Layout.MOST_L1
                    || extra > MOST_EXTRA
                    || (l1Offset & (header.clusterSize() - 1L)) != 0) {
                throw Layout.corrupt(file.name(), "its snapshot " + i + " makes no sense");
            }
            byte[] names = io.read(at + FIXED + extra, idBytes + nameBytes);
            snapshots.add(
                    new Snapshot(
                            new String(names, 0, idBytes, StandardCharsets.UTF_8),
                            new String(names, idBytes, nameBytes, StandardCharsets.UTF_8),
                            l1Offset,
                            (int) entries));
            at += FIXED + extra + idBytes + nameBytes + 7 & ~7L;
        }
        return new Found(snapshots, at - header.snapshotsOffset());
    }
}
