package org.jvisor.firmware.payload;

/**
 * A bit stream read from its end to its start, as Zstandard's entropy coders write it (RFC 8878
 * §4.1.2 and §4.2.2): the highest set bit of the last byte marks the end.
 */
final class BackwardBits {
    private byte[] in = new byte[0];
    private int start;

    /** Unread bits; negative once more were read than there are. */
    private int left;

    /** Starts at the end of {@code in[start, end)}. */
    void open(byte[] in, int start, int end) throws PayloadException {
        if (end <= start || in[end - 1] == 0) {
            throw new PayloadException("damaged zstd data: a bit stream has no end mark");
        }
        this.in = in;
        this.start = start;
        int mark = 31 - Integer.numberOfLeadingZeros(in[end - 1] & 0xff);
        this.left = (end - start - 1) * 8 + mark;
    }

    /** Bits not read yet; negative if too many were read. */
    int left() {
        return left;
    }

    /** The next bits as a number; zeroes follow the last bit. */
    long read(int count) {
        left -= count;
        return at(left, count);
    }

    /** The same without moving on. */
    int peek(int count) {
        return (int) at(left - count, count);
    }

    void skip(int count) {
        left -= count;
    }

    /** {@code count} bits (at most 56) from bit {@code position} of the stream. */
    private long at(int position, int count) {
        if (position < 0) {
            int present = count + position;
            return present <= 0 ? 0 : at(0, present) << -position;
        }
        int index = start + (position >>> 3);
        return load(index) >>> (position & 7) & (1L << count) - 1;
    }

    private long load(int index) {
        if (index + 8 <= in.length) {
            return Bytes.int64(in, index);
        }
        long value = 0;
        for (int i = in.length - 1; i >= index; i--) {
            value = value << 8 | in[i] & 0xff;
        }
        return value;
    }
}
