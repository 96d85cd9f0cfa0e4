package org.jvisor.virtio.block;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/**
 * Decides which backing files are opened. An image may come from anywhere and name any file of the
 * host, which its guest would then read; so it must be one that the user named, or that jvisor
 * itself gave the image when it made it. The latter is recorded in an extended attribute of the
 * image: a copy or a download does not have it.
 */
final class BackingFiles {
    private static final String ATTRIBUTE = "jvisor.backing";

    private BackingFiles() {}

    /** The file that an image means: relative names are relative to its folder. */
    static Path resolve(Path image, String name) throws BlockException {
        try {
            Path folder = image.toAbsolutePath().getParent();
            return folder == null ? Path.of(name) : folder.resolve(name).normalize();
        } catch (InvalidPathException e) {
            throw new BlockException(
                    BlockException.Kind.CORRUPT,
                    "the image " + image + " names no possible backing file: " + e.getMessage(),
                    e);
        }
    }

    /** Notes that jvisor made an image with a backing file; where that is impossible, nothing. */
    static void record(Path image, Path backing) {
        try {
            FileNotes.write(image, ATTRIBUTE, backing.toRealPath().toString());
        } catch (IOException e) {
            // it went away meanwhile; opening the image tells
        }
    }

    /**
     * Refuses a backing file that the user has not named.
     *
     * @param named what the user named
     */
    static void checkAllowed(Path image, Path backing, List<Path> named) throws BlockException {
        if (!Files.exists(backing)) {
            throw new BlockException(
                    BlockException.Kind.NO_ACCESS,
                    "the image "
                            + image
                            + " is backed by "
                            + backing
                            + ", which is not there. Put it back, or tell where it is now with"
                            + " qemu-img rebase -u.");
        }
        for (Path path : named) {
            if (same(path, backing)) {
                return;
            }
        }
        String recorded = FileNotes.read(image, ATTRIBUTE);
        if (recorded == null || !same(Path.of(recorded), backing)) {
            throw new BlockException(
                    BlockException.Kind.NO_ACCESS,
                    "the image "
                            + image
                            + " wants to be backed by "
                            + backing
                            + ", which its guest could then read. If that is meant, give"
                            + " backing="
                            + backing
                            + " with the disk (--backing of jvisor disk).");
        }
    }

    private static boolean same(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }
}
