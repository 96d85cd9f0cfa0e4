package org.jvisor.firmware.payload;

/**
 * The LZ4 block format: sequences of a token, literals and a match in what was unpacked so far.
 * Every length is checked before it is used, so damaged data ends in an exception and never outside
 * the arrays.
 */
final class Lz4Block {
    /** Room that lets 8-byte copies run past the end of what they must copy. */
    private static final int SLACK = 16;

    private Lz4Block() {}

    /**
     * Unpacks one block to the start of {@code out}.
     *
     * @return the bytes produced
     */
    static int unpack(byte[] in, int at, int end, byte[] out) throws PayloadException {
        int outEnd = out.length;
        int to = 0;
        while (at < end) {
            int token = in[at++] & 0xff;
            int literals = token >>> 4;
            if (literals == 15) {
                int more;
                do {
                    if (at >= end || literals < 0) {
                        throw damaged();
                    }
                    more = in[at++] & 0xff;
                    literals += more;
                } while (more == 255);
            }
            if (literals < 0 || literals > end - at || literals > outEnd - to) {
                throw damaged();
            }
            if (literals <= SLACK && end - at >= SLACK && outEnd - to >= SLACK) {
                Bytes.copy8(in, at, out, to);
                Bytes.copy8(in, at + 8, out, to + 8);
            } else {
                System.arraycopy(in, at, out, to, literals);
            }
            at += literals;
            to += literals;
            if (at == end) {
                return to; // the last sequence has no match
            }
            if (end - at < 2) {
                throw damaged();
            }
            int distance = (in[at] & 0xff) | (in[at + 1] & 0xff) << 8;
            at += 2;
            int match = token & 15;
            if (match == 15) {
                int more;
                do {
                    if (at >= end || match < 0) {
                        throw damaged();
                    }
                    more = in[at++] & 0xff;
                    match += more;
                } while (more == 255);
            }
            match += 4;
            if (distance == 0 || distance > to || match < 4 || match > outEnd - to) {
                throw damaged();
            }
            copyMatch(out, to, distance, match);
            to += match;
        }
        throw damaged();
    }

    /** Repeats {@code length} bytes from {@code distance} bytes back; they may overlap. */
    static void copyMatch(byte[] out, int to, int distance, int length) {
        int from = to - distance;
        if (distance >= 8 && out.length - to >= length + SLACK) {
            int stop = to + length;
            do {
                Bytes.copy8(out, from, out, to);
                from += 8;
                to += 8;
            } while (to < stop);
        } else if (distance >= length) {
            System.arraycopy(out, from, out, to, length);
        } else {
            for (int i = 0; i < length; i++) {
                out[to + i] = out[from + i];
            }
        }
    }

    private static PayloadException damaged() {
        return new PayloadException("damaged lz4 data: a sequence does not fit its block");
    }
}
