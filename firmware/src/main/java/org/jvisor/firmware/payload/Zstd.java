package org.jvisor.firmware.payload;

/**
 * Zstandard (RFC 8878): frames, their headers, and the three kinds of blocks. Dictionaries are not
 * supported; windows may have up to 128 MiB, as Linux's build uses.
 */
final class Zstd {
    /** The most a block unpacks to. */
    static final int MAX_BLOCK = 128 << 10;

    private static final int MAGIC = 0xfd2f_b528;
    private static final int SKIPPABLE = 0x184d_2a50, SKIPPABLE_MASK = ~15;
    private static final long MAX_WINDOW = 128 << 20;
    private static final int RAW = 0, RLE = 1, COMPRESSED = 2;

    private final byte[] in;
    private final int end;
    private int at;

    private Zstd(byte[] in, int at, int end) {
        this.in = in;
        this.at = at;
        this.end = end;
    }

    /** Unpacks all frames; up to 7 bytes after the last are ignored. */
    static <E extends Exception> void unpack(byte[] data, int offset, int length, Sink<E> sink)
            throws PayloadException, E {
        Zstd input = new Zstd(data, offset, offset + length);
        while (input.end - input.at >= 8) {
            int magic = Bytes.int32(data, input.at);
            if (magic == MAGIC) {
                input.at += 4;
                input.frame(sink);
            } else if ((magic & SKIPPABLE_MASK) == SKIPPABLE) {
                long size = Integer.toUnsignedLong(Bytes.int32(data, input.at + 4));
                input.at += 8;
                input.at += input.need(size);
            } else {
                throw damaged("unknown data follows a frame");
            }
        }
    }

    private <E extends Exception> void frame(Sink<E> sink) throws PayloadException, E {
        need(2);
        int descriptor = in[at++] & 0xff;
        int contentFlag = descriptor >>> 6;
        boolean single = (descriptor & 0x20) != 0;
        boolean checksum = (descriptor & 4) != 0;
        if ((descriptor & 8) != 0) {
            throw damaged("a reserved bit is set");
        }
        long window = 0;
        if (!single) {
            int exponent = (in[at] & 0xff) >>> 3;
            long base = 1L << 10 + exponent;
            window = base + base / 8 * (in[at] & 7);
            at++;
        }
        int dictionarySize = new int[] {0, 1, 2, 4}[descriptor & 3];
        if (little(dictionarySize) != 0) {
            throw new PayloadException("zstd data that needs a dictionary");
        }
        int contentSize = contentFlag == 0 ? (single ? 1 : 0) : 1 << contentFlag;
        long content = little(contentSize) + (contentFlag == 1 ? 256 : 0);
        boolean sized = contentSize > 0;
        if (single) {
            window = content;
        }
        if (window > MAX_WINDOW) {
            throw new PayloadException(
                    "zstd data with a window of "
                            + (window >> 20)
                            + " MiB, where 128 are supported");
        }
        long produced = blocks((int) Math.max(window, 1), checksum, sink);
        if (sized && produced != content) {
            throw damaged("a frame has " + produced + " bytes where it announced " + content);
        }
    }

    private <E extends Exception> long blocks(int reach, boolean checksum, Sink<E> sink)
            throws PayloadException, E {
        ZstdWindow window = new ZstdWindow(reach);
        ZstdLiterals literals = new ZstdLiterals();
        ZstdSequences sequences = new ZstdSequences();
        XxHash64 hash = new XxHash64();
        long produced = 0;
        boolean last = false;
        while (!last) {
            int header = (int) little(3);
            last = (header & 1) != 0;
            int size = header >>> 3;
            window.prepare();
            block(header >>> 1 & 3, size, window, literals, sequences);
            produced += window.flush(hash, sink);
        }
        if (checksum && (int) little(4) != (int) hash.value()) {
            throw damaged("its checksum is wrong");
        }
        return produced;
    }

    private void block(
            int type, int size, ZstdWindow window, ZstdLiterals literals, ZstdSequences sequences)
            throws PayloadException {
        switch (type) {
            case RAW -> {
                need(size);
                window.append(in, at, size);
                at += size;
            }
            case RLE -> {
                need(1);
                window.fill(in[at++], size);
            }
            case COMPRESSED -> {
                need(size);
                if (size == 0) {
                    throw damaged("an empty compressed block");
                }
                int stop = at + size;
                int from = literals.read(in, at, stop);
                sequences.execute(in, from, stop, literals, window);
                at = stop;
            }
            default -> throw damaged("a block of a reserved type");
        }
    }

    /** Reads an unsigned number of up to 8 bytes. */
    private long little(int bytes) throws PayloadException {
        need(bytes);
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << 8 | in[at + i] & 0xff;
        }
        at += bytes;
        return value;
    }

    private int need(long count) throws PayloadException {
        if (count > end - at) {
            throw damaged("the data ends early");
        }
        return (int) count;
    }

    private static PayloadException damaged(String what) {
        return new PayloadException("damaged zstd data: " + what);
    }
}
