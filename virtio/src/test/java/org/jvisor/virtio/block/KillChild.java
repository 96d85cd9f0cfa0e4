package org.jvisor.virtio.block;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Random;
import org.jvisor.linux.IoVector;

/** A process that writes to a disk, flushes, and says so, until it is killed. */
final class KillChild {
    static final int SECTORS = 20_000;

    /** Where it writes and discards what nobody looks at, so that clusters are freed. */
    private static final long DISCARDED = 100 << 20;

    private KillChild() {}

    /** The sector of write number {@code i}: pure, so that the other side knows it too. */
    static int sector(long seed, int i) {
        return new Random(seed * 31 + i).nextInt(SECTORS);
    }

    /** Takes the image and the seed; prints the number of each write once it is flushed. */
    public static void main(String[] args) throws Exception {
        long seed = Long.parseLong(args[1]);
        MemorySegment memory = Arena.ofAuto().allocate(512, 512);
        DiskOptions options = DiskOptions.of(Path.of(args[0]), DiskFormat.QCOW2);
        try (BlockBackend disk = Disk.open(options);
                IoVector vector = IoVector.of(memory)) {
            for (int i = 1; ; i++) {
                vector.setInt(0, i);
                disk.write(sector(seed, i) * 512L, vector, 0, 512);
                disk.write(DISCARDED + new Random(-i).nextInt(800) * 512L, vector, 0, 512);
                if (i % 4 == 0) {
                    disk.discard(DISCARDED + new Random(i).nextInt(100) * 4096L, 4096);
                }
                if (i % 3 == 0) {
                    disk.flush();
                    System.out.println(i);
                }
            }
        }
    }
}
