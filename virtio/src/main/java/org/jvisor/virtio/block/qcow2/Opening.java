package org.jvisor.virtio.block.qcow2;

import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/** What is due before an image is written for the first time after it was closed, or was not. */
final class Opening {
    private Opening() {}

    /**
     * Repairs what an earlier user left behind, and says that the image is going to change.
     *
     * @throws BlockException if the image must not be written
     */
    static void prepare(HostFile file, Header header, TableIo io) throws BlockException {
        if ((header.incompatible() & Layout.CORRUPT) != 0) {
            throw new BlockException(
                    BlockException.Kind.CORRUPT,
                    "the image "
                            + file.name()
                            + " is marked as damaged and is not written to. Look at it with jvisor"
                            + " disk check, and repair it with jvisor disk check --repair.");
        }
        if ((header.incompatible() & Layout.DIRTY) != 0) {
            Qcow2Check.repair(file);
            header.incompatible(header.incompatible() & ~Layout.DIRTY);
        }
        if (file.wasLeftInUse() && header.bitmapsExtension < 0) {
            Qcow2Check.repairLeaks(file);
        }
        if (header.autoclear() != 0) {
            // Whoever changes the disk must say that bitmaps do not know of it.
            header.autoclear(0);
            header.write(io);
        }
    }
}
