package org.jvisor.launcher.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A folder for what is not an image yet. It goes when it is closed, when the process is
 * interrupted, or, if the process was killed, when another one makes its own: a lock tells whether
 * anybody still works in it.
 */
final class WorkFolder implements AutoCloseable {
    private static final String PREFIX = "create-";
    private static final String LOCK = ".lock";

    private final Path path;
    private final FileChannel channel;
    private final Thread end;

    private WorkFolder(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
        end = Thread.ofPlatform().unstarted(this::clear);
        Runtime.getRuntime().addShutdownHook(end);
    }

    /** Makes one in {@code store}, and removes those nobody works in any more. */
    static WorkFolder in(Path store) throws IOException {
        Files.createDirectories(store);
        removeAbandoned(store);
        Path path = Files.createTempDirectory(store, PREFIX);
        FileChannel channel =
                FileChannel.open(
                        path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.lock();
        return new WorkFolder(path, channel);
    }

    /** The folder. */
    Path path() {
        return path;
    }

    private static void removeAbandoned(Path store) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(store, PREFIX + "*")) {
            for (Path folder : folders) {
                if (abandoned(folder)) {
                    DebianImage.delete(folder);
                }
            }
        }
    }

    private static boolean abandoned(Path folder) {
        try (FileChannel channel =
                FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE)) {
            @Nullable FileLock lock = channel.tryLock();
            return lock != null;
        } catch (IOException | OverlappingFileLockException e) {
            // Not there yet, or ours: somebody is at work.
            return false;
        }
    }

    private void clear() {
        try {
            DebianImage.delete(path);
        } catch (IOException e) {
            // A program may still write in it; the next work folder removes it.
        }
    }

    @Override
    public void close() throws IOException {
        Tools.release(end);
        clear();
        channel.close();
    }
}
