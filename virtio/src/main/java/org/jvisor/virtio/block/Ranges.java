package org.jvisor.virtio.block;

/** The checks that every disk makes first. */
public final class Ranges {
    private Ranges() {}

    /**
     * Refuses a range that is not on the disk, and writing where it is read-only.
     *
     * @param position in bytes
     * @param bytes how many
     */
    public static void check(BlockBackend disk, long position, long bytes, boolean write)
            throws BlockException {
        if (position < 0 || bytes < 0 || bytes > disk.size() - position) {
            throw new BlockException(
                    BlockException.Kind.OUT_OF_RANGE,
                    "%d bytes at %d are not on a disk of %d bytes"
                            .formatted(bytes, position, disk.size()));
        }
        if (write && disk.readOnly()) {
            throw readOnly();
        }
    }

    /** Refuses a new size that is no number of sectors, and any where the disk is read-only. */
    public static void checkSize(BlockBackend disk, long size) throws BlockException {
        if (disk.readOnly()) {
            throw readOnly();
        }
        if (size <= 0 || size % BlockBackend.SECTOR != 0) {
            throw new BlockException(
                    BlockException.Kind.OUT_OF_RANGE,
                    "a disk cannot have "
                            + size
                            + " bytes: the size must be a positive multiple of "
                            + BlockBackend.SECTOR);
        }
    }

    private static BlockException readOnly() {
        return new BlockException(
                BlockException.Kind.READ_ONLY, "the disk is opened for reading only");
    }
}
