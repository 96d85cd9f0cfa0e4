package org.jvisor.virtio.block.qcow2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.testing.FuzzInput;

/**
 * Images of any bytes, which are told of, checked, repaired, read and written; run by Jazzer, and
 * by the tests. The first bytes say what is done with the image that follows.
 */
public final class Qcow2Fuzzer {
    /** Bytes that are no part of the image. */
    static final int CHOICES = 64;

    /** The largest input: images of few clusters are as good as others. */
    public static final int MOST_BYTES = 24 << 10;

    private Qcow2Fuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        int choices = Math.min(CHOICES, data.length);
        byte[] image = Arrays.copyOfRange(data, choices, data.length);
        HostileImageTest.use(new MemoryFile(image), new FuzzInput(Arrays.copyOf(data, choices)));
    }

    /** Images of our own making, with compressed clusters added by hand. */
    public static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        try {
            for (int i = 0; i < 12; i++) {
                byte[] image = HostileImageTest.image(2 + i % 2, 9 + i % 3, i, 24, 3 + i);
                byte[] seed = new byte[CHOICES + image.length];
                new Random(i).nextBytes(seed);
                System.arraycopy(image, 0, seed, CHOICES, image.length);
                seeds.add(i % 4 == 3 ? compress(seed) : seed);
            }
        } catch (BlockException e) {
            throw new AssertionError(e);
        }
        return seeds;
    }

    /** Has the first cluster of the disk be compressed data at the end of the image. */
    private static byte[] compress(byte[] seed) {
        byte[] data = new byte[Integer.BYTES * 128];
        int bits = seed[CHOICES + Layout.CLUSTER_BITS + 3];
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(new byte[1 << bits]);
        deflater.finish();
        int length = deflater.deflate(data);
        deflater.end();
        byte[] longer = Arrays.copyOf(seed, seed.length + length);
        System.arraycopy(data, 0, longer, seed.length, length);
        long l1 = Layout.getLong(seed, CHOICES + Layout.L1_TABLE_OFFSET);
        long l2 = Layout.getLong(seed, CHOICES + (int) l1) & Layout.OFFSET;
        if (l2 != 0) {
            long entry = Compressed.entry(seed.length - CHOICES, length, bits);
            Layout.setLong(longer, CHOICES + (int) l2, entry);
        }
        return longer;
    }
}
