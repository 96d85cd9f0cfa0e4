package org.jvisor.virtio.block.qcow2;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/**
 * A file in the heap that remembers the writes since the last sync, so that a test can see what a
 * crash would leave: any of them done, in any order, and the last one in part.
 */
final class MemoryFile implements HostFile {
    /** No file here is larger: an image that is told wrong could want any size. */
    static final long MOST = 64 << 20;

    private byte[] bytes = new byte[0];
    private byte[] synced = new byte[0];
    private final List<Change> changes = new ArrayList<>();
    long writesLeft = Long.MAX_VALUE;
    long limit = MOST;
    int syncs;

    /** A write, a hole (without data), or a new size (position -1). */
    private record Change(long position, byte[] data, long length) {}

    MemoryFile() {}

    MemoryFile(byte[] content) {
        bytes = content.clone();
        synced = content.clone();
    }

    /** What the file is if nothing is lost, as after a SIGKILL. */
    synchronized byte[] content() {
        return bytes.clone();
    }

    /** What a crash of the host may leave: some of the changes since the last sync. */
    synchronized byte[] afterCrash(Random random) {
        byte[] left = synced.clone();
        int keep = random.nextInt(101);
        for (Change change : changes) {
            if (random.nextInt(100) < keep) {
                left = apply(left, change, random);
            }
        }
        return left;
    }

    /** What is there after the first {@code count} changes since the last sync. */
    synchronized byte[] afterChanges(int count) {
        byte[] left = synced.clone();
        for (Change change : changes.subList(0, count)) {
            left = apply(left, change, null);
        }
        return left;
    }

    synchronized int changes() {
        return changes.size();
    }

    private static byte[] apply(
            byte[] to, Change change, @org.jspecify.annotations.Nullable Random random) {
        if (change.position < 0) {
            return Arrays.copyOf(to, (int) change.length);
        }
        int end = (int) (change.position + change.length);
        byte[] result = change.data.length > 0 && end > to.length ? Arrays.copyOf(to, end) : to;
        if (change.data.length == 0) {
            int from = (int) Math.min(change.position, result.length);
            Arrays.fill(result, from, Math.min(end, result.length), (byte) 0);
            return result;
        }
        int sectors = (int) ((change.length + 511) / 512);
        for (int i = 0; i < sectors; i++) {
            int from = i * 512;
            int part = (int) Math.min(512, change.length - from);
            if (random == null || random.nextInt(20) != 0) {
                System.arraycopy(change.data, from, result, (int) change.position + from, part);
            }
        }
        return result;
    }

    private void change(Change change) throws BlockException {
        if (writesLeft-- <= 0) {
            throw new BlockException(BlockException.Kind.IO, "the power is off");
        }
        if (change.data.length > 0 && change.position + change.length > limit) {
            throw new BlockException(BlockException.Kind.NO_SPACE, "the test's file is full");
        }
        if (change.position < 0 && change.length > limit) {
            throw new BlockException(BlockException.Kind.NO_SPACE, "the test's file is full");
        }
        changes.add(change);
        bytes = apply(bytes, change, null);
    }

    @Override
    public String name() {
        return "test.qcow2";
    }

    @Override
    public synchronized long size() {
        return bytes.length;
    }

    @Override
    public boolean fixedSize() {
        return false;
    }

    @Override
    public synchronized void read(long position, IoVector target, long from, long length) {
        long there = Math.clamp(bytes.length - position, 0L, length);
        if (there > 0) {
            target.copyFrom(from, MemorySegment.ofArray(bytes).asSlice(position, there));
        }
        target.fill(from + there, length - there, (byte) 0);
    }

    @Override
    public synchronized void write(long position, IoVector source, long from, long length)
            throws BlockException {
        byte[] data = new byte[(int) length];
        source.copyTo(from, MemorySegment.ofArray(data));
        change(new Change(position, data, length));
    }

    @Override
    public synchronized void sync() throws BlockException {
        if (writesLeft <= 0) {
            throw new BlockException(BlockException.Kind.IO, "the power is off");
        }
        changes.clear();
        synced = bytes.clone();
        syncs++;
    }

    @Override
    public synchronized void truncate(long size) throws BlockException {
        change(new Change(-1, new byte[0], size));
    }

    @Override
    public synchronized boolean discard(long position, long length) throws BlockException {
        change(new Change(position, new byte[0], length));
        return true;
    }

    @Override
    public boolean zero(long position, long length) throws BlockException {
        return discard(position, length);
    }

    @Override
    public synchronized long nextData(long position) {
        return position < bytes.length ? position : -1;
    }

    @Override
    public synchronized long nextHole(long position) {
        return bytes.length;
    }

    @Override
    public void close() {}
}
