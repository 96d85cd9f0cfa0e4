package org.jvisor.emulator;

import java.util.SplittableRandom;

/** Values where integer arithmetic goes wrong: the ends of each size, lone bits, patterns. */
final class EdgeValues {
    private static final long[] EDGES = {
        0,
        1,
        2,
        -1,
        -2,
        0x7f,
        0x80,
        0xff,
        0x100,
        0x7fff,
        0x8000,
        0xffff,
        0x1_0000,
        0x7fff_ffffL,
        0x8000_0000L,
        0xffff_ffffL,
        0x1_0000_0000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        0x5555_5555_5555_5555L,
        0xaaaa_aaaa_aaaa_aaaaL,
        0x0123_4567_89ab_cdefL,
        0x00ff_00ff_00ff_00ffL,
        0xffff_ffff_8000_0000L,
        0x0f,
        0x10,
        0x9,
        0x0a,
        0x99,
        0x9a
    };

    private EdgeValues() {}

    /** A value for a 64-bit register. */
    static long any(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> EDGES[random.nextInt(EDGES.length)];
            case 3 -> 1L << random.nextInt(64);
            case 4 -> EDGES[random.nextInt(EDGES.length)] + random.nextInt(-2, 3);
            case 5 -> sized(random);
            default -> random.nextLong();
        };
    }

    /** An edge of a small size below random bits. */
    private static long sized(SplittableRandom random) {
        int bits = 8 << random.nextInt(3);
        long mask = (1L << bits) - 1;
        return random.nextLong() & ~mask | EDGES[random.nextInt(EDGES.length)] & mask;
    }

    /** A value for an immediate of {@code size} bytes, sign-extended. */
    static long immediate(SplittableRandom random, int size) {
        int unused = 64 - 8 * size;
        return any(random) << unused >> unused;
    }
}
