package org.jvisor.emulator.math;

/** The comparison behind PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM (SDM 2B §4.1). */
public final class StringCompare {
    /** Bits of the result beside IntRes2: the flags of the instruction. */
    public static final int CF = 1 << 16;

    /** An element of the second operand is invalid. */
    public static final int ZF = 1 << 17;

    /** An element of the first operand is invalid. */
    public static final int SF = 1 << 18;

    /** Bit 0 of IntRes2. */
    public static final int OF = 1 << 19;

    private StringCompare() {}

    /** The number of valid elements up to the first zero. */
    public static int implicitLength(long low, long high, int control) {
        int n = count(control);
        for (int i = 0; i < n; i++) {
            if (element(low, high, i, control & 1) == 0) {
                return i;
            }
        }
        return n;
    }

    /** The number of valid elements given explicitly: its magnitude, at most all. */
    public static int explicitLength(long length, int control) {
        int n = count(control);
        return length > n || length < -n ? n : (int) Math.abs(length);
    }

    private static int count(int control) {
        return (control & 1) != 0 ? 8 : 16;
    }

    /** Element {@code i}, zero- or sign-extended as bits 1:0 of {@code format} say. */
    private static int element(long low, long high, int i, int format) {
        return switch (format) {
            case 0 -> (int) ((i < 8 ? low : high) >>> 8 * (i & 7)) & 0xff;
            case 1 -> (int) ((i < 4 ? low : high) >>> 16 * (i & 3)) & 0xffff;
            case 2 -> (byte) ((i < 8 ? low : high) >>> 8 * (i & 7));
            default -> (short) ((i < 4 ? low : high) >>> 16 * (i & 3));
        };
    }

    /**
     * Compares.
     *
     * @param alen valid elements of the first operand
     * @param blen valid elements of the second operand
     * @param control the immediate
     * @return IntRes2 in bits 15:0, and the flags {@link #CF} to {@link #OF}
     */
    public static int compare(
            long alow, long ahigh, int alen, long blow, long bhigh, int blen, int control) {
        int n = count(control);
        int format = control & 3;
        int result = 0;
        for (int j = 0; j < n; j++) {
            boolean hit =
                    switch (control >> 2 & 3) {
                        case 0 -> equalAny(alow, ahigh, alen, blow, bhigh, blen, j, format);
                        case 1 -> ranges(alow, ahigh, alen, blow, bhigh, blen, j, format);
                        case 2 -> equalEach(alow, ahigh, alen, blow, bhigh, blen, j, format);
                        default -> ordered(alow, ahigh, alen, blow, bhigh, blen, j, format, n);
                    };
            result |= hit ? 1 << j : 0;
        }
        int all = (1 << n) - 1;
        if ((control & 0x10) != 0) {
            result ^= (control & 0x20) != 0 ? (1 << blen) - 1 : all;
        }
        return result
                | (result != 0 ? CF : 0)
                | (blen < n ? ZF : 0)
                | (alen < n ? SF : 0)
                | ((result & 1) != 0 ? OF : 0);
    }

    private static boolean equalAny(
            long al, long ah, int alen, long bl, long bh, int blen, int j, int format) {
        if (j >= blen) {
            return false;
        }
        int value = element(bl, bh, j, format);
        for (int i = 0; i < alen; i++) {
            if (element(al, ah, i, format) == value) {
                return true;
            }
        }
        return false;
    }

    private static boolean ranges(
            long al, long ah, int alen, long bl, long bh, int blen, int j, int format) {
        if (j >= blen) {
            return false;
        }
        int value = element(bl, bh, j, format);
        for (int i = 0; i + 1 < alen; i += 2) {
            if (value >= element(al, ah, i, format) && value <= element(al, ah, i + 1, format)) {
                return true;
            }
        }
        return false;
    }

    private static boolean equalEach(
            long al, long ah, int alen, long bl, long bh, int blen, int j, int format) {
        if (j >= alen || j >= blen) {
            return j >= alen && j >= blen;
        }
        return element(al, ah, j, format) == element(bl, bh, j, format);
    }

    private static boolean ordered(
            long al, long ah, int alen, long bl, long bh, int blen, int j, int format, int n) {
        for (int i = 0; i < alen && i + j < n; i++) {
            if (i + j >= blen || element(al, ah, i, format) != element(bl, bh, i + j, format)) {
                return false;
            }
        }
        return true;
    }
}
