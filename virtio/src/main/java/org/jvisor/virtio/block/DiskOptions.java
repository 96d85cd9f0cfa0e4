package org.jvisor.virtio.block;

import java.nio.file.Path;
import java.util.List;

/**
 * Which disk to open, and how.
 *
 * @param path the file or block device
 * @param format how the disk is kept in it
 * @param readOnly whether writing is refused; others may then read it too
 * @param direct whether to go around the host's page cache
 * @param overlay whether writes go to a throw-away layer, which ends with the disk; {@code path} is
 *     then only read
 * @param backing the files a qcow2 image may be backed by, besides those that jvisor recorded when
 *     it created the image
 */
public record DiskOptions(
        Path path,
        DiskFormat format,
        boolean readOnly,
        boolean direct,
        boolean overlay,
        List<Path> backing) {
    /** Copies the list. */
    public DiskOptions {
        backing = List.copyOf(backing);
    }

    /** Reading and writing, through the page cache. */
    public static DiskOptions of(Path path, DiskFormat format) {
        return new DiskOptions(path, format, false, false, false, List.of());
    }

    /** The same for reading only. */
    public DiskOptions asReadOnly() {
        return new DiskOptions(path, format, true, direct, overlay, backing);
    }

    /** The same on a throw-away layer. */
    public DiskOptions withOverlay() {
        return new DiskOptions(path, format, readOnly, direct, true, backing);
    }

    /** The same with files the image may be backed by. */
    public DiskOptions withBacking(List<Path> files) {
        return new DiskOptions(path, format, readOnly, direct, overlay, files);
    }
}
