package org.jvisor.virtio.block.qcow2;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
    private final ConcurrentLinkedQueue<Scratch> scratches = new ConcurrentLinkedQueue<>();
    private volatile long size;
    private volatile boolean closed;

    /** What one request needs besides the guest's memory. */
    private static final class Scratch {
        final MemorySegment head;
        final MemorySegment tail;
        final IoVector headVector;
        final IoVector tailVector;
        final IoVector all = new IoVector(64);
        final Metadata.Run run = new Metadata.Run();

        Scratch(int clusterSize) {
            Arena arena = Arena.ofAuto();
            head = arena.allocate(clusterSize, 4096);
            tail = arena.allocate(clusterSize, 4096);
            headVector = IoVector.of(head);
            tailVector = IoVector.of(tail);
        }
    }

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
        size = (header.size() + SECTOR - 1) / SECTOR * SECTOR;
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new ReentrantReadWriteLock();
        }
    }

    /** Opens the file that an image names as its backing file. */
    @FunctionalInterface
    public interface BackingOpener {
        /**
         * Opens it for reading.
         *
         * @param name as in the image
         * @param format as in the image; null if it tells none
         */
        BlockBackend open(String name, @Nullable String format) throws BlockException;
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
            prepare(file, header, io);
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

    private static void prepare(HostFile file, Header header, TableIo io) throws BlockException {
        if ((header.incompatible() & Layout.CORRUPT) != 0) {
            throw new BlockException(
                    BlockException.Kind.CORRUPT,
                    "the image "
                            + file.name()
                            + " is marked as damaged and is not written to. Look at it with jvisor"
                            + " disk check, and repair it with jvisor disk check --repair.");
        }
        if ((header.incompatible() & Layout.DIRTY) != 0) {
            Qcow2Check.repair(file);
            header.incompatible(header.incompatible() & ~Layout.DIRTY);
        }
        if (file.wasLeftInUse() && header.bitmapsExtension < 0) {
            Qcow2Check.repairLeaks(file);
        }
        if (header.autoclear() != 0) {
            // Whoever changes the disk must say that bitmaps do not know of it.
            header.autoclear(0);
            header.write(io);
        }
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
                    readStretch(at, target, from + done, part, scratch.run);
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
                        writeStretch(at, source, from + done, part, scratch);
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
                    } else if (!readsAsZeros(cluster, run)) {
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
        Metadata.Run run = new Metadata.Run();
        long end = Layout.clusters(size, bits);
        long cluster = Layout.clusters(newSize, bits);
        while (cluster < end) {
            int most = (int) Math.min(1 << 20, end - cluster);
            metadata.find(cluster, most, run);
            for (int i = 0; i < run.clusters && run.kind != Metadata.Kind.UNALLOCATED; i++) {
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
        BlockBackend below = backing;
        if (below == null) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the image " + file.name() + " has no backing file to commit to");
        }
        if (below.size() < size) {
            below.resize(size);
        }
        Metadata.Run run = new Metadata.Run();
        Arena arena = Arena.ofAuto();
        int chunk = Math.max(STRETCH, clusterSize);
        try (IoVector buffer = IoVector.of(arena.allocate(chunk, 4096))) {
            long at = 0;
            while (at < size) {
                metadata.find(at >>> bits, chunk >>> bits, run);
                long part = Math.min(size - at, (long) run.clusters << bits);
                switch (run.kind) {
                    case UNALLOCATED -> {
                        // is there already
                    }
                    case ZERO, ZERO_ALLOCATED -> below.writeZeroes(at, part, true);
                    case NORMAL, COMPRESSED -> {
                        read(at, buffer, 0, part);
                        below.write(at, buffer, 0, part);
                    }
                }
                at += part;
                progress.accept(at);
            }
        }
        below.flush();
        metadata.clear();
    }

    @Override
    public boolean isHole(long position, long bytes) throws BlockException {
        Metadata.Run run = new Metadata.Run();
        long at = position;
        while (at < position + bytes) {
            long cluster = at >>> bits;
            long count = (position + bytes - 1 >>> bits) - cluster + 1;
            metadata.find(cluster, (int) Math.min(count, 1 << 24), run);
            long end = Math.min(position + bytes, cluster + run.clusters << bits);
            boolean hole =
                    switch (run.kind) {
                        case ZERO, ZERO_ALLOCATED -> true;
                        case UNALLOCATED -> backingIsHole(at, end - at);
                        case NORMAL, COMPRESSED -> false;
                    };
            if (!hole) {
                return false;
            }
            at = end;
        }
        return true;
    }

    @Override
    public long nextData(long position) throws BlockException {
        long at = position;
        Metadata.Run run = new Metadata.Run();
        while (at < size) {
            long cluster = at >>> bits;
            metadata.find(cluster, most(cluster), run);
            long end = Math.min(size, cluster + run.clusters << bits);
            switch (run.kind) {
                case NORMAL, COMPRESSED -> {
                    return at;
                }
                case UNALLOCATED -> {
                    if (backing != null && at < backing.size()) {
                        long data = backing.nextData(at);
                        if (data >= 0 && data < end) {
                            return data;
                        }
                    }
                }
                case ZERO, ZERO_ALLOCATED -> {
                    // goes on behind it
                }
            }
            at = end;
        }
        return -1;
    }

    @Override
    public long nextHole(long position) throws BlockException {
        long at = position;
        Metadata.Run run = new Metadata.Run();
        while (at < size) {
            long cluster = at >>> bits;
            metadata.find(cluster, most(cluster), run);
            long end = Math.min(size, cluster + run.clusters << bits);
            switch (run.kind) {
                case ZERO, ZERO_ALLOCATED -> {
                    return at;
                }
                case UNALLOCATED -> {
                    if (backing == null || at >= backing.size()) {
                        return at;
                    }
                    long hole = Math.min(backing.nextHole(at), backing.size());
                    if (hole < end) {
                        return hole;
                    }
                }
                case NORMAL, COMPRESSED -> {
                    // goes on behind it
                }
            }
            at = end;
        }
        return size;
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

    // ---- reading

    private void readStretch(
            long position, IoVector target, long from, long bytes, Metadata.Run run)
            throws BlockException {
        long done = 0;
        while (done < bytes) {
            long at = position + done;
            long cluster = at >>> bits;
            long skip = at & clusterSize - 1L;
            metadata.find(cluster, (int) Layout.clusters(skip + bytes - done, bits), run);
            long part = Math.min(bytes - done, ((long) run.clusters << bits) - skip);
            switch (run.kind) {
                case NORMAL -> file.read(run.host + skip, target, from + done, part);
                case ZERO, ZERO_ALLOCATED -> target.fill(from + done, part, (byte) 0);
                case UNALLOCATED -> readBacking(at, target, from + done, part);
                case COMPRESSED -> {
                    MemorySegment content = MemorySegment.ofArray(compressed.read(run.host));
                    target.copyFrom(from + done, content.asSlice(skip, part));
                }
            }
            done += part;
        }
    }

    private void readBacking(long position, IoVector target, long from, long bytes)
            throws BlockException {
        BlockBackend below = backing;
        long there = below == null ? 0 : Math.clamp(below.size() - position, 0, bytes);
        if (below != null && there > 0) {
            below.read(position, target, from, there);
        }
        target.fill(from + there, bytes - there, (byte) 0);
    }

    // ---- writing

    /** Writes if all clusters are the disk's own; false if nothing was written. */
    private boolean writeInPlace(
            long position, IoVector source, long from, long bytes, Metadata.Run run)
            throws BlockException {
        Lock lock = lock(position).readLock();
        lock.lock();
        try {
            long skip = position & clusterSize - 1L;
            long cluster = position >>> bits;
            int count = (int) Layout.clusters(skip + bytes, bits);
            metadata.find(cluster, count, run);
            if (run.kind != Metadata.Kind.NORMAL || !run.owned || run.clusters < count) {
                return false;
            }
            checkData(run.host, count);
            file.write(run.host + skip, source, from, bytes);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void checkData(long host, int clusters) throws BlockException {
        for (int i = 0; i < clusters; i++) {
            if (metadata.isMetadata(host + ((long) i << bits))) {
                throw metadata.noted(
                        Layout.corrupt(
                                file.name(),
                                "data are said to be where metadata are: %#x".formatted(host)));
            }
        }
    }

    /** Writes with the stretch's lock held alone. */
    private void writeStretch(
            long position, IoVector source, long from, long bytes, Scratch scratch)
            throws BlockException {
        Metadata.Run run = scratch.run;
        long done = 0;
        while (done < bytes) {
            long at = position + done;
            long cluster = at >>> bits;
            long skip = at & clusterSize - 1L;
            int wanted = (int) Layout.clusters(skip + bytes - done, bits);
            metadata.find(cluster, wanted, run);
            long part = Math.min(bytes - done, ((long) run.clusters << bits) - skip);
            if (run.kind == Metadata.Kind.NORMAL && run.owned) {
                checkData(run.host, run.clusters);
                file.write(run.host + skip, source, from + done, part);
            } else if (run.kind == Metadata.Kind.ZERO_ALLOCATED && run.owned) {
                checkData(run.host, run.clusters);
                long host = run.host;
                Metadata.Space space = new Metadata.Space(host, run.clusters, false);
                fillSpace(at, source, from + done, part, space, scratch);
                metadata.map(cluster, host, space.clusters());
            } else {
                part = writeNew(at, source, from + done, bytes - done, scratch);
            }
            done += part;
        }
    }

    /** Writes to clusters that are taken for it; returns how many bytes they took. */
    private long writeNew(long at, IoVector source, long from, long bytes, Scratch scratch)
            throws BlockException {
        long cluster = at >>> bits;
        long skip = at & clusterSize - 1L;
        int wanted = unowned(cluster, (int) Layout.clusters(skip + bytes, bits), scratch.run);
        Metadata.Space space = metadata.allocate(wanted);
        long part = Math.min(bytes, ((long) space.clusters() << bits) - skip);
        boolean done = false;
        try {
            fillSpace(at, source, from, part, space, scratch);
            done = true;
        } finally {
            if (!done) {
                metadata.giveBack(space);
            }
        }
        metadata.map(cluster, space);
        return part;
    }

    /** How many clusters from one on need a new place. */
    private int unowned(long cluster, int most, Metadata.Run run) throws BlockException {
        int count = 0;
        while (count < most) {
            metadata.find(cluster + count, most - count, run);
            boolean placed =
                    run.kind == Metadata.Kind.NORMAL || run.kind == Metadata.Kind.ZERO_ALLOCATED;
            if (placed && run.owned) {
                break;
            }
            count += run.clusters;
        }
        return Math.min(count, most);
    }

    /** Writes data to a place, and around them what the first and last cluster have besides. */
    private void fillSpace(
            long at, IoVector source, long from, long bytes, Metadata.Space space, Scratch scratch)
            throws BlockException {
        int skip = (int) (at & clusterSize - 1L);
        int rest = (int) (((long) space.clusters() << bits) - skip - bytes);
        IoVector all = scratch.all;
        all.clear();
        boolean head = skip > 0 && !(space.zeros() && readsAsZeros(at >>> bits, scratch.run));
        if (head) {
            readWhole(at - skip, scratch.headVector, scratch.run);
            all.add(scratch.headVector, 0, skip);
        }
        all.add(source, from, bytes);
        long last = at + bytes - 1 >>> bits;
        if (rest > 0 && !(space.zeros() && readsAsZeros(last, scratch.run))) {
            readWhole(last << bits, scratch.tailVector, scratch.run);
            all.add(scratch.tailVector, clusterSize - rest, rest);
        }
        file.write(space.host() + (head ? 0 : skip), all, 0, all.length());
    }

    private boolean readsAsZeros(long cluster, Metadata.Run run) throws BlockException {
        metadata.find(cluster, 1, run);
        return switch (run.kind) {
            case ZERO, ZERO_ALLOCATED -> true;
            case UNALLOCATED -> backingIsHole(cluster << bits, clusterSize);
            case NORMAL, COMPRESSED -> false;
        };
    }

    private boolean backingIsHole(long position, long bytes) throws BlockException {
        BlockBackend below = backing;
        if (below == null || below.size() <= position) {
            return true;
        }
        return below.isHole(position, Math.min(bytes, below.size() - position));
    }

    /** Reads a whole cluster, beyond the end of the disk too. */
    private void readWhole(long position, IoVector target, Metadata.Run run) throws BlockException {
        readStretch(position, target, 0, clusterSize, run);
    }

    // ---- zeros

    @FunctionalInterface
    private interface ClusterAction {
        void at(long cluster, Metadata.Run run) throws BlockException;
    }

    /** Acts on each cluster from {@code first} to before {@code end}, its stretch locked. */
    private void eachCluster(long first, long end, ClusterAction action) throws BlockException {
        Metadata.Run run = new Metadata.Run();
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
    private void drop(long cluster, Metadata.Run run, boolean giveUp) throws BlockException {
        metadata.find(cluster, 1, run);
        boolean mark = header.version >= 3 && backing != null;
        switch (run.kind) {
            case UNALLOCATED -> {
                if (mark && !readsAsZeros(cluster, run)) {
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
                if (!readsAsZeros(at >>> bits, new Metadata.Run())) {
                    write(at, zeros, 0, part);
                }
                done += part;
            }
        }
    }

    // ---- inside

    private int most(long cluster) {
        return (int) Math.min(1 << 24, Layout.clusters(size, bits) - cluster);
    }

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
