package org.jvisor.firmware.payload;

/**
 * A decoding table of finite state entropy (RFC 8878 §4.1): for each state the symbol it stands
 * for, and how the next state is made of a base and some bits.
 */
final class FseTable {
    private static final int MIN_LOG = 5;

    final byte[] symbols;
    final byte[] bits;
    final short[] bases;
    int log;

    /** Bytes that the last {@link #read} consumed. */
    int consumed;

    private final short[] next;
    private final short[] counts;

    /**
     * Makes room for tables.
     *
     * @param maxLog the largest accuracy log allowed
     * @param maxSymbol the largest symbol allowed
     */
    FseTable(int maxLog, int maxSymbol) {
        symbols = new byte[1 << maxLog];
        bits = new byte[1 << maxLog];
        bases = new short[1 << maxLog];
        next = new short[maxSymbol + 1];
        counts = new short[maxSymbol + 1];
    }

    /** A fixed table. */
    static FseTable of(int log, int... distribution) {
        FseTable table = new FseTable(log, distribution.length - 1);
        for (int i = 0; i < distribution.length; i++) {
            table.counts[i] = (short) distribution[i];
        }
        table.build(log, distribution.length);
        return table;
    }

    /** Becomes the table with one state, which always gives the same symbol. */
    void setSingle(int symbol) throws PayloadException {
        if (symbol >= counts.length) {
            throw damaged();
        }
        log = 0;
        symbols[0] = (byte) symbol;
        bits[0] = 0;
        bases[0] = 0;
    }

    /**
     * Becomes the table described by {@code in[at, end)} (§4.1.1) and sets {@link #consumed}.
     *
     * @param maxLog the largest accuracy log the format allows here
     */
    void read(byte[] in, int at, int end, int maxLog) throws PayloadException {
        ForwardBits source = new ForwardBits(in, at, end);
        int accuracy = source.read(4) + MIN_LOG;
        if (accuracy > maxLog) {
            throw damaged();
        }
        int remaining = 1 << accuracy;
        int symbol = 0;
        while (remaining > 0) {
            if (symbol >= counts.length) {
                throw damaged();
            }
            int width = 32 - Integer.numberOfLeadingZeros(remaining + 1);
            int value = source.peek(width);
            int lowMask = (1 << width - 1) - 1;
            int threshold = (1 << width) - 1 - (remaining + 1);
            if ((value & lowMask) < threshold) {
                source.skip(width - 1);
                value &= lowMask;
            } else {
                source.skip(width);
                if (value > lowMask) {
                    value -= threshold;
                }
            }
            int probability = value - 1;
            remaining -= Math.abs(probability);
            counts[symbol++] = (short) probability;
            if (probability == 0) {
                symbol = zeroes(source, symbol);
            }
        }
        consumed = source.bytesUsed();
        if (remaining != 0 || consumed > end - at) {
            throw damaged();
        }
        build(accuracy, symbol);
    }

    /** Runs of symbols that do not occur. */
    private int zeroes(ForwardBits source, int from) throws PayloadException {
        int symbol = from;
        int run;
        do {
            run = source.read(2);
            for (int i = 0; i < run; i++) {
                if (symbol >= counts.length) {
                    throw damaged();
                }
                counts[symbol++] = 0;
            }
        } while (run == 3);
        return symbol;
    }

    /** Spreads the symbols over the states (§4.1.1, "From normalized distribution"). */
    private void build(int accuracy, int symbolCount) {
        int size = 1 << accuracy;
        int high = size - 1;
        for (int s = 0; s < symbolCount; s++) {
            if (counts[s] == -1) {
                symbols[high--] = (byte) s;
                next[s] = 1;
            } else {
                next[s] = counts[s];
            }
        }
        int step = (size >> 1) + (size >> 3) + 3;
        int state = 0;
        for (int s = 0; s < symbolCount; s++) {
            for (int i = 0; i < counts[s]; i++) {
                symbols[state] = (byte) s;
                do {
                    state = state + step & size - 1;
                } while (state > high);
            }
        }
        for (int i = 0; i < size; i++) {
            int value = next[symbols[i] & 0xff]++;
            int width = accuracy - (31 - Integer.numberOfLeadingZeros(value));
            bits[i] = (byte) width;
            bases[i] = (short) ((value << width) - size);
        }
        log = accuracy;
    }

    /** The state that follows {@code state}. */
    int advance(int state, BackwardBits in) {
        return bases[state] + (int) in.read(bits[state]);
    }

    private static PayloadException damaged() {
        return new PayloadException("damaged zstd data: an entropy table makes no sense");
    }

    /** Bits from the lowest of the first byte on. */
    private static final class ForwardBits {
        private final byte[] in;
        private final int start;
        private final int end;
        private int position;

        ForwardBits(byte[] in, int start, int end) {
            this.in = in;
            this.start = start;
            this.end = end;
        }

        int peek(int count) throws PayloadException {
            int value = 0;
            for (int i = 0; i < count; i++) {
                int index = start + (position + i >>> 3);
                int bit = index < end ? in[index] >>> (position + i & 7) & 1 : 0;
                value |= bit << i;
            }
            if (start + (position >>> 3) > end) {
                throw damaged();
            }
            return value;
        }

        int read(int count) throws PayloadException {
            int value = peek(count);
            position += count;
            return value;
        }

        void skip(int count) {
            position += count;
        }

        int bytesUsed() {
            return position + 7 >>> 3;
        }
    }
}
