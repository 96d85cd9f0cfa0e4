package org.jvisor.virtio.block;

import org.jvisor.linux.DiskFile;

/**
 * Keeps two users from a disk that one of them writes. It is QEMU's convention, so that each
 * refuses a disk the other uses: whoever reads, writes or resizes has a shared lock on byte 100,
 * 101 or 103, and whoever does not bear others writing or resizing has one on byte 201 or 203. Each
 * takes its own first and looks for the others' afterwards, so of two at once at least one sees the
 * other. The locks belong to the open file: they end with it, even by SIGKILL.
 */
final class DiskLock {
    private static final long USES = 100;
    private static final long REFUSES = 200;

    /** Bits of what one may do with a disk. */
    private static final int READ = 0, WRITE = 1, RESIZE = 3;

    private DiskLock() {}

    /**
     * Takes the locks of a new user, for as long as the file is open.
     *
     * @throws BlockException if another user forbids it
     */
    static void take(DiskFile file, boolean write) throws BlockException {
        boolean free = file.lock(USES + READ, 1, false);
        for (int use : new int[] {WRITE, RESIZE}) {
            free &= !write || file.lock(USES + use, 1, false);
            free &= file.lock(REFUSES + use, 1, false);
        }
        for (int use : new int[] {WRITE, RESIZE}) {
            if (write && file.isLockedByOther(REFUSES + use, 1)) {
                free = false;
            }
            if (file.isLockedByOther(USES + use, 1)) {
                free = false;
            }
        }
        if (!free) {
            throw new BlockException(
                    BlockException.Kind.IN_USE,
                    "the disk "
                            + file.path()
                            + " is in use by another virtual machine or tool"
                            + (write ? "" : " that writes it")
                            + ". Stop that one first"
                            + (write
                                    ? ", or start on a throw-away layer of a disk that is only"
                                            + " read."
                                    : "."));
        }
    }
}
