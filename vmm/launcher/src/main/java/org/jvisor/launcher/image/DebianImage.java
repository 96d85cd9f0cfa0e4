package org.jvisor.launcher.image;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;

/** Makes the {@code debian} images: Debian's kernel and an initial RAM disk around busybox. */
public final class DebianImage {
    /** The environment variable that names a mirror. */
    public static final String MIRROR_VARIABLE = "JVISOR_DEBIAN_MIRROR";

    /** What the names of work folders begin with. */
    private static final String WORK = "pull-";

    private static final String COMMAND_LINE = "console=ttyS0,115200";

    private final ImageStore store;
    private final List<PackageSource> sources;
    private final Progress progress;

    DebianImage(ImageStore store, List<PackageSource> sources, Progress progress) {
        this.store = store;
        this.sources = sources;
        this.progress = progress;
    }

    /**
     * Prepares a pull.
     *
     * @param mirror a Debian mirror to use instead of the host's apt, or null
     * @param suite the suite to use on the mirror, such as {@code stable}
     * @throws UserError if the mirror cannot be used
     */
    public static DebianImage from(
            ImageStore store, @Nullable String mirror, String suite, Progress progress) {
        PackageSource source;
        try {
            source =
                    mirror == null
                            ? AptSource.onPath(store.root().resolve("apt"))
                            : MirrorSource.at(mirror, suite);
        } catch (PackageSource.Unavailable e) {
            throw new UserError(ExitStatus.USAGE, String.valueOf(e.getMessage()), e);
        }
        return new DebianImage(store, List.of(source, new HostSource(Path.of("/"))), progress);
    }

    /**
     * Gets the image, in place of one there may be.
     *
     * @throws UserError if no source has it, or the store cannot be written
     */
    public Image pull(Flavor flavor) throws InterruptedException {
        return locked(flavor, false);
    }

    /**
     * The image, got first where it is not there yet, or is of an older jvisor and lacks what
     * images have now; where a newer one cannot be had, the older one has to do.
     */
    public Image ensure(Flavor flavor) throws InterruptedException {
        Optional<Image> present = store.find(flavor.imageName());
        if (present.filter(DebianImage::current).isPresent()) {
            return present.get();
        }
        try {
            return locked(flavor, true);
        } catch (UserError e) {
            if (present.isEmpty()) {
                throw e;
            }
            progress.note(
                    "the image %s is of an older jvisor and has no drivers for disks and networks; a new one cannot be had: %s"
                            .formatted(flavor.imageName(), e.getMessage()));
            return present.get();
        }
    }

    private static boolean current(Image image) {
        return image.layout() >= Initramfs.LAYOUT;
    }

    private Image locked(Flavor flavor, boolean unlessPresent) throws InterruptedException {
        try (ImageStore.Lock _ =
                        store.lock(
                                () -> progress.step("waiting for another jvisor to fetch images"));
                progress) {
            if (unlessPresent) {
                // Whoever held the lock may have made it.
                var present = store.find(flavor.imageName());
                if (present.filter(DebianImage::current).isPresent()) {
                    return present.get();
                }
            }
            return make(flavor);
        } catch (IOException e) {
            throw new UserError(
                    ExitStatus.IO,
                    "the image cannot be kept in %s: %s; make room and permission there, or set XDG_CACHE_HOME to another folder"
                            .formatted(store.root(), describe(e)),
                    e);
        }
    }

    private Image make(Flavor flavor) throws IOException, InterruptedException {
        deleteLeftovers();
        List<String> reasons = new ArrayList<>();
        for (PackageSource source : sources) {
            Path work = Files.createTempDirectory(Files.createDirectories(store.root()), WORK);
            try {
                PackageSource.Ingredients parts = source.fetch(flavor, work, progress);
                if (!reasons.isEmpty()) {
                    progress.note(
                            "using %s, as %s"
                                    .formatted(parts.origin(), String.join("; ", reasons)));
                }
                return keep(flavor, parts);
            } catch (PackageSource.Unavailable e) {
                reasons.add(String.valueOf(e.getMessage()));
            } finally {
                delete(work);
            }
        }
        throw new UserError(
                ExitStatus.NO_IMAGE,
                ("no Debian kernel could be had: %s. Connect to a network, name an https Debian mirror with --mirror or %s,"
                                + " or bring a kernel of your own with jvisor run --kernel FILE --initrd FILE")
                        .formatted(String.join("; ", reasons), MIRROR_VARIABLE));
    }

    /** Removes the work folders of pulls that were killed: under the lock, nobody uses them. */
    private void deleteLeftovers() throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(store.root(), WORK + "*")) {
            for (Path folder : folders) {
                delete(folder);
            }
        }
    }

    private Image keep(Flavor flavor, PackageSource.Ingredients parts) throws IOException {
        progress.step("building the initial RAM disk");
        return store.save(
                new ImageManifest(
                        flavor.imageName(),
                        store.put(parts.kernel()),
                        store.put(Initramfs.build(parts.busybox(), parts.modules())),
                        COMMAND_LINE,
                        parts.version(),
                        parts.origin(),
                        Instant.now(),
                        Initramfs.LAYOUT));
    }

    static String describe(IOException e) {
        return switch (e) {
            case java.nio.file.AccessDeniedException denied ->
                    "permission is denied for " + denied.getFile();
            case java.nio.file.FileSystemException failed ->
                    "%s (%s)".formatted(failed.getReason(), failed.getFile());
            default -> String.valueOf(e.getMessage());
        };
    }

    static void delete(Path folder) throws IOException {
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
                            throws IOException {
                        Files.delete(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
