package org.jvisor.firmware.payload;

import java.util.Arrays;

/**
 * What a Zstandard frame has unpacked so far, as far back as a match may reach. It grows with the
 * data, so that a frame which announces a large window and is small costs little.
 */
final class ZstdWindow {
    private static final int INITIAL = 4 << 20;

    /** Room beyond what is used, for copies in whole words. */
    private static final int SLACK = 64;

    /** How far back a match may reach. */
    private final int reach;

    private byte[] bytes;
    private int end;

    /** The first byte not yet handed to the sink. */
    private int flushed;

    /** Makes an empty window. */
    ZstdWindow(int reach) {
        this.reach = reach;
        this.bytes = new byte[INITIAL];
    }

    /** Makes room for another block. */
    void prepare() {
        int needed = Zstd.MAX_BLOCK + SLACK;
        if (bytes.length - end >= needed) {
            return;
        }
        // Sliding only pays once there is more than twice the reach.
        if (end >= 2L * reach) {
            System.arraycopy(bytes, end - reach, bytes, 0, reach);
            flushed -= end - reach;
            end = reach;
        }
        if (bytes.length - end < needed) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 8));
        }
    }

    void append(byte[] from, int offset, int length) throws PayloadException {
        room(length);
        System.arraycopy(from, offset, bytes, end, length);
        end += length;
    }

    void fill(byte value, int length) throws PayloadException {
        room(length);
        Arrays.fill(bytes, end, end + length, value);
        end += length;
    }

    void repeat(int distance, int length) throws PayloadException {
        room(length);
        if (distance <= 0 || distance > end || distance > reach) {
            throw new PayloadException("damaged zstd data: a match reaches too far back");
        }
        Lz4Block.copyMatch(bytes, end, distance, length);
        end += length;
    }

    private void room(int length) throws PayloadException {
        if (length > bytes.length - SLACK - end || end + length - flushed > Zstd.MAX_BLOCK) {
            throw new PayloadException("damaged zstd data: a block is too large");
        }
    }

    /** Hands what is new to the sink. */
    <E extends Exception> int flush(XxHash64 hash, Sink<E> sink) throws E {
        int length = end - flushed;
        if (length > 0) {
            hash.update(bytes, flushed, length);
            sink.accept(bytes, flushed, length);
            flushed = end;
        }
        return length;
    }
}
