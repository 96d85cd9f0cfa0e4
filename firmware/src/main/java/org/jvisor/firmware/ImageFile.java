package org.jvisor.firmware;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.vmm.api.GuestMemory;

/** A file the user named, open for reading; every failure becomes a {@link BootException}. */
final class ImageFile implements AutoCloseable {
    /** The most one read moves: a ByteBuffer view of a segment holds no more than 2 GiB. */
    private static final long CHUNK = 1L << 30;

    /** The most one read moves to the heap: the JDK keeps a buffer of that size for the thread. */
    static final int HEAP_CHUNK = 1 << 18;

    private final Path path;
    private final String tried;
    private final FileChannel channel;
    private final long size;

    private ImageFile(Path path, String tried, FileChannel channel, long size) {
        this.path = path;
        this.tried = tried;
        this.channel = channel;
        this.size = size;
    }

    /**
     * Opens a file.
     *
     * @param what it is to the user, such as "kernel"
     */
    static ImageFile open(Path path, String what) throws BootException {
        String tried = "load the " + what + " " + path;
        if (Files.isDirectory(path)) {
            throw new BootException(
                    Reason.NOT_A_FILE, tried, "it is a directory", "name the file inside it");
        }
        if (!Files.exists(path)) {
            throw new BootException(
                    Reason.MISSING, tried, "there is no such file", "check the path");
        }
        if (!Files.isRegularFile(path)) {
            throw new BootException(
                    Reason.NOT_A_FILE,
                    tried,
                    "it is a device or a pipe",
                    "copy its contents to a file and name that");
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return new ImageFile(path, tried, channel, channel.size());
        } catch (AccessDeniedException e) {
            throw new BootException(
                    Reason.UNREADABLE,
                    tried,
                    "you have no permission to read it",
                    "change its mode, or copy it with the rights of its owner");
        } catch (NoSuchFileException e) {
            throw new BootException(
                    Reason.MISSING, tried, "there is no such file", "check the path");
        } catch (IOException e) {
            throw new BootException(
                    Reason.UNREADABLE,
                    tried,
                    "reading failed (" + e.getMessage() + ")",
                    "check the disk");
        }
    }

    long size() {
        return size;
    }

    /** The start of every message about this file. */
    String tried() {
        return tried;
    }

    Path path() {
        return path;
    }

    /** Bytes from {@code offset}, fewer than {@code length} if the file ends there. */
    byte[] readUpTo(long offset, int length) throws BootException {
        int count = (int) Math.max(0, Math.min(length, size - offset));
        byte[] bytes = new byte[count];
        fill(offset, ByteBuffer.wrap(bytes));
        return bytes;
    }

    /**
     * Exactly {@code length} bytes from {@code offset}.
     *
     * @param part what they are, for the message if the file ends before them
     */
    byte[] read(long offset, long length, String part) throws BootException {
        requireRange(offset, length, part);
        if (length > Integer.MAX_VALUE - 8) {
            throw new BootException(
                    Reason.NOT_A_KERNEL,
                    tried,
                    "its " + part + " is " + length + " bytes long",
                    "check that the file is a kernel");
        }
        byte[] bytes = new byte[(int) length];
        fill(offset, ByteBuffer.wrap(bytes));
        return bytes;
    }

    /** Copies a part of the file to guest memory. */
    void copyTo(long offset, long length, String part, GuestMemory memory, long address)
            throws BootException {
        requireRange(offset, length, part);
        MemorySegment target = memory.slice(address, length);
        for (long done = 0; done < length; done += CHUNK) {
            long count = Math.min(CHUNK, length - done);
            fill(offset + done, target.asSlice(done, count).asByteBuffer());
        }
        memory.written(address, length);
    }

    private void requireRange(long offset, long length, String part) throws BootException {
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            throw new BootException(
                    Reason.TRUNCATED,
                    tried,
                    "the file is truncated: it has %d bytes, but its %s ends at byte %s"
                            .formatted(size, part, Long.toUnsignedString(offset + length)),
                    "copy or download it again");
        }
    }

    private void fill(long offset, ByteBuffer target) throws BootException {
        try {
            long at = offset;
            while (target.hasRemaining()) {
                int count = channel.read(part(target), at);
                if (count < 0) {
                    throw new BootException(
                            Reason.TRUNCATED,
                            tried,
                            "the file became shorter while it was read",
                            "wait until it is complete and try again");
                }
                at += count;
                target.position(target.position() + count);
            }
        } catch (IOException e) {
            throw new BootException(
                    Reason.UNREADABLE,
                    tried,
                    "reading failed (" + e.getMessage() + ")",
                    "check the disk");
        }
    }

    /** What of the rest one read may fill. */
    static ByteBuffer part(ByteBuffer target) {
        int most = target.isDirect() ? target.remaining() : HEAP_CHUNK;
        return target.slice(target.position(), Math.min(target.remaining(), most));
    }

    @Override
    public void close() throws BootException {
        try {
            channel.close();
        } catch (IOException e) {
            throw new BootException(
                    Reason.UNREADABLE,
                    tried,
                    "closing it failed (" + e.getMessage() + ")",
                    "check the disk");
        }
    }
}
