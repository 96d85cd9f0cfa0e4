package org.jvisor.virtio.block;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.DiskFile;
import org.jvisor.virtio.block.qcow2.Qcow2Format;
import org.jvisor.virtio.block.qcow2.Qcow2Image;

/** Opens and makes the disks that a user names. */
public final class Disk {
    /** Images one upon another: more are taken for a circle. */
    private static final int MOST_LAYERS = 64;

    private Disk() {}

    /**
     * Opens a disk and locks its file against other users.
     *
     * @throws BlockException if it cannot be opened, is in use, or is not what the options say
     */
    public static BlockBackend open(DiskOptions options) throws BlockException {
        if (!options.overlay()) {
            return open(options, new ArrayList<>(), false);
        }
        BlockBackend base = open(options.asReadOnly(), new ArrayList<>(), false);
        boolean done = false;
        try {
            BlockBackend layer = Overlay.open(base);
            done = true;
            return layer;
        } finally {
            if (!done) {
                base.close();
            }
        }
    }

    /**
     * Opens a qcow2 image together with its backing file for writing, for a commit.
     *
     * @throws BlockException as {@link #open} does
     */
    public static Qcow2Image openForCommit(DiskOptions options) throws BlockException {
        return (Qcow2Image) open(options, new ArrayList<>(), true);
    }

    private static BlockBackend open(DiskOptions options, List<Path> above, boolean writeBacking)
            throws BlockException {
        boolean readOnly = options.readOnly();
        Path path = options.path();
        DiskFile.Mode mode = readOnly ? DiskFile.Mode.READ : DiskFile.Mode.WRITE;
        HostFile file = LinuxHostFile.open(path, mode, options.direct());
        boolean done = false;
        try {
            BlockBackend disk =
                    switch (options.format()) {
                        case RAW -> new RawBackend(file, readOnly);
                        case QCOW2 -> {
                            List<Path> layers = new ArrayList<>(above);
                            layers.add(path);
                            yield Qcow2Image.open(
                                    file,
                                    readOnly,
                                    (name, format) ->
                                            backing(options, layers, name, format, writeBacking));
                        }
                    };
            done = true;
            return disk;
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    private static BlockBackend backing(
            DiskOptions above,
            List<Path> layers,
            String name,
            @Nullable String format,
            boolean write)
            throws BlockException {
        Path image = above.path();
        if (layers.size() > MOST_LAYERS) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the disk "
                            + layers.getFirst()
                            + " has more than "
                            + MOST_LAYERS
                            + " layers; do they back one another in a circle?");
        }
        Path file = BackingFiles.resolve(image, name);
        if (format == null) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the image "
                            + image
                            + " is backed by "
                            + file
                            + " and does not tell its format, which is never guessed. Tell it with"
                            + " qemu-img rebase -u -F FORMAT -b '"
                            + name
                            + "' "
                            + image
                            + ".");
        }
        DiskFormat known;
        try {
            known = DiskFormat.of(format);
        } catch (IllegalArgumentException e) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the backing file " + file + " cannot be opened: " + e.getMessage(),
                    e);
        }
        BackingFiles.checkAllowed(image, file, above.backing());
        DiskOptions options =
                new DiskOptions(file, known, !write, above.direct(), false, above.backing());
        return open(options, layers, false);
    }

    /**
     * Makes a raw disk of zeros, which takes up no space yet.
     *
     * @param size bytes
     * @throws BlockException also if the file exists
     */
    public static void createRaw(Path path, long size) throws BlockException {
        create(path, file -> file.truncate(size));
    }

    /**
     * Makes a qcow2 image.
     *
     * @param options whose backing file, if there is one, is relative to the image's folder
     * @throws BlockException also if the file exists
     */
    public static void createQcow2(Path path, Qcow2Format.Options options) throws BlockException {
        create(
                path,
                file -> {
                    Qcow2Format.create(file, options);
                    String backing = options.backingFile();
                    if (backing != null) {
                        BackingFiles.record(path, BackingFiles.resolve(path, backing));
                    }
                });
    }

    @FunctionalInterface
    private interface Maker {
        void make(HostFile file) throws BlockException;
    }

    private static void create(Path path, Maker maker) throws BlockException {
        HostFile file = LinuxHostFile.open(path, DiskFile.Mode.CREATE, false);
        boolean done = false;
        try (file) {
            maker.make(file);
            done = true;
        } finally {
            if (!done) {
                delete(path);
            }
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // what made the disk fail is told; that a part of it is left is told by the next try
        }
    }

    /**
     * Opens and locks a file as it is, to look at or repair the image in it.
     *
     * @throws BlockException if it cannot be opened or is in use
     */
    public static HostFile openFile(Path path, boolean write) throws BlockException {
        DiskFile.Mode mode = write ? DiskFile.Mode.WRITE : DiskFile.Mode.READ;
        return LinuxHostFile.open(path, mode, false);
    }
}
