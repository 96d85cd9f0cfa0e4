package org.jvisor.launcher.image;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.DiskFormat;
import org.jvisor.virtio.block.DiskOptions;
import org.jvisor.virtio.block.HostFile;
import org.jvisor.virtio.block.qcow2.Qcow2Format;
import org.jvisor.virtio.block.qcow2.Qcow2Info;

/**
 * The root disks of images. A clone shares the data of its base: the base's disk is written no more
 * from then on, and both images get an empty qcow2 layer of their own on top of it, which takes
 * what their guests write.
 */
public final class DiskImages {
    private final ImageStore store;

    /** The disks of a store. */
    public DiskImages(ImageStore store) {
        this.store = store;
    }

    /** A disk's format, which the store has in the ending of its name. */
    public static DiskFormat format(Path disk) {
        return disk.toString().endsWith(".qcow2") ? DiskFormat.QCOW2 : DiskFormat.RAW;
    }

    /**
     * Makes a copy of an image that takes no time and space.
     *
     * @throws UserError if there is no such image, or one of the new name, or the disk is in use
     */
    public Image clone(String source, String target) {
        if (!ImageStore.validName(target)) {
            throw new UserError(
                    ExitStatus.USAGE,
                    "an image cannot be called '%s': use letters, digits, and . _ - behind the first, at most 64"
                            .formatted(target));
        }
        try (ImageStore.Lock _ = store.lock(() -> {})) {
            Image base =
                    store.find(source)
                            .orElseThrow(
                                    () ->
                                            new UserError(
                                                    ExitStatus.FILE,
                                                    "there is no image %s to clone: jvisor image list shows what there is"
                                                            .formatted(source)));
            Path disk = base.disk();
            if (disk == null) {
                throw new UserError(
                        ExitStatus.USAGE,
                        "the image %s has no disk that a clone could have of its own: clone one that jvisor image create made"
                                .formatted(source));
            }
            if (store.has(target) || Flavor.isImageName(target)) {
                throw new UserError(
                        ExitStatus.USAGE,
                        "there is an image %1$s already: jvisor image rm %1$s removes it"
                                .formatted(target));
            }
            return clone(store.manifest(source), disk, target);
        } catch (BlockException e) {
            throw refused("the image %s cannot be cloned".formatted(source), e);
        } catch (IOException e) {
            throw new UserError(
                    ExitStatus.IO,
                    "%s cannot be cloned: %s".formatted(source, DebianImage.describe(e)),
                    e);
        }
    }

    private Image clone(ImageManifest source, Path disk, String target)
            throws IOException, BlockException {
        long size;
        DiskOptions options = DiskOptions.of(disk, format(disk)).withBacking(backing(disk));
        // For writing: a machine that uses it makes this fail.
        try (BlockBackend open = Disk.open(options)) {
            size = open.size();
        }
        String copy = layer(target, disk, size);
        boolean done = false;
        try {
            // First the source moves off its disk; then that disk can be anybody's base.
            store.save(source.withDisk(layer(source.name(), disk, size), source.base()));
            Image clone =
                    store.save(
                            source.called(target, Instant.now())
                                    .asAnother()
                                    .withDisk(copy, source.name()));
            done = true;
            return clone;
        } finally {
            if (!done) {
                Files.deleteIfExists(store.disks().resolve(copy));
            }
        }
    }

    private String layer(String image, Path below, long size) throws BlockException {
        String name = store.diskName(image, ".qcow2");
        Disk.createQcow2(
                store.disks().resolve(name),
                Qcow2Format.Options.of(size)
                        .backedBy(below.getFileName().toString(), format(below).text()));
        return name;
    }

    /** The disks that a disk of the store is layered on, the nearest first. */
    public List<Path> backing(Path disk) throws BlockException {
        List<Path> chain = new ArrayList<>();
        @Nullable Path below = below(disk);
        while (below != null && !chain.contains(below)) {
            chain.add(below);
            below = below(below);
        }
        return chain;
    }

    private @Nullable Path below(Path disk) throws BlockException {
        if (format(disk) != DiskFormat.QCOW2) {
            return null;
        }
        try (HostFile file = Disk.openFile(disk, false)) {
            String name = Qcow2Info.read(file).backingFile();
            // The guest cannot write the header, but what it names stays in the store in any case.
            return name != null && ImageStore.validFile(name) ? store.disks().resolve(name) : null;
        }
    }

    /**
     * Removes an image, and the disks that no other image is on.
     *
     * @return whether there was one
     * @throws UserError if another image is a clone of it, or a machine runs on it
     */
    public boolean remove(String name) throws IOException {
        List<String> clones = new ArrayList<>();
        @Nullable Path disk = null;
        for (Image image : store.list()) {
            if (name.equals(image.base())) {
                clones.add(image.name());
            }
            if (name.equals(image.name())) {
                disk = image.disk();
            }
        }
        if (!clones.isEmpty()) {
            throw new UserError(
                    ExitStatus.FILE,
                    "the image %s is in use: its clones %s share its disk; remove them first"
                            .formatted(name, String.join(", ", clones)));
        }
        if (disk != null) {
            try (HostFile _ = Disk.openFile(disk, true)) {
                // Nobody has it locked.
            } catch (BlockException e) {
                throw refused("the image %s cannot be removed".formatted(name), e);
            }
        }
        boolean existed = store.remove(name);
        if (disk != null) {
            Files.deleteIfExists(disk);
            removeUnused();
        }
        return existed;
    }

    /** Removes disks of no image. Where one cannot be understood, any disk may be its. */
    private void removeUnused() throws IOException {
        Set<Path> used = new HashSet<>();
        try {
            for (ImageManifest manifest : store.manifests()) {
                if (!manifest.disk().isEmpty()) {
                    Path disk = store.disks().resolve(manifest.disk());
                    used.add(disk);
                    used.addAll(backing(disk));
                }
            }
        } catch (IOException e) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(store.disks())) {
            for (Path file : files) {
                if (!used.contains(file)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (NoSuchFileException e) {
            // No folder, no disks.
        }
    }

    /**
     * The bytes that the image's disk takes on the host, without what it shares; 0 if that cannot
     * be known, as a machine has the disk.
     */
    public long used(Path disk) {
        long used = 0;
        try (HostFile file = Disk.openFile(disk, false)) {
            long at = file.nextData(0);
            while (at >= 0) {
                long hole = file.nextHole(at);
                used += hole - at;
                at = file.nextData(hole);
            }
        } catch (BlockException e) {
            return 0;
        }
        return used;
    }

    /**
     * The size of a disk in bytes, as the guest sees it.
     *
     * @throws BlockException if it cannot be read
     */
    public long size(Path disk) throws BlockException {
        try (HostFile file = Disk.openFile(disk, false)) {
            return format(disk) == DiskFormat.RAW ? file.size() : Qcow2Info.read(file).size();
        }
    }

    private static UserError refused(String what, BlockException e) {
        return new UserError(ExitStatus.of(e.kind()), what + ": " + e.getMessage(), e);
    }
}
