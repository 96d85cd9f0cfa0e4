package org.jvisor.virtio.block.qcow2;

import java.lang.foreign.Arena;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;
import org.jvisor.virtio.block.Ranges;

/**
 * A disk in a qcow2 image. Requests are cut at the borders of stretches of the disk; each stretch
 * has a lock, which a request shares while it moves data in place and has alone while it changes
 * where the data are. So data move without any lock that another stretch needs.
 */
public final class Qcow2Image implements BlockBackend {
    private static final int LOCKS = 64;
    private static final int STRETCH = 1 << 20;

    final HostFile file;
    final Header header;
    final Metadata metadata;
    final @Nullable BlockBackend backing;
    private final boolean readOnly;
    private final int bits;
    private final int clusterSize;
    private final int stretchBits;
    private final ReentrantReadWriteLock[] locks = new ReentrantReadWriteLock[LOCKS];
    private final Compressed compressed;
    private final Extents extents;
    private final ClusterReader reader;
    private final ClusterWriter writer;
    private final ConcurrentLinkedQueue<Scratch> scratches = new ConcurrentLinkedQueue<>();
    private volatile long size;
    private volatile boolean closed;

    private Qcow2Image(
            HostFile file,
            Header header,
            TableIo io,
            boolean readOnly,
            @Nullable BlockBackend backing)
            throws BlockException {
        this.file = file;
        this.header = header;
        this.readOnly = readOnly;
        this.backing = backing;
        bits = header.clusterBits;
        clusterSize = header.clusterSize();
        stretchBits = Math.max(bits, Integer.numberOfTrailingZeros(STRETCH));
        metadata = new Metadata(file, header, io);
        compressed = new Compressed(file, header);
        extents = new Extents(metadata, backing, bits);
        reader = new ClusterReader(file, metadata, compressed, backing, bits);
        writer = new ClusterWriter(file, metadata, extents, reader, bits);
        size = (header.size() + SECTOR - 1) / SECTOR * SECTOR;
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new ReentrantReadWriteLock();
        }
    }

    /**
     * Opens an image.
     *
     * @param file locked, and closed with the image; still the caller's if this fails
     * @param readOnly whether nothing is written, not even to repair
     * @param opener of the backing file, asked only if there is one
     * @throws BlockException if the image is damaged or not supported
     */
    public static Qcow2Image open(HostFile file, boolean readOnly, BackingOpener opener)
            throws BlockException {
        TableIo io = new TableIo(file);
        Header header = Header.read(file, io);
        if (!readOnly) {
            Opening.prepare(file, header, io);
        }
        String name = header.backingFile;
        BlockBackend backing = name == null ? null : opener.open(name, header.backingFormat);
        try {
            Qcow2Image image = new Qcow2Image(file, header, io, readOnly, backing);
            if (!readOnly) {
                file.setInUse(true);
            }
            return image;
        } catch (BlockException | RuntimeException e) {
            if (backing != null) {
                backing.close();
            }
            throw e;
        }
    }

    /**
     * Opens an image on a disk that someone else has opened.
     *
     * @param backing closed with the image; still the caller's if this fails
     */
    public static Qcow2Image open(HostFile file, BlockBackend backing) throws BlockException {
        TableIo io = new TableIo(file);
        return new Qcow2Image(file, Header.read(file, io), io, false, backing);
    }

    // ---- what a disk can do

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public int preferredBlock() {
        return clusterSize;
    }

    @Override
    public int discardGranule() {
        return clusterSize;
    }

    @Override
    public void read(long position, IoVector target, long from, long bytes) throws BlockException {
        Ranges.check(this, position, bytes, false);
        Scratch scratch = scratch();
        try {
            long done = 0;
            while (done < bytes) {
                long at = position + done;
                long part = stretch(at, bytes - done);
                Lock lock = lock(at).readLock();
                lock.lock();
                try {
                    reader.read(at, target, from + done, part, scratch.run);
                } finally {
                    lock.unlock();
                }
                done += part;
            }
        } finally {
            scratches.add(scratch);
        }
    }

    @Override
    public void write(long position, IoVector source, long from, long bytes) throws BlockException {
        Ranges.check(this, position, bytes, true);
        Scratch scratch = scratch();
        try {
            long done = 0;
            while (done < bytes) {
                long at = position + done;
                long part = stretch(at, bytes - done);
                if (!writeInPlace(at, source, from + done, part, scratch.run)) {
                    Lock lock = lock(at).writeLock();
                    lock.lock();
                    try {
                        writer.write(at, source, from + done, part, scratch);
                    } finally {
                        lock.unlock();
                    }
                    relieve();
                }
                done += part;
            }
        } finally {
            scratches.add(scratch);
        }
    }

    @Override
    public void flush() throws BlockException {
        if (!readOnly) {
            metadata.flush();
        }
    }

    @Override
    public void discard(long position, long bytes) throws BlockException {
        Ranges.check(this, position, bytes, true);
        // Without a mark for zeros, what the backing file has would come to light again.
        if (header.version < 3 && backing != null) {
            return;
        }
        long first = Layout.clusters(position, bits);
        long end =
                position + bytes == size ? Layout.clusters(size, bits) : position + bytes >>> bits;
        eachCluster(first, end, (cluster, run) -> drop(cluster, run, true));
    }

    @Override
    public void writeZeroes(long position, long bytes, boolean mayUnmap) throws BlockException {
        Ranges.check(this, position, bytes, true);
        long first = Layout.clusters(position, bits);
        long last =
                position + bytes == size ? Layout.clusters(size, bits) : position + bytes >>> bits;
        if (first > last) {
            zeroPart(position, bytes);
            return;
        }
        zeroPart(position, Math.min(bytes, (first << bits) - position));
        eachCluster(
                first,
                last,
                (cluster, run) -> {
                    if (header.version >= 3) {
                        drop(cluster, run, mayUnmap);
                    } else if (!extents.readsAsZeros(cluster, run)) {
                        if (backing == null && mayUnmap) {
                            metadata.set(cluster, 0);
                        } else {
                            zeroPart(
                                    cluster << bits,
                                    Math.min(clusterSize, size - (cluster << bits)));
                        }
                    }
                });
        long tail = last << bits;
        if (tail < position + bytes) {
            zeroPart(tail, position + bytes - tail);
        }
    }

    @Override
    public void resize(long newSize) throws BlockException {
        Ranges.checkSize(this, newSize);
        for (ReentrantReadWriteLock lock : locks) {
            lock.writeLock().lock();
        }
        try {
            long before = size;
            if (newSize < before) {
                shrink(newSize);
            }
            metadata.resize(newSize);
            size = newSize;
            if (newSize > before && backing != null && backing.size() > before) {
                writeZeroes(before, Math.min(newSize, backing.size()) - before, true);
            }
            metadata.flush();
        } finally {
            for (ReentrantReadWriteLock lock : locks) {
                lock.writeLock().unlock();
            }
        }
    }

    /** Has what is cut off read as zeros should the disk grow again. */
    private void shrink(long newSize) throws BlockException {
        metadata.checkResizable();
        long edge = Math.min(size, Layout.clusters(newSize, bits) << bits);
        if (edge > newSize) {
            zeroPart(newSize, edge - newSize);
        }
        Run run = new Run();
        long end = Layout.clusters(size, bits);
        long cluster = Layout.clusters(newSize, bits);
        while (cluster < end) {
            int most = (int) Math.min(1 << 20, end - cluster);
            metadata.find(cluster, most, run);
            for (int i = 0; i < run.clusters && run.kind != Run.Kind.UNALLOCATED; i++) {
                metadata.set(cluster + i, 0);
            }
            cluster += run.clusters;
        }
        metadata.flush();
    }

    /**
     * Moves all that the image has of its own into its backing file, which was opened for writing
     * ({@link org.jvisor.virtio.block.Disk#openForCommit}), and leaves the image empty. Nobody else
     * may use it meanwhile. Cut off at any time, it can be done again.
     *
     * @param progress told how many bytes of the disk are done, now and then
     * @throws BlockException if there is no backing file, or one of the two cannot be written
     */
    public void commit(LongConsumer progress) throws BlockException {
        Qcow2Commit.commit(this, progress);
    }

    @Override
    public boolean isHole(long position, long bytes) throws BlockException {
        return extents.isHole(position, bytes);
    }

    @Override
    public long nextData(long position) throws BlockException {
        return extents.nextData(position, size);
    }

    @Override
    public long nextHole(long position) throws BlockException {
        return extents.nextHole(position, size);
    }

    @Override
    public void close() throws BlockException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            flush();
            if (!readOnly) {
                file.setInUse(false);
            }
        } finally {
            compressed.close();
            file.close();
            if (backing != null) {
                backing.close();
            }
        }
    }

    // ---- writing

    /** Writes if all clusters are the disk's own; false if nothing was written. */
    private boolean writeInPlace(long position, IoVector source, long from, long bytes, Run run)
            throws BlockException {
        Lock lock = lock(position).readLock();
        lock.lock();
        try {
            long skip = position & clusterSize - 1L;
            long cluster = position >>> bits;
            int count = (int) Layout.clusters(skip + bytes, bits);
            metadata.find(cluster, count, run);
            if (run.kind != Run.Kind.NORMAL || !run.owned || run.clusters < count) {
                return false;
            }
            writer.checkData(run.host, count);
            file.write(run.host + skip, source, from, bytes);
            return true;
        } finally {
            lock.unlock();
        }
    }

    // ---- zeros

    @FunctionalInterface
    private interface ClusterAction {
        void at(long cluster, Run run) throws BlockException;
    }

    /** Acts on each cluster from {@code first} to before {@code end}, its stretch locked. */
    private void eachCluster(long first, long end, ClusterAction action) throws BlockException {
        Run run = new Run();
        long cluster = first;
        while (cluster < end) {
            long stop = Math.min(end, (cluster << bits >>> stretchBits) + 1 << stretchBits - bits);
            Lock lock = lock(cluster << bits).writeLock();
            lock.lock();
            try {
                for (; cluster < stop; cluster++) {
                    action.at(cluster, run);
                }
            } finally {
                lock.unlock();
            }
            relieve();
        }
    }

    /** Has a cluster read as zeros, in version 3 or without a backing file. */
    private void drop(long cluster, Run run, boolean giveUp) throws BlockException {
        metadata.find(cluster, 1, run);
        boolean mark = header.version >= 3 && backing != null;
        switch (run.kind) {
            case UNALLOCATED -> {
                if (mark && !extents.readsAsZeros(cluster, run)) {
                    metadata.set(cluster, Layout.ZERO);
                }
            }
            case ZERO -> {
                // is what it should be
            }
            case ZERO_ALLOCATED, NORMAL -> {
                if (!giveUp && run.owned) {
                    metadata.set(cluster, run.host | Layout.ZERO | Layout.COPIED);
                } else {
                    metadata.set(cluster, mark ? Layout.ZERO : 0);
                }
            }
            case COMPRESSED -> metadata.set(cluster, mark ? Layout.ZERO : 0);
        }
    }

    /** Writes zeros to a part of a cluster, or to a whole one where there is no other way. */
    private void zeroPart(long position, long bytes) throws BlockException {
        if (bytes <= 0) {
            return;
        }
        try (IoVector zeros = IoVector.of(Arena.ofAuto().allocate(clusterSize))) {
            long done = 0;
            while (done < bytes) {
                long at = position + done;
                long part = Math.min(bytes - done, clusterSize - (at & clusterSize - 1L));
                if (!extents.readsAsZeros(at >>> bits, new Run())) {
                    write(at, zeros, 0, part);
                }
                done += part;
            }
        }
    }

    // ---- inside

    /** How many of {@code bytes} bytes lie in the stretch of {@code position}. */
    private long stretch(long position, long bytes) {
        return Math.min(bytes, (1L << stretchBits) - (position & (1L << stretchBits) - 1));
    }

    private ReentrantReadWriteLock lock(long position) {
        return locks[(int) (position >>> stretchBits) & LOCKS - 1];
    }

    private Scratch scratch() {
        Scratch free = scratches.poll();
        return free == null ? new Scratch(clusterSize) : free;
    }

    /** Flushes the tables if too many are changed, with no lock held that a flush needs. */
    private void relieve() throws BlockException {
        if (metadata.needsFlush()) {
            metadata.flush();
        }
    }
}
