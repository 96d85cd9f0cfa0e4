package org.jvisor.emulator;

import java.util.SplittableRandom;

/** Operands where floating-point arithmetic goes wrong, as bit patterns of every format. */
final class FloatEdges {
    private static final int[] SINGLES = {
        0,
        0x8000_0000, // zeros
        1,
        0x8000_0001,
        0x007f_ffff,
        0x0000_8000, // denormals
        0x0080_0000,
        0x8080_0000,
        0x7f7f_ffff,
        0xff7f_ffff, // smallest and largest normals
        0x7f80_0000,
        0xff80_0000, // infinities
        0x7f80_0001,
        0xffbf_ffff, // signalling NaNs
        0x7fc0_0000,
        0xffc0_0000,
        0x7fc1_2345, // quiet NaNs
        0x3f80_0000,
        0xbf80_0000,
        0x3f00_0000,
        0x3fc0_0000,
        0x4000_0000, // 1, -1, 0.5, 1.5, 2
        0x3eff_ffff,
        0x3f7f_ffff,
        0x3f80_0001, // neighbours of 0.5 and 1
        0x4b00_0000,
        0x4b80_0000,
        0x4aff_ffff, // 2^23 and 2^24: where fractions end
        0x4eff_ffff,
        0x4f00_0000,
        0xcf00_0000,
        0xcf00_0001, // around 2^31
        0x5f00_0000,
        0xdf00_0000,
        0x5eff_ffff, // around 2^63
        0x4020_0000,
        0x4060_0000,
        0xc020_0000 // halves: 2.5, 3.5, -2.5
    };

    private static final long[] DOUBLES = {
        0,
        Long.MIN_VALUE,
        1,
        0x8000_0000_0000_0001L,
        0x000f_ffff_ffff_ffffL,
        0x0000_0000_8000_0000L,
        0x0010_0000_0000_0000L,
        0x7fef_ffff_ffff_ffffL,
        0xffef_ffff_ffff_ffffL,
        0x7ff0_0000_0000_0000L,
        0xfff0_0000_0000_0000L,
        0x7ff0_0000_0000_0001L,
        0xfff7_ffff_ffff_ffffL,
        0x7ff8_0000_0000_0000L,
        0xfff8_0000_0000_0000L,
        0x7ff8_1234_5678_9abcL,
        0x3ff0_0000_0000_0000L,
        0xbff0_0000_0000_0000L,
        0x3fe0_0000_0000_0000L,
        0x3ff8_0000_0000_0000L,
        0x4000_0000_0000_0000L,
        0x3fdf_ffff_ffff_ffffL,
        0x3fef_ffff_ffff_ffffL,
        0x3ff0_0000_0000_0001L,
        0x4330_0000_0000_0000L,
        0x4340_0000_0000_0000L,
        0x432f_ffff_ffff_ffffL,
        0x41df_ffff_ffc0_0000L,
        0x41e0_0000_0000_0000L,
        0xc1e0_0000_0000_0000L,
        0xc1e0_0000_0020_0000L,
        0x43e0_0000_0000_0000L,
        0xc3e0_0000_0000_0000L,
        0x43df_ffff_ffff_ffffL,
        0x47ef_ffff_e000_0000L, // the largest single
        0x47ef_ffff_f000_0000L, // half way to the next that would be
        0x3810_0000_0000_0000L, // the smallest normal single
        0x36a0_0000_0000_0000L, // the smallest denormal single
        0x3690_0000_0000_0000L, // half of it
        0x4004_0000_0000_0000L,
        0x400c_0000_0000_0000L,
        0xc004_0000_0000_0000L
    };

    /** Sign and exponent, then mantissa, of extended values. */
    private static final long[][] EXTENDED = {
        {0, 0},
        {0x8000, 0},
        {0, 1}, // denormals
        {0x8000, 0x7fff_ffff_ffff_ffffL},
        {0, 0x8000_0000_0000_0000L}, // pseudo-denormal
        {1, 0x8000_0000_0000_0000L}, // the smallest normal
        {0x7ffe, -1},
        {0xfffe, -1},
        {0x7fff, 0x8000_0000_0000_0000L}, // infinities
        {0xffff, 0x8000_0000_0000_0000L},
        {0x7fff, 0xc000_0000_0000_0000L}, // NaNs
        {0xffff, 0xc000_0000_0000_0000L},
        {0x7fff, 0xc123_4567_89ab_cdefL},
        {0x7fff, 0x8000_0000_0000_0001L},
        {0xffff, 0xbfff_ffff_ffff_ffffL},
        {0x7fff, 0}, // unsupported: pseudo-infinity, pseudo-NaN, unnormals
        {0x7fff, 0x4000_0000_0000_0000L},
        {0x3fff, 0x4000_0000_0000_0000L},
        {0x4001, 0},
        {0x3fff, 0x8000_0000_0000_0000L}, // 1
        {0xbfff, 0x8000_0000_0000_0000L},
        {0x3fff, 0x8000_0000_0000_0001L},
        {0x3ffe, -1},
        {0x3ffe, 0x8000_0000_0000_0000L}, // 0.5
        {0x4000, 0xa000_0000_0000_0000L}, // 2.5
        {0xc000, 0xe000_0000_0000_0000L}, // -3.5
        {0x403e, 0x8000_0000_0000_0000L}, // 2^63 and neighbours
        {0xc03e, 0x8000_0000_0000_0000L},
        {0x403d, -1},
        {0x403e, -1},
        {0x403a, 0xde0b_6b3a_763f_fff0L}, // 10^18 - 1: the largest packed decimal
        {0x403a, 0xde0b_6b3a_7640_0000L},
        {0x401d, 0xffff_fffe_0000_0000L}, // 2^31 - 1
        {0x401e, 0x8000_0000_0000_0000L},
        {0x400d, 0xfffe_0000_0000_0000L}, // 2^15 - 1
        {0x400e, 0x8000_0000_0000_0000L},
        {0x4000, 0xc90f_daa2_2168_c235L}, // pi
        {0x3ffe, 0xc90f_daa2_2168_c235L}, // pi / 4
        {0x43fe, 0xffff_ffff_ffff_f800L}, // the largest double
        {0x43fe, -1},
        {0x3c01, 0x8000_0000_0000_0000L}, // the smallest normal double
        {0x3bcd, 0x8000_0000_0000_0000L}, // the smallest denormal double
        {0x407e, 0xffff_ff00_0000_0000L}, // the largest single
        {0x3f81, 0x8000_0000_0000_0000L}
    };

    private FloatEdges() {}

    static int single(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0, 1 -> SINGLES[random.nextInt(SINGLES.length)];
            case 2 -> SINGLES[random.nextInt(SINGLES.length)] + random.nextInt(-2, 3);
            // small exponents, so that sums neither vanish nor swallow each other
            case 3 -> random.nextInt() & 0x807f_ffff | random.nextInt(117, 160) << 23;
            default -> random.nextInt();
        };
    }

    static long doubled(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0, 1 -> DOUBLES[random.nextInt(DOUBLES.length)];
            case 2 -> DOUBLES[random.nextInt(DOUBLES.length)] + random.nextInt(-2, 3);
            case 3 ->
                    random.nextLong() & 0x800f_ffff_ffff_ffffL
                            | (long) random.nextInt(1010, 1090) << 52;
            default -> random.nextLong();
        };
    }

    /** Writes an extended value, 10 bytes, into an FXSAVE image. */
    static void extended(SplittableRandom random, UserState s, int offset) {
        long top;
        long mantissa;
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                long[] edge = EXTENDED[random.nextInt(EXTENDED.length)];
                top = edge[0];
                mantissa = edge[1];
            }
            case 2 -> {
                top = random.nextInt(0x1_0000);
                mantissa = random.nextLong() | Long.MIN_VALUE;
            }
            case 3 -> { // a small integer or binary fraction
                top = random.nextInt(0x3ffb, 0x4008) | (random.nextBoolean() ? 0x8000 : 0);
                mantissa = (long) random.nextInt(128, 256) << 56;
            }
            default -> {
                top = random.nextInt(0x3fe0, 0x4045) | (random.nextBoolean() ? 0x8000 : 0);
                mantissa = random.nextLong() | Long.MIN_VALUE;
            }
        }
        s.setLong(offset, mantissa);
        s.setShort(offset + 8, (int) top);
    }

    /** A sign and exponent for the upper two bytes of an 80-bit operand in memory. */
    static long[] extended(SplittableRandom random) {
        return EXTENDED[random.nextInt(EXTENDED.length)];
    }
}
