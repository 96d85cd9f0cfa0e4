package org.jvisor.firmware.payload;

/** The Huffman code of Zstandard's literals (RFC 8878 §4.2). */
final class HuffmanTable {
    private static final int MAX_BITS = 11;
    private static final int MAX_WEIGHT_LOG = 6;

    /** A weight byte from here on means that weights are stored directly. */
    private static final int DIRECT = 128;

    private final byte[] symbols = new byte[1 << MAX_BITS];
    private final byte[] lengths = new byte[1 << MAX_BITS];
    private final byte[] weights = new byte[256];
    private final FseTable weightTable = new FseTable(MAX_WEIGHT_LOG, MAX_BITS + 1);
    private final BackwardBits bits = new BackwardBits();
    private int maxBits;

    /** Whether a code was read, so that it can be used again. */
    boolean present() {
        return maxBits > 0;
    }

    /** Reads the code's description (§4.2.1) and returns where it ends. */
    int read(byte[] in, int at, int end) throws PayloadException {
        if (at >= end) {
            throw damaged();
        }
        int header = in[at] & 0xff;
        int from = at + 1;
        int size = header < DIRECT ? header : header - DIRECT + 2 >> 1;
        if (size > end - from) {
            throw damaged();
        }
        int count;
        if (header < DIRECT) {
            count = readWeights(in, from, from + size);
        } else {
            count = header - DIRECT + 1;
            for (int i = 0; i < count; i++) {
                int pair = in[from + (i >> 1)];
                weights[i] = (byte) ((i & 1) == 0 ? pair >>> 4 & 15 : pair & 15);
            }
        }
        build(count);
        return from + size;
    }

    /** Weights coded by two states that take turns (§4.2.1.2). */
    private int readWeights(byte[] in, int from, int end) throws PayloadException {
        weightTable.read(in, from, end, MAX_WEIGHT_LOG);
        bits.open(in, from + weightTable.consumed, end);
        int first = (int) bits.read(weightTable.log);
        int second = (int) bits.read(weightTable.log);
        int count = 0;
        while (true) {
            if (count > 253) {
                throw damaged();
            }
            weights[count++] = weightTable.symbols[first];
            first = weightTable.advance(first, bits);
            if (bits.left() < 0) {
                weights[count++] = weightTable.symbols[second];
                return count;
            }
            weights[count++] = weightTable.symbols[second];
            second = weightTable.advance(second, bits);
            if (bits.left() < 0) {
                weights[count++] = weightTable.symbols[first];
                return count;
            }
        }
    }

    /** The last weight is what makes the code complete; equal weights are in symbol order. */
    private void build(int count) throws PayloadException {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            if (weights[i] > MAX_BITS) {
                throw damaged();
            }
            sum += weights[i] == 0 ? 0 : 1 << weights[i] - 1;
        }
        int longest = 32 - Integer.numberOfLeadingZeros(sum);
        int rest = (1 << longest) - sum;
        if (sum == 0 || longest > MAX_BITS || Integer.bitCount(rest) != 1 || count > 255) {
            throw damaged();
        }
        weights[count] = (byte) (32 - Integer.numberOfLeadingZeros(rest));
        int at = 0;
        for (int weight = 1; weight <= longest; weight++) {
            for (int symbol = 0; symbol <= count; symbol++) {
                if (weights[symbol] == weight) {
                    int next = at + (1 << weight - 1);
                    java.util.Arrays.fill(symbols, at, next, (byte) symbol);
                    java.util.Arrays.fill(lengths, at, next, (byte) (longest + 1 - weight));
                    at = next;
                }
            }
        }
        maxBits = longest;
    }

    /** Decodes one stream (§4.2.2), which must give exactly {@code count} bytes. */
    void decode(byte[] in, int from, int end, byte[] out, int to, int count)
            throws PayloadException {
        bits.open(in, from, end);
        int width = maxBits;
        for (int i = to; i < to + count; i++) {
            int code = bits.peek(width);
            bits.skip(lengths[code]);
            out[i] = symbols[code];
        }
        if (bits.left() != 0) {
            throw damaged();
        }
    }

    private static PayloadException damaged() {
        return new PayloadException("damaged zstd data: a Huffman code makes no sense");
    }
}
