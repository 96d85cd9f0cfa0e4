package org.jvisor.virtio.block;

import org.jvisor.linux.DiskFile;

/** Opens the disks that a user names. */
public final class Disk {
    private Disk() {}

    /**
     * Opens a disk and locks its file against other users.
     *
     * @throws BlockException if it cannot be opened, is in use, or is not what the options say
     */
    public static BlockBackend open(DiskOptions options) throws BlockException {
        boolean readOnly = options.readOnly() || options.overlay();
        if (options.format() != DiskFormat.RAW || options.overlay()) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the disk " + options.path() + " cannot be opened: only raw disks can");
        }
        DiskFile.Mode mode = readOnly ? DiskFile.Mode.READ : DiskFile.Mode.WRITE;
        HostFile file = LinuxHostFile.open(options.path(), mode, options.direct());
        try {
            return new RawBackend(file, readOnly);
        } catch (BlockException e) {
            file.close();
            throw e;
        }
    }
}
