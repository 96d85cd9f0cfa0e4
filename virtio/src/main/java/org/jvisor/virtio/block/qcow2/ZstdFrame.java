package org.jvisor.virtio.block.qcow2;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import java.util.zip.DataFormatException;

/**
 * Decodes a Zstandard frame of which only the length in whole sectors is known: finds where it ends
 * first (RFC 8878 §3.1.1). Used by one thread at a time.
 */
final class ZstdFrame {
    private static final int MAGIC = 0xfd2fb528;

    private final ZstdJavaDecompressor decompressor = new ZstdJavaDecompressor();

    /**
     * Decodes the frame at the start of {@code input}.
     *
     * @return how many bytes of {@code output} it gave
     * @throws DataFormatException if there is no whole frame, or it gives more
     */
    int decode(byte[] input, byte[] output) throws DataFormatException {
        int length = length(input);
        if (length < 0) {
            throw new DataFormatException("they are no Zstandard frame");
        }
        try {
            return decompressor.decompress(input, 0, length, output, 0, output.length);
        } catch (MalformedInputException | IllegalArgumentException e) {
            throw new DataFormatException(e.getMessage());
        }
    }

    /** The length of the frame at the start of {@code input}, or -1 if there is no whole frame. */
    static int length(byte[] input) {
        if (input.length < 6 || word(input, 0, 4) != Integer.toUnsignedLong(MAGIC)) {
            return -1;
        }
        int descriptor = input[4];
        boolean single = (descriptor & 0x20) != 0;
        boolean checksum = (descriptor & 4) != 0;
        int dictionary = new int[] {0, 1, 2, 4}[descriptor & 3];
        int size = new int[] {single ? 1 : 0, 2, 4, 8}[descriptor >>> 6 & 3];
        int at = 5 + (single ? 0 : 1) + dictionary + size;
        while (at + 3 <= input.length) {
            long block = word(input, at, 3);
            int type = (int) (block >>> 1) & 3;
            int bytes = (int) (block >>> 3);
            at += 3 + (type == 1 ? 1 : bytes); // an RLE block has one byte
            if (type == 3) {
                return -1;
            }
            if ((block & 1) != 0) {
                at += checksum ? 4 : 0;
                return at <= input.length ? at : -1;
            }
        }
        return -1;
    }

    private static long word(byte[] input, int at, int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (input[at + i] & 0xffL) << i * 8;
        }
        return value;
    }
}
