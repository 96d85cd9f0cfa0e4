package org.jvisor.emulator;

/**
 * Arithmetic flags in translated code: the two values of {@link Flags} as locals. To be inlined;
 * HotSpot drops or delays what is not needed.
 */
final class RegionFlags {
    private static final long HIGH = 0xc000_0000_0000_0000L;

    private RegionFlags() {}

    // ---- carries of an operation ----

    static long add(long a, long b, long r) {
        return (a & b | (a | b) & ~r) & Flags.CARRY_MASK;
    }

    static long sub(long a, long b, long r) {
        return (~a & b | (~a | b) & r) & Flags.CARRY_MASK;
    }

    /**
     * Carries of an addition of 1, 2 or 4 bytes.
     *
     * @param shift 64 less the size in bits
     */
    static long add(int a, int b, int r, int shift) {
        int v = a & b | (a | b) & ~r;
        return (long) v << shift & HIGH | v & 8;
    }

    /** As {@link #add(int, int, int, int)}, of a subtraction. */
    static long sub(int a, int b, int r, int shift) {
        int v = ~a & b | (~a | b) & r;
        return (long) v << shift & HIGH | v & 8;
    }

    /** After INC and DEC: CF of {@code old} and the rest of {@code carry}. */
    static long keepCarry(long old, long carry) {
        long overflow = (carry ^ carry << 1) >>> 1 & 1L << 62;
        long cf = old & Long.MIN_VALUE;
        return cf | cf >>> 1 ^ overflow | carry & 8;
    }

    /** With another CF, the other flags as they are. */
    static long withCarry(long old, long cf) {
        long overflow = (old ^ old << 1) >>> 1 & 1L << 62;
        long top = cf << 63;
        return old & 0x3fff_ffff_ffff_ffffL | top | top >>> 1 ^ overflow;
    }

    /** Of a signed product: CF and OF tell that it did not fit. */
    static long product(long a, long b) {
        return Math.multiplyHigh(a, b) == a * b >> 63 ? 0 : 1L << 63;
    }

    /** As {@link #product(long, long)}, of 32 bits. */
    static long product(int a, int b) {
        long r = (long) a * b;
        return r == (int) r ? 0 : 1L << 63;
    }

    /** Of a 128-bit product. */
    static long highSigned(long low, long high) {
        return high == low >> 63 ? 0 : 1L << 63;
    }

    /** Of a 128-bit product. */
    static long highUnsigned(long low, long high) {
        return high == 0 ? 0 : 1L << 63;
    }

    /** Of a 64-bit product of 32-bit operands. */
    static long highSigned(long product) {
        return product == (int) product ? 0 : 1L << 63;
    }

    /** Of a 64-bit product of 32-bit operands. */
    static long highUnsigned(long product) {
        return product >>> 32 == 0 ? 0 : 1L << 63;
    }

    /** CF and OF (0 or 1), AF clear. */
    static long carryOverflow(long cf, long of) {
        return cf << 63 | (cf ^ of) << 62;
    }

    /** With another CF and OF, the other flags as they are. */
    static long withCarryOverflow(long old, long cf, long of) {
        return old & 0x3fff_ffff_ffff_ffffL | carryOverflow(cf, of);
    }

    // ---- carries of shifts by 1 or more ----

    static long left(long a, int n, long r) {
        return carryOverflow(a << n - 1 >>> 63, (a << n - 1 ^ r) >>> 63);
    }

    static long left(int a, int n, int r) {
        return carryOverflow(a << n - 1 >>> 31, (a << n - 1 ^ r) >>> 31);
    }

    static long right(long a, int n, long r) {
        return carryOverflow(a >>> n - 1 & 1, (r << 1 ^ r) >>> 63);
    }

    static long right(int a, int n, int r) {
        return carryOverflow(a >>> n - 1 & 1, (r << 1 ^ r) >>> 31);
    }

    static long arithmetic(long a, int n, long r) {
        return carryOverflow(a >>> n - 1 & 1, 0);
    }

    static long arithmetic(int a, int n, int r) {
        return carryOverflow(a >>> n - 1 & 1, 0);
    }

    /** ROL; Integer's method would stay a call, as HotSpot has not seen it called from here. */
    static int rotate(int a, int n) {
        return a << n | a >>> -n;
    }

    /** ROL. */
    static long rotate(long a, int n) {
        return a << n | a >>> -n;
    }

    /** See Shift: after ROR CF is the highest bit of the result. */
    static long rotatedRight(long old, long r) {
        return old & 0x3fff_ffff_ffff_ffffL | r & HIGH;
    }

    static long rotatedRight(long old, int r) {
        return rotatedRight(old, (long) r << 32);
    }

    /** After ROL CF is the lowest bit of the result. */
    static long rotatedLeft(long old, long r) {
        return rotatedRight(old, r >>> 1 | r << 63);
    }

    static long rotatedLeft(long old, int r) {
        return rotatedRight(old, (long) (r >>> 1 | r << 31) << 32);
    }

    // ---- conditions ----

    static boolean overflow(long carry) {
        return (carry ^ carry << 1) < 0;
    }

    static boolean belowEqual(long res, long carry) {
        return carry < 0 || res == 0;
    }

    static boolean sign(long res, long carry) {
        return (res ^ carry << 2) < 0;
    }

    static boolean parity(long res, long carry) {
        return ((Integer.bitCount((int) res & 0xff) ^ (int) carry) & 1) == 0;
    }

    static boolean less(long res, long carry) {
        return (res ^ carry << 2 ^ carry ^ carry << 1) < 0;
    }

    static boolean lessEqual(long res, long carry) {
        return res == 0 || less(res, carry);
    }
}
