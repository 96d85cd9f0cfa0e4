package org.jvisor.emulator;

/**
 * Shifts of every size, bit scans and counts in translated code. To be inlined. Operands are
 * zero-extended, counts already masked to 5 or 6 bits; what only tells flags is in the form of
 * {@link Flags}.
 */
final class RegionBits {
    private RegionBits() {}

    // ---- ROL, ROR, SHL, SHR, SAR by the number of the operation in ModRM.reg ----

    /** The result; bits above the size do not matter. */
    static long shift(int operation, long a, int n, int size) {
        int bits = 8 * size;
        return switch (operation) {
            case 0 -> rotate(a, n & bits - 1, bits);
            case 1 -> rotate(a, bits - n & bits - 1, bits);
            case 5 -> a >>> n;
            case 7 -> Alu.extend(a, size) >> n;
            default -> a << n;
        };
    }

    private static long rotate(long a, int n, int bits) {
        return n == 0 ? a : a << n | a >>> bits - n;
    }

    /** The carries after it; a count of 0 leaves them as they were. */
    static long carry(int operation, long a, int n, int size, long old) {
        if (n == 0) {
            return old;
        }
        int bits = 8 * size;
        long r = shift(operation, a, n, size);
        long top = r >>> bits - 1 & 1;
        long below = r >>> bits - 2 & 1;
        return switch (operation) {
            case 0 -> RegionFlags.withCarryOverflow(old, r & 1, r & 1 ^ top);
            case 1 -> RegionFlags.withCarryOverflow(old, top, top ^ below);
            case 5 -> RegionFlags.carryOverflow(n > bits ? 0 : a >>> n - 1 & 1, top ^ below);
            case 7 -> RegionFlags.carryOverflow(Alu.extend(a, size) >> n - 1 & 1, 0);
            default -> {
                long out = n > bits ? 0 : a >>> bits - n & 1;
                yield RegionFlags.carryOverflow(out, out ^ top);
            }
        };
    }

    /** The result that flags are about after it. */
    static long result(int operation, long a, int n, int size, long old) {
        return n == 0 || operation < 2 ? old : Alu.extend(shift(operation, a, n, size), size);
    }

    // ---- SHLD and SHRD of 4 or 8 bytes, by 1 or more ----

    static long left(long a, long b, int n, int size) {
        return a << n | b >>> 8 * size - n;
    }

    static long right(long a, long b, int n, int size) {
        return a >>> n | b << 8 * size - n;
    }

    static long leftCarry(long a, long r, int n, int size) {
        return RegionFlags.carryOverflow(a >>> 8 * size - n & 1, (r ^ a) >>> 8 * size - 1 & 1);
    }

    static long rightCarry(long a, long r, int n, int size) {
        return RegionFlags.carryOverflow(a >>> n - 1 & 1, (r ^ a) >>> 8 * size - 1 & 1);
    }

    // ---- scans ----

    /** BSF: the register stays when the source is 0. */
    static long forward(long old, long a) {
        return a == 0 ? old : Long.numberOfTrailingZeros(a);
    }

    /** BSR: the register stays when the source is 0. */
    static long reverse(long old, long a) {
        return a == 0 ? old : 63 - Long.numberOfLeadingZeros(a);
    }

    /** 0 for 0, else 1. */
    static int any(long a) {
        return a == 0 ? 0 : 1;
    }
}
