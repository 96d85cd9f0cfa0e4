package org.jvisor.firmware.payload;

/** The literals section of a Zstandard block (RFC 8878 §3.1.1.3.1). */
final class ZstdLiterals {
    private static final int RAW = 0, RLE = 1, TREELESS = 3;

    /** The literals of the last block read. */
    final byte[] bytes = new byte[Zstd.MAX_BLOCK];

    /** How many there are. */
    int size;

    private final HuffmanTable huffman = new HuffmanTable();

    /** Reads the section at {@code in[at, end)} and returns where it ends. */
    int read(byte[] in, int at, int end) throws PayloadException {
        int type = in[at] & 3;
        int format = in[at] >>> 2 & 3;
        if (type == RAW || type == RLE) {
            return readPlain(in, at, end, type, format);
        }
        int headerSize = format == 0 ? 3 : format + 2;
        if (headerSize > end - at) {
            throw damaged();
        }
        long header = 0;
        for (int i = headerSize - 1; i >= 0; i--) {
            header = header << 8 | in[at + i] & 0xff;
        }
        int width = format == 0 ? 10 : 6 + 4 * format;
        long mask = (1L << width) - 1;
        size = (int) (header >>> 4 & mask);
        int packed = (int) (header >>> 4 + width & mask);
        int from = at + headerSize;
        int stop = from + packed;
        if (size > bytes.length || packed > end - from) {
            throw damaged();
        }
        if (type == TREELESS) {
            if (!huffman.present()) {
                throw damaged();
            }
        } else {
            from = huffman.read(in, from, stop);
        }
        if (format == 0) {
            huffman.decode(in, from, stop, bytes, 0, size);
        } else {
            decodeFour(in, from, stop);
        }
        return stop;
    }

    private int readPlain(byte[] in, int at, int end, int type, int format)
            throws PayloadException {
        int headerSize = (format & 1) == 0 ? 1 : format == 1 ? 2 : 3;
        int stored = headerSize + (type == RLE ? 1 : 0);
        if (stored > end - at) {
            throw damaged();
        }
        size =
                switch (headerSize) {
                    case 1 -> (in[at] & 0xff) >>> 3;
                    case 2 -> (in[at] & 0xff) >>> 4 | (in[at + 1] & 0xff) << 4;
                    default ->
                            (in[at] & 0xff) >>> 4
                                    | (in[at + 1] & 0xff) << 4
                                    | (in[at + 2] & 0xff) << 12;
                };
        int from = at + headerSize;
        if (size > bytes.length || (type == RAW && size > end - from)) {
            throw damaged();
        }
        if (type == RLE) {
            java.util.Arrays.fill(bytes, 0, size, in[from]);
            return from + 1;
        }
        System.arraycopy(in, from, bytes, 0, size);
        return from + size;
    }

    /** Four streams of equal size but for the last, after a table of the packed sizes of three. */
    private void decodeFour(byte[] in, int at, int end) throws PayloadException {
        int quarter = (size + 3) / 4;
        int from = at + 6;
        if (end - from < 4 || 3 * quarter > size) {
            throw damaged();
        }
        for (int i = 0; i < 3; i++) {
            int packed = in[at + 2 * i] & 0xff | (in[at + 2 * i + 1] & 0xff) << 8;
            if (packed > end - from) {
                throw damaged();
            }
            huffman.decode(in, from, from + packed, bytes, i * quarter, quarter);
            from += packed;
        }
        huffman.decode(in, from, end, bytes, 3 * quarter, size - 3 * quarter);
    }

    private static PayloadException damaged() {
        return new PayloadException("damaged zstd data: a literals section makes no sense");
    }
}
