package org.jvisor.launcher.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The images of a user: {@code images/NAME.json} and, addressed by content, {@code
 * blobs/sha256/HASH}, below one folder. Files appear whole or not at all (written beside, then
 * renamed), so reading needs no lock; {@link #lock} keeps writers apart, across processes. What a
 * crash leaves behind in {@code tmp} goes with the next removal.
 */
public final class ImageStore {
    private final Path root;

    /** A store in {@code root}, which need not exist yet. */
    public ImageStore(Path root) {
        this.root = root;
    }

    /** The store in the user's cache folder ({@code $XDG_CACHE_HOME} or {@code ~/.cache}). */
    public static ImageStore ofUser() {
        String cache = System.getenv("XDG_CACHE_HOME");
        // The XDG specification has relative paths ignored.
        Path base =
                cache != null && cache.startsWith("/")
                        ? Path.of(cache)
                        : Path.of(System.getProperty("user.home"), ".cache");
        return new ImageStore(base.resolve("jvisor"));
    }

    /** The folder it is in. */
    public Path root() {
        return root;
    }

    /** Whether {@code name} can name an image. */
    public static boolean validName(String name) {
        return name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    }

    /** The image of that name, unless there is none or a file of it is gone. */
    public Optional<Image> find(String name) {
        try {
            return Optional.of(load(manifest(name))).filter(ImageStore::complete);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            // Damaged is as good as absent: it can be pulled again.
            return Optional.empty();
        }
    }

    /** All images, by name. */
    public List<Image> list() throws IOException {
        List<Image> images = new ArrayList<>();
        for (Path file : files(root.resolve("images"))) {
            String name = file.getFileName().toString();
            if (name.endsWith(".json")) {
                find(name.substring(0, name.length() - ".json".length())).ifPresent(images::add);
            }
        }
        images.sort(Comparator.comparing(Image::name));
        return images;
    }

    /** The bytes the image's kernel and initial RAM disk take. */
    public long size(Image image) throws IOException {
        return Files.size(image.kernel()) + Files.size(image.initrd());
    }

    /** Whether there is an image of that name, whole or damaged. */
    public boolean has(String name) {
        return validName(name) && Files.exists(manifestFile(name));
    }

    /** Whether {@code file} can be the name of a disk's file: an image's, a number, an ending. */
    static boolean validFile(String file) {
        return file.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    }

    /**
     * The manifests of all images, whole or damaged.
     *
     * @throws IOException if one cannot be read
     */
    List<ImageManifest> manifests() throws IOException {
        List<ImageManifest> all = new ArrayList<>();
        for (Path file : files(root.resolve("images"))) {
            String name = file.getFileName().toString();
            if (name.endsWith(".json")) {
                all.add(ImageManifest.parse(Files.readString(file)));
            }
        }
        return all;
    }

    /** The folder of the disks. */
    Path disks() {
        return root.resolve("disks");
    }

    /** A file name for a disk of an image that no disk has yet. */
    String diskName(String image, String ending) {
        return image + "-" + UUID.randomUUID().toString().substring(0, 8) + ending;
    }

    /**
     * Moves a raw disk into the store.
     *
     * @return what it is called there
     */
    String adopt(Path disk, String image) throws IOException {
        Files.createDirectories(root);
        if (!Files.exists(disks())) {
            // Disks have host keys and passwords in them, which are for their owner only.
            Files.createDirectory(
                    disks(),
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        String name = diskName(image, ".raw");
        Files.move(disk, disks().resolve(name), StandardCopyOption.ATOMIC_MOVE);
        return name;
    }

    /**
     * Keeps other writers out, of this process and others, until the result is closed; waits for
     * them first.
     *
     * @param waiting runs if another writer is at work
     */
    public Lock lock(Runnable waiting) throws IOException {
        Files.createDirectories(root);
        FileChannel channel =
                FileChannel.open(
                        root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            @Nullable FileLock lock = channel.tryLock();
            if (lock == null) {
                waiting.run();
                lock = channel.lock();
            }
            return new Lock(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Writes kept out of a store. */
    public record Lock(FileChannel channel) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /**
     * Keeps a file's content.
     *
     * @return its SHA-256, in hex
     */
    String put(byte[] content) throws IOException {
        String hash = HexFormat.of().formatHex(sha256().digest(content));
        Path blob = blob(hash);
        if (!Files.exists(blob) || Files.size(blob) != content.length) {
            write(blob, content);
        }
        return hash;
    }

    /** Keeps an image whose files have been {@link #put}, in place of any of the same name. */
    Image save(ImageManifest manifest) throws IOException {
        if (!validName(manifest.name())) {
            throw new IllegalArgumentException("not an image name: " + manifest.name());
        }
        write(manifestFile(manifest.name()), manifest.toJson().getBytes(StandardCharsets.UTF_8));
        return load(manifest);
    }

    /**
     * Removes an image, and the files no other image has.
     *
     * @return whether there was one
     */
    public boolean remove(String name) throws IOException {
        if (!validName(name)) {
            return false;
        }
        boolean existed = Files.deleteIfExists(manifestFile(name));
        Set<String> used = new HashSet<>();
        for (Image image : list()) {
            used.add(image.kernel().getFileName().toString());
            used.add(image.initrd().getFileName().toString());
        }
        for (Path blob : files(root.resolve("blobs/sha256"))) {
            if (!used.contains(blob.getFileName().toString())) {
                Files.deleteIfExists(blob);
            }
        }
        for (Path leftover : files(root.resolve("tmp"))) {
            Files.deleteIfExists(leftover);
        }
        return existed;
    }

    private Path manifestFile(String name) {
        return root.resolve("images").resolve(name + ".json");
    }

    private Path blob(String hash) {
        return root.resolve("blobs/sha256").resolve(hash);
    }

    ImageManifest manifest(String name) throws IOException {
        if (!validName(name)) {
            throw new NoSuchFileException(name);
        }
        return ImageManifest.parse(Files.readString(manifestFile(name)));
    }

    private Image load(ImageManifest manifest) {
        return new Image(
                manifest.name(),
                blob(manifest.kernel()),
                blob(manifest.initrd()),
                manifest.commandLine(),
                manifest.version(),
                manifest.origin(),
                manifest.created(),
                manifest.layout(),
                manifest.disk().isEmpty() ? null : disks().resolve(manifest.disk()),
                manifest.base().isEmpty() ? null : manifest.base());
    }

    private static boolean complete(Image image) {
        Path disk = image.disk();
        return Files.isReadable(image.kernel())
                && Files.isReadable(image.initrd())
                && (disk == null || Files.isReadable(disk));
    }

    private void write(Path target, byte[] content) throws IOException {
        Files.createDirectories(target.getParent());
        Path temporary = Files.createTempFile(Files.createDirectories(root.resolve("tmp")), "", "");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(
                    temporary,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(files::add);
        } catch (NoSuchFileException e) {
            // No folder, no files.
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        return files;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new UncheckedIOException(new IOException("no SHA-256 in this JDK", e));
        }
    }
}
