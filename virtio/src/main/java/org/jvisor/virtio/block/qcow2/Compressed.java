package org.jvisor.virtio.block.qcow2;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/**
 * Reads compressed clusters, and keeps the last few, as a guest reads a cluster in many small
 * parts. Any thread may use it; one at a time decompresses.
 */
final class Compressed {
    private static final int SECTOR = 512;

    /** Clusters that are kept, in bytes. */
    private static final int CACHE = 2 << 20;

    private final HostFile file;
    private final Header header;
    private final TableIo io;
    private final Inflater inflater = new Inflater(true);
    private @Nullable ZstdFrame zstd;
    private final LinkedHashMap<Long, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true);
    private final int most;

    Compressed(HostFile file, Header header) {
        this.file = file;
        this.header = header;
        io = new TableIo(file);
        most = Math.max(2, CACHE >> header.clusterBits);
    }

    /** Where the data that an L2 entry refers to begin in the file. */
    static long offset(long entry, int clusterBits) {
        return entry & (1L << offsetBits(clusterBits)) - 1;
    }

    /** The end of the last sector of the data. */
    static long end(long entry, int clusterBits) {
        long sectors = (entry & ~(Layout.COPIED | Layout.COMPRESSED)) >>> offsetBits(clusterBits);
        return (offset(entry, clusterBits) & -SECTOR) + (sectors + 1) * SECTOR;
    }

    /** The L2 entry of data at a place in the file. */
    static long entry(long offset, int bytes, int clusterBits) {
        long sectors = (offset + bytes - 1) / SECTOR - offset / SECTOR;
        return Layout.COMPRESSED | sectors << offsetBits(clusterBits) | offset;
    }

    private static int offsetBits(int clusterBits) {
        return 62 - (clusterBits - 8);
    }

    /**
     * The content of a compressed cluster, which the caller must not change.
     *
     * @throws BlockException if the data are damaged
     */
    synchronized byte[] read(long entry) throws BlockException {
        byte[] content = kept.get(entry);
        if (content == null) {
            content = decompress(entry);
            kept.put(entry, content);
            if (kept.size() > most) {
                Map.Entry<Long, byte[]> oldest = kept.entrySet().iterator().next();
                kept.remove(oldest.getKey());
            }
        }
        return content;
    }

    private byte[] decompress(long entry) throws BlockException {
        long offset = offset(entry, header.clusterBits);
        long end = end(entry, header.clusterBits);
        if (offset >= file.size()) {
            throw damaged(offset, "they lie outside the file");
        }
        byte[] input = io.read(offset, (int) (end - offset));
        byte[] output = new byte[header.clusterSize()];
        int got =
                header.compressionType == Layout.ZSTD
                        ? unzstd(offset, input, output)
                        : inflate(offset, input, output);
        if (got != output.length) {
            throw damaged(offset, "they give " + got + " bytes");
        }
        return output;
    }

    private int inflate(long offset, byte[] input, byte[] output) throws BlockException {
        try {
            inflater.reset();
            inflater.setInput(input);
            int done = 0;
            while (done < output.length) {
                int part = inflater.inflate(output, done, output.length - done);
                if (part == 0) {
                    break;
                }
                done += part;
            }
            return done;
        } catch (DataFormatException e) {
            throw damaged(offset, String.valueOf(e.getMessage()));
        }
    }

    private int unzstd(long offset, byte[] input, byte[] output) throws BlockException {
        ZstdFrame decoder = zstd;
        if (decoder == null) {
            decoder = new ZstdFrame();
            zstd = decoder;
        }
        try {
            return decoder.decode(input, output);
        } catch (DataFormatException e) {
            throw damaged(offset, String.valueOf(e.getMessage()));
        }
    }

    private BlockException damaged(long offset, String why) {
        return new BlockException(
                BlockException.Kind.IO,
                "the compressed data at %#x of the image %s cannot be read: %s"
                        .formatted(offset, file.name(), why));
    }

    /** Forgets what is kept. */
    synchronized void close() {
        kept.clear();
        inflater.end();
    }
}
