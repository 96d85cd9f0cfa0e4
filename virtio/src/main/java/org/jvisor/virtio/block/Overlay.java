package org.jvisor.virtio.block;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jvisor.linux.DiskFile;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.qcow2.Qcow2Format;
import org.jvisor.virtio.block.qcow2.Qcow2Image;

/**
 * A throw-away layer: a qcow2 image in a file that has no name any more, so that it ends with the
 * process however that ends. Nothing of it is worth waiting for the medium.
 */
final class Overlay {
    private Overlay() {}

    /**
     * Makes a layer over a disk.
     *
     * @param base only read, and closed with the layer; still the caller's if this fails
     */
    static BlockBackend open(BlockBackend base) throws BlockException {
        HostFile file = new Unsafe(nameless());
        boolean done = false;
        try {
            Qcow2Format.create(file, Qcow2Format.Options.of(base.size()));
            Qcow2Image image = Qcow2Image.open(file, base);
            done = true;
            return image;
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    private static HostFile nameless() throws BlockException {
        try {
            // Not where temporary files may be kept in memory.
            Path large = Path.of("/var/tmp");
            boolean usable = Files.isDirectory(large) && Files.isWritable(large);
            Path folder = usable ? large : Path.of(System.getProperty("java.io.tmpdir"));
            Path holder = Files.createTempDirectory(folder, "jvisor-overlay");
            Path path = holder.resolve("overlay");
            try {
                return LinuxHostFile.open(path, DiskFile.Mode.CREATE, false);
            } finally {
                Files.deleteIfExists(path);
                Files.deleteIfExists(holder);
            }
        } catch (IOException e) {
            if (e instanceof BlockException known) {
                throw known;
            }
            throw new BlockException(
                    BlockException.Kind.NO_ACCESS,
                    "no file could be made for the throw-away layer: " + e.getMessage(),
                    e);
        }
    }

    /** A file whose content nobody wants after a crash. */
    private record Unsafe(HostFile file) implements HostFile {
        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long size() throws BlockException {
            return file.size();
        }

        @Override
        public boolean fixedSize() {
            return file.fixedSize();
        }

        @Override
        public void read(long position, IoVector target, long from, long bytes)
                throws BlockException {
            file.read(position, target, from, bytes);
        }

        @Override
        public void write(long position, IoVector source, long from, long bytes)
                throws BlockException {
            file.write(position, source, from, bytes);
        }

        @Override
        public void sync() {
            // nothing is kept
        }

        @Override
        public void truncate(long size) throws BlockException {
            file.truncate(size);
        }

        @Override
        public boolean discard(long position, long bytes) throws BlockException {
            return file.discard(position, bytes);
        }

        @Override
        public boolean zero(long position, long bytes) throws BlockException {
            return file.zero(position, bytes);
        }

        @Override
        public long nextData(long position) throws BlockException {
            return file.nextData(position);
        }

        @Override
        public long nextHole(long position) throws BlockException {
            return file.nextHole(position);
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
