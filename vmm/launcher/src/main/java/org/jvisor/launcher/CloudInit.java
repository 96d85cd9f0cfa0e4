package org.jvisor.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jvisor.machine.DiskConfig;

/**
 * A NoCloud seed for cloud-init in the guest: a read-only disk in a temporary file, which is there
 * until this is closed.
 */
final class CloudInit implements AutoCloseable {
    /** What cloud-init's data sources take at most is less, in bytes. */
    private static final int MAX_SIZE = 16 << 20;

    private final Path file;

    private CloudInit(Path file) {
        this.file = file;
    }

    /**
     * Makes the disk.
     *
     * @throws UserError if the user data cannot be read, or the disk not be written
     */
    static CloudInit of(Path userData) {
        byte[] data = read(userData);
        try {
            Path file = Files.createTempFile("jvisor-seed-", ".iso");
            CloudInit seed = new CloudInit(file);
            boolean done = false;
            try {
                Files.write(file, volume(data));
                done = true;
                return seed;
            } finally {
                if (!done) {
                    seed.close();
                }
            }
        } catch (IOException e) {
            throw new UserError(
                    ExitStatus.IO,
                    "the disk for cloud-init cannot be written to %s: %s"
                            .formatted(System.getProperty("java.io.tmpdir"), e.getMessage()),
                    e);
        }
    }

    private static byte[] read(Path userData) {
        byte[] data;
        try (InputStream in = Files.newInputStream(userData)) {
            data = in.readNBytes(MAX_SIZE + 1);
        } catch (IOException e) {
            throw new UserError(
                    ExitStatus.FILE,
                    "the user data %s for cloud-init cannot be read: %s"
                            .formatted(
                                    userData,
                                    e instanceof NoSuchFileException
                                            ? "there is no such file"
                                            : e.getMessage()),
                    e);
        }
        if (data.length > MAX_SIZE) {
            throw new UserError(
                    ExitStatus.FILE,
                    "the user data %s for cloud-init has more than %d MiB"
                            .formatted(userData, MAX_SIZE >> 20));
        }
        return data;
    }

    /**
     * The volume for user data; other data are another instance, for which cloud-init runs anew.
     */
    static byte[] volume(byte[] userData) {
        String instance;
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(userData);
            instance = HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("no SHA-256 in this JDK", e);
        }
        String metaData = "instance-id: jvisor-" + instance + "\n";
        return new SeedDisk()
                .file("meta-data", metaData.getBytes(StandardCharsets.US_ASCII))
                .file("user-data", userData)
                .build();
    }

    /** The disk. */
    DiskConfig disk() {
        return DiskConfig.of(file).withFormat(DiskConfig.Format.RAW).asReadOnly();
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // A temporary file stays; nothing depends on it.
        }
    }
}
