package org.jvisor.firmware.payload;

/**
 * The sequences section of a Zstandard block (RFC 8878 §3.1.1.3.2) and their execution (§3.1.1.4).
 */
final class ZstdSequences {
    private static final int PREDEFINED = 0, RLE = 1, FSE = 2;
    private static final int MAX_LITERAL_LOG = 9, MAX_OFFSET_LOG = 8, MAX_MATCH_LOG = 9;
    private static final int MAX_LITERAL_CODE = 35, MAX_OFFSET_CODE = 31, MAX_MATCH_CODE = 52;

    /** Literal lengths (table 15): codes below 16 stand for themselves. */
    private static final int[] LITERAL_BASE = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48,
        64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536
    };

    private static final byte[] LITERAL_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10,
        11, 12, 13, 14, 15, 16
    };

    /** Match lengths (table 16), for codes from 32 on; smaller ones stand for themselves plus 3. */
    private static final int[] MATCH_BASE = {
        35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387,
        32771, 65539
    };

    private static final byte[] MATCH_BITS = {
        1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    };

    private static final FseTable DEFAULT_LITERALS =
            FseTable.of(
                    6, 4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3,
                    2, 1, 1, 1, 1, 1, -1, -1, -1, -1);
    private static final FseTable DEFAULT_MATCHES =
            FseTable.of(
                    6, 1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
                    -1, -1);
    private static final FseTable DEFAULT_OFFSETS =
            FseTable.of(
                    5, 1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1,
                    -1, -1, -1, -1);

    private final FseTable ownLiterals = new FseTable(MAX_LITERAL_LOG, MAX_LITERAL_CODE);
    private final FseTable ownOffsets = new FseTable(MAX_OFFSET_LOG, MAX_OFFSET_CODE);
    private final FseTable ownMatches = new FseTable(MAX_MATCH_LOG, MAX_MATCH_CODE);

    /** The tables in use, which a later block may ask to use again. */
    private FseTable literals = DEFAULT_LITERALS, offsets = DEFAULT_OFFSETS;

    private FseTable matches = DEFAULT_MATCHES;

    /** Whether a block of the frame has set the tables, so that they may be repeated. */
    private boolean repeatable;

    /** The three most recent offsets (§3.1.1.5). */
    private int recent1 = 1, recent2 = 4, recent3 = 8;

    private final BackwardBits bits = new BackwardBits();
    private int at;

    /**
     * Reads the section at {@code in[from, end)} and appends the block's contents to the window.
     *
     * @param data the block's literals
     */
    void execute(byte[] in, int from, int end, ZstdLiterals data, ZstdWindow window)
            throws PayloadException {
        at = from;
        int count = readCount(in, end);
        int used = 0;
        if (count > 0) {
            readTables(in, end);
            used = run(in, end, count, data, window);
        } else if (at != end) {
            throw damaged();
        }
        window.append(data.bytes, used, data.size - used);
    }

    private int readCount(byte[] in, int end) throws PayloadException {
        need(1, end);
        int first = in[at++] & 0xff;
        if (first < 128) {
            return first;
        }
        if (first < 255) {
            need(1, end);
            return (first - 128 << 8) + (in[at++] & 0xff);
        }
        need(2, end);
        int count = (in[at] & 0xff) + ((in[at + 1] & 0xff) << 8) + 0x7f00;
        at += 2;
        return count;
    }

    private void readTables(byte[] in, int end) throws PayloadException {
        need(1, end);
        int modes = in[at++] & 0xff;
        if ((modes & 3) != 0) {
            throw damaged();
        }
        literals =
                table(
                        in,
                        end,
                        modes >>> 6,
                        DEFAULT_LITERALS,
                        ownLiterals,
                        literals,
                        MAX_LITERAL_LOG);
        offsets =
                table(
                        in,
                        end,
                        modes >>> 4 & 3,
                        DEFAULT_OFFSETS,
                        ownOffsets,
                        offsets,
                        MAX_OFFSET_LOG);
        matches =
                table(
                        in,
                        end,
                        modes >>> 2 & 3,
                        DEFAULT_MATCHES,
                        ownMatches,
                        matches,
                        MAX_MATCH_LOG);
        repeatable = true;
    }

    private FseTable table(
            byte[] in,
            int end,
            int mode,
            FseTable predefined,
            FseTable own,
            FseTable last,
            int maxLog)
            throws PayloadException {
        return switch (mode) {
            case PREDEFINED -> predefined;
            case RLE -> {
                need(1, end);
                own.setSingle(in[at++] & 0xff);
                yield own;
            }
            case FSE -> {
                own.read(in, at, end, maxLog);
                at += own.consumed;
                yield own;
            }
            default -> {
                if (!repeatable) {
                    throw damaged();
                }
                yield last;
            }
        };
    }

    /** Decodes and executes all sequences; returns how many literals they used. */
    private int run(byte[] in, int end, int count, ZstdLiterals data, ZstdWindow window)
            throws PayloadException {
        bits.open(in, at, end);
        int literalState = (int) bits.read(literals.log);
        int offsetState = (int) bits.read(offsets.log);
        int matchState = (int) bits.read(matches.log);
        int used = 0;
        for (int i = 0; i < count; i++) {
            int offsetCode = offsets.symbols[offsetState];
            int matchCode = matches.symbols[matchState];
            int literalCode = literals.symbols[literalState];
            long offset = (1L << offsetCode) + bits.read(offsetCode);
            int match =
                    matchCode < 32
                            ? matchCode + 3
                            : MATCH_BASE[matchCode - 32]
                                    + (int) bits.read(MATCH_BITS[matchCode - 32]);
            int literal = LITERAL_BASE[literalCode] + (int) bits.read(LITERAL_BITS[literalCode]);
            if (i + 1 < count) {
                literalState = literals.advance(literalState, bits);
                matchState = matches.advance(matchState, bits);
                offsetState = offsets.advance(offsetState, bits);
            }
            if (bits.left() < 0 || literal > data.size - used) {
                throw damaged();
            }
            window.append(data.bytes, used, literal);
            used += literal;
            window.repeat(distance(offset, literal == 0), match);
        }
        if (bits.left() != 0) {
            throw damaged();
        }
        return used;
    }

    /** Turns an offset value into a distance; values up to 3 name a recent one. */
    private int distance(long value, boolean withoutLiterals) throws PayloadException {
        int index = value > 3 ? 4 : (int) value + (withoutLiterals ? 1 : 0);
        int distance;
        if (value > 3) {
            if (value - 3 > Integer.MAX_VALUE) {
                throw damaged();
            }
            distance = (int) (value - 3);
        } else {
            distance =
                    switch (index) {
                        case 1 -> recent1;
                        case 2 -> recent2;
                        case 3 -> recent3;
                        default -> recent1 - 1;
                    };
        }
        if (index >= 3) {
            recent3 = recent2;
        }
        if (index >= 2) {
            recent2 = recent1;
            recent1 = distance;
        }
        return distance;
    }

    private void need(int count, int end) throws PayloadException {
        if (end - at < count) {
            throw damaged();
        }
    }

    private static PayloadException damaged() {
        return new PayloadException("damaged zstd data: a sequences section makes no sense");
    }
}
