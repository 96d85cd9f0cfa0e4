package org.jvisor.emulator;

import java.util.SplittableRandom;

/**
 * Makes what an instruction starts from: registers, flags, floating-point state and the bytes of
 * its memory operand, from edge values and at random. {@link Constraints} then makes it safe to
 * run.
 */
final class InputGenerator {
    private InputGenerator() {}

    /** Flags a user-mode test may set freely. */
    static final int FREE_FLAGS = Cpu.ARITH;

    /** How the bits of vector registers and memory are filled. */
    private enum Fill {
        INTEGERS,
        SINGLES,
        DOUBLES,
        BITS
    }

    /**
     * Fills {@code s}.
     *
     * @param operand receives the bytes at the memory operand and behind it
     */
    static void fill(Encoding e, SplittableRandom random, UserState s, byte[] operand) {
        for (int i = 0; i < 16; i++) {
            s.gpr[i] = EdgeValues.any(random);
        }
        int flags = random.nextInt() & FREE_FLAGS;
        if (e.form().is(Form.Attr.REP) && random.nextInt(4) == 0 || random.nextInt(64) == 0) {
            flags |= Cpu.DF;
        }
        s.flags = 0x202 | flags;
        s.rip = e.address();
        vectors(e.form(), random, s);
        x87(e.form(), random, s);
        memory(e, random, operand);
    }

    private static Fill fill(Form form, SplittableRandom random) {
        if (random.nextInt(4) == 0) {
            return Fill.values()[random.nextInt(4)];
        }
        String m = form.mnemonic;
        if (m.endsWith("PS") || m.endsWith("SS") || m.startsWith("CVTPS") || m.contains("SS2")) {
            return Fill.SINGLES;
        }
        if (m.endsWith("PD") || m.endsWith("SD") || m.contains("PD2") || m.contains("SD2")) {
            return Fill.DOUBLES;
        }
        return random.nextBoolean() ? Fill.INTEGERS : Fill.BITS;
    }

    private static long half(Fill fill, SplittableRandom random) {
        return switch (fill) {
            case INTEGERS -> packed(random);
            case SINGLES ->
                    (long) FloatEdges.single(random) << 32
                            | FloatEdges.single(random) & 0xffff_ffffL;
            case DOUBLES -> FloatEdges.doubled(random);
            case BITS -> random.nextLong();
        };
    }

    /** Eight bytes of integers of one size. */
    private static long packed(SplittableRandom random) {
        int bits = 8 << random.nextInt(4);
        long value = 0;
        for (int at = 0; at < 64; at += bits) {
            long element = EdgeValues.any(random);
            value |= (bits == 64 ? element : element & (1L << bits) - 1) << at;
        }
        return value;
    }

    private static void vectors(Form form, SplittableRandom random, UserState s) {
        Fill fill = fill(form, random);
        for (int i = 0; i < 16; i++) {
            int at = UserState.xmm(i);
            s.setLong(at, half(fill, random));
            s.setLong(at + 8, half(fill, random));
            if (i > 0 && random.nextInt(6) == 0) { // equal operands
                System.arraycopy(s.fx, UserState.xmm(random.nextInt(i)), s.fx, at, 16);
            }
        }
        int mxcsr = 0x1f80;
        if (random.nextBoolean()) {
            mxcsr |= random.nextInt(4) << 13;
        }
        mxcsr |= random.nextInt(8) == 0 ? 0x8000 : 0; // FTZ
        mxcsr |= random.nextInt(8) == 0 ? 0x40 : 0; // DAZ
        mxcsr |= random.nextInt(4) == 0 ? random.nextInt(64) : 0;
        s.setInt(UserState.MXCSR, mxcsr);
    }

    /** x87 state with all exceptions masked: an unmasked one would be a fault in the next test. */
    private static void x87(Form form, SplittableRandom random, UserState s) {
        int fcw = 0x37f;
        if (random.nextBoolean()) {
            fcw = fcw & ~0xf00 | random.nextInt(4) << 10;
            fcw |= new int[] {0, 0x200, 0x300}[random.nextInt(3)];
        }
        s.setShort(UserState.FCW, fcw);
        int top = random.nextInt(8);
        int status = random.nextInt() & 0x4700 | top << 11;
        status |= random.nextInt(3) == 0 ? random.nextInt(0x80) : 0;
        s.setShort(UserState.FSW, status);
        s.setShort(UserState.FOP, random.nextInt(0x800));
        s.setLong(UserState.FIP, random.nextLong() >>> 17);
        s.setLong(UserState.FDP, random.nextLong() >>> 17);
        boolean mmx = form.feature() == Feature.MMX;
        int tags = random.nextInt(3) == 0 ? random.nextInt(256) : 0xff;
        s.setShort(UserState.FTW, tags);
        for (int i = 0; i < 8; i++) {
            int at = UserState.st(i);
            if (mmx || random.nextInt(10) == 0) {
                s.setLong(at, half(mmx ? Fill.INTEGERS : Fill.BITS, random));
                s.setShort(at + 8, random.nextInt(3) == 0 ? random.nextInt(0x1_0000) : 0xffff);
            } else {
                FloatEdges.extended(random, s, at);
            }
        }
    }

    private static void memory(Encoding e, SplittableRandom random, byte[] operand) {
        if (random.nextInt(4) == 0 || e.memSize() > 16) {
            random.nextBytes(operand);
            return;
        }
        if (e.memSize() == 10) {
            extendedOrDecimal(random, operand);
            return;
        }
        Fill fill = fill(e.form(), random);
        if (isX87(e.form())) {
            fill = e.memSize() == 4 ? Fill.SINGLES : e.memSize() == 8 ? Fill.DOUBLES : fill;
            fill = random.nextInt(3) == 0 ? Fill.INTEGERS : fill;
        }
        for (int at = 0; at + 8 <= operand.length; at += 8) {
            put(operand, at, half(fill, random), 8);
        }
    }

    static boolean isX87(Form form) {
        return form.map == 0 && form.opcode >= 0xd8 && form.opcode <= 0xdf;
    }

    private static void extendedOrDecimal(SplittableRandom random, byte[] operand) {
        random.nextBytes(operand);
        if (random.nextBoolean()) {
            long[] edge = FloatEdges.extended(random);
            put(operand, 0, edge[1], 8);
            put(operand, 8, edge[0], 2);
        } else { // packed decimal; FLD m80 takes it as well
            for (int i = 0; i < 9; i++) {
                operand[i] = (byte) (random.nextInt(10) << 4 | random.nextInt(10));
            }
            operand[9] = (byte) (random.nextBoolean() ? 0x80 : 0);
        }
    }

    static void put(byte[] bytes, int at, long value, int size) {
        for (int i = 0; i < size; i++) {
            bytes[at + i] = (byte) (value >> 8 * i);
        }
    }
}
