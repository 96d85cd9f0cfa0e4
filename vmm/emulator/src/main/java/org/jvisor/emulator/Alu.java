package org.jvisor.emulator;

/**
 * Integer arithmetic with its flags, as {@link Flags} keeps them. A carry vector has in each bit
 * the carry (borrow) out of that bit.
 */
final class Alu {
    /** Operations, numbered as in opcode bits 5:3 and ModRM.reg of group 1. */
    static final int ADD = 0, OR = 1, ADC = 2, SBB = 3, AND = 4, SUB = 5, XOR = 6, CMP = 7;

    /** TEST, numbered after them. */
    static final int TEST = 8;

    private static final long HIGH = 0xc000_0000_0000_0000L;

    private Alu() {}

    static int add32(Cpu c, int a, int b) {
        int r = a + b;
        setCarry32(c, r, a & b | (a | b) & ~r);
        return r;
    }

    static long add64(Cpu c, long a, long b) {
        long r = a + b;
        c.fRes = r;
        c.fCarry = (a & b | (a | b) & ~r) & Flags.CARRY_MASK;
        return r;
    }

    static int sub32(Cpu c, int a, int b) {
        int r = a - b;
        setCarry32(c, r, ~a & b | (~a | b) & r);
        return r;
    }

    static long sub64(Cpu c, long a, long b) {
        long r = a - b;
        c.fRes = r;
        c.fCarry = (~a & b | (~a | b) & r) & Flags.CARRY_MASK;
        return r;
    }

    private static void setCarry32(Cpu c, int result, int carries) {
        c.fRes = result;
        c.fCarry = (long) carries << 32 & HIGH | carries & 8;
    }

    static int and32(Cpu c, int a, int b) {
        int r = a & b;
        Flags.logic(c, r);
        return r;
    }

    static long and64(Cpu c, long a, long b) {
        long r = a & b;
        Flags.logic(c, r);
        return r;
    }

    static int or32(Cpu c, int a, int b) {
        int r = a | b;
        Flags.logic(c, r);
        return r;
    }

    static long or64(Cpu c, long a, long b) {
        long r = a | b;
        Flags.logic(c, r);
        return r;
    }

    static int xor32(Cpu c, int a, int b) {
        int r = a ^ b;
        Flags.logic(c, r);
        return r;
    }

    static long xor64(Cpu c, long a, long b) {
        long r = a ^ b;
        Flags.logic(c, r);
        return r;
    }

    // ---- any size: operands' bits above the size do not matter ----

    /** An operation of {@link #ADD} to {@link #TEST}; the result's bits above the size are junk. */
    static long apply(Cpu c, int operation, long a, long b, int size) {
        return switch (operation) {
            case ADD -> add(c, a, b, 0, size);
            case OR -> logic(c, a | b, size);
            case ADC -> add(c, a, b, Flags.carry(c), size);
            case SBB -> sub(c, a, b, Flags.carry(c), size);
            case AND, TEST -> logic(c, a & b, size);
            case XOR -> logic(c, a ^ b, size);
            default -> sub(c, a, b, 0, size);
        };
    }

    static long add(Cpu c, long a, long b, long carryIn, int size) {
        long r = a + b + carryIn;
        set(c, r, a & b | (a | b) & ~r, size);
        return r;
    }

    static long sub(Cpu c, long a, long b, long borrowIn, int size) {
        long r = a - b - borrowIn;
        set(c, r, ~a & b | (~a | b) & r, size);
        return r;
    }

    static long logic(Cpu c, long r, int size) {
        int unused = 64 - 8 * size;
        Flags.logic(c, r << unused >> unused);
        return r;
    }

    /** INC and DEC: as ADD and SUB of 1, but CF stays. */
    static long increment(Cpu c, long a, int delta, int size) {
        boolean cf = Flags.cf(c);
        long r = delta > 0 ? add(c, a, 1, 0, size) : sub(c, a, 1, 0, size);
        Flags.setCarryOverflow(c, cf, Flags.of(c));
        return r;
    }

    private static void set(Cpu c, long r, long carries, int size) {
        int unused = 64 - 8 * size;
        c.fRes = r << unused >> unused;
        c.fCarry = carries << unused & HIGH | carries & 8;
    }

    /** Sign-extends from {@code size} bytes. */
    static long extend(long value, int size) {
        int unused = 64 - 8 * size;
        return value << unused >> unused;
    }

    /** Zero-extends from {@code size} bytes. */
    static long truncate(long value, int size) {
        return size == 8 ? value : value & (1L << 8 * size) - 1;
    }
}
