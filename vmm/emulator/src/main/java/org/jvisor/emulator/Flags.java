package org.jvisor.emulator;

/**
 * Lazy arithmetic flags. An operation leaves two longs in the CPU and every flag is computed from
 * them without a branch when it is read:
 *
 * <ul>
 *   <li>{@code fRes} is the result, sign-extended from its size to 64 bits. ZF is {@code fRes ==
 *       0}; PF is the even parity of its low byte; SF its sign.
 *   <li>{@code fCarry} has CF in bit 63, CF xor OF in bit 62 (so the carries out of the two highest
 *       bits of an addition can be stored as they are) and AF in bit 3. Bits 61 and 0 invert SF and
 *       PF, for combinations that no result has (POPF, SAHF).
 * </ul>
 */
final class Flags {
    /** The bits an operation stores in {@code fCarry}. */
    static final long CARRY_MASK = 0xc000_0000_0000_0008L;

    private Flags() {}

    static boolean cf(Cpu c) {
        return c.fCarry < 0;
    }

    static boolean zf(Cpu c) {
        return c.fRes == 0;
    }

    static boolean sf(Cpu c) {
        return (c.fRes ^ c.fCarry << 2) < 0;
    }

    static boolean of(Cpu c) {
        return (c.fCarry ^ c.fCarry << 1) < 0;
    }

    static boolean pf(Cpu c) {
        return ((Integer.bitCount((int) c.fRes & 0xff) ^ (int) c.fCarry) & 1) == 0;
    }

    /** SF xor OF: signed less. */
    static boolean less(Cpu c) {
        long carry = c.fCarry;
        return (c.fRes ^ carry << 2 ^ carry ^ carry << 1) < 0;
    }

    /** The carry flag as 0 or 1. */
    static long carry(Cpu c) {
        return c.fCarry >>> 63;
    }

    /** The condition with code {@code cc} (SDM 1 appendix B). */
    static boolean test(Cpu c, int cc) {
        boolean v =
                switch (cc >> 1) {
                    case 0 -> of(c);
                    case 1 -> cf(c);
                    case 2 -> zf(c);
                    case 3 -> cf(c) || zf(c);
                    case 4 -> sf(c);
                    case 5 -> pf(c);
                    case 6 -> less(c);
                    default -> zf(c) || less(c);
                };
        return v ^ (cc & 1) != 0;
    }

    /** The six arithmetic flags at their places in RFLAGS. */
    static int arithmetic(Cpu c) {
        return arithmetic(c.fRes, c.fCarry);
    }

    /** As {@link #arithmetic(Cpu)}, of the two longs that an operation left. */
    static int arithmetic(long res, long carry) {
        int parity = (Integer.bitCount((int) res & 0xff) ^ (int) carry) & 1;
        return (carry < 0 ? Cpu.CF : 0)
                | (parity == 0 ? Cpu.PF : 0)
                | ((int) carry & 8) << 1
                | (res == 0 ? Cpu.ZF : 0)
                | ((res ^ carry << 2) < 0 ? Cpu.SF : 0)
                | ((carry ^ carry << 1) < 0 ? Cpu.OF : 0);
    }

    /** Sets the six arithmetic flags from their places in {@code flags}. */
    static void set(Cpu c, int flags) {
        boolean zero = (flags & Cpu.ZF) != 0;
        long carry = (flags & Cpu.AF) >> 1;
        if ((flags & Cpu.CF) != 0) {
            carry |= 1L << 63;
        }
        if ((flags & Cpu.CF) != 0 ^ (flags & Cpu.OF) != 0) {
            carry |= 1L << 62;
        }
        if ((flags & Cpu.SF) != 0) {
            carry |= 1L << 61; // both results below are not negative
        }
        if ((flags & Cpu.PF) != 0 ^ zero) {
            carry |= 1; // 0 has even parity, 1 odd
        }
        c.fRes = zero ? 0 : 1;
        c.fCarry = carry;
    }

    /** Sets CF and OF and leaves the others. */
    static void setCarryOverflow(Cpu c, boolean cf, boolean of) {
        c.fCarry =
                c.fCarry & 0x3fff_ffff_ffff_ffffL | (cf ? 1L << 63 : 0) | (cf ^ of ? 1L << 62 : 0);
    }

    /** Sets CF and leaves the others. */
    static void setCarry(Cpu c, boolean cf) {
        setCarryOverflow(c, cf, of(c));
    }

    /** After a logical operation: CF, OF and AF clear. */
    static void logic(Cpu c, long signExtendedResult) {
        c.fRes = signExtendedResult;
        c.fCarry = 0;
    }
}
