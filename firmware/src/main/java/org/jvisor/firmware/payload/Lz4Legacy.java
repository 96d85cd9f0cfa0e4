package org.jvisor.firmware.payload;

/**
 * The legacy LZ4 frame that {@code lz4 -l} writes and Linux uses: a magic number, then blocks of a
 * 32-bit packed size and an LZ4 block that unpacks to 8 MiB (the last one to less). Linux's build
 * appends the unpacked size, which is too short to be another block.
 */
final class Lz4Legacy {
    private static final int MAGIC = 0x184c_2102;
    private static final int BLOCK = 8 << 20;

    /** The largest packed size of an incompressible block (lz4.h, LZ4_COMPRESSBOUND). */
    private static final int MAX_PACKED = BLOCK + BLOCK / 255 + 16;

    private Lz4Legacy() {}

    static <E extends Exception> void unpack(byte[] data, int offset, int length, Sink<E> sink)
            throws PayloadException, E {
        int end = offset + length;
        int at = offset + 4;
        byte[] block = new byte[BLOCK];
        while (end - at > 4) {
            int packed = Bytes.int32(data, at);
            at += 4;
            if (packed == MAGIC) { // concatenated frames
                continue;
            }
            if (packed <= 0 || packed > MAX_PACKED || packed > end - at) {
                throw new PayloadException(
                        "damaged lz4 data: a block of %d bytes where %d are left"
                                .formatted(Integer.toUnsignedLong(packed), end - at));
            }
            int produced = Lz4Block.unpack(data, at, at + packed, block);
            sink.accept(block, 0, produced);
            at += packed;
        }
    }
}
