package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.RSP;
import static org.jvisor.emulator.Cpu.SS;

/** Pushes and pops in every mode, on the stack that SS and its size bit select. */
final class Stack {
    private Stack() {}

    /** The linear address {@code delta} bytes from the stack pointer, checked for an access. */
    static long address(Cpu c, long delta, int size, boolean write) {
        long sp = c.r[RSP] + delta;
        if (c.codeMode == Cpu.MODE64) {
            return sp;
        }
        return Segments.linear(c, SS, sp & c.stackMask, size, write);
    }

    /** Moves the stack pointer, keeping the bits its size does not reach. */
    static void move(Cpu c, long delta) {
        set(c, c.r[RSP] + delta);
    }

    /** Sets the stack pointer, keeping the bits its size does not reach. */
    static void set(Cpu c, long sp) {
        long mask = c.stackMask;
        c.r[RSP] = c.r[RSP] & ~mask | sp & mask;
        if (mask == 0xffff_ffffL) {
            c.r[RSP] &= mask;
        }
    }

    /** Pushes the low {@code size} bytes (2, 4 or 8). */
    static void push(Cpu c, int size, long value) {
        c.mem.write(address(c, -size, size, true), size, value);
        move(c, -size);
    }

    /** Pops {@code size} bytes (2, 4 or 8), zero-extended. */
    static long pop(Cpu c, int size) {
        long value = c.mem.read(address(c, 0, size, false), size);
        move(c, size);
        return value;
    }

    /** What {@link #pop} would give, {@code delta} bytes above the top. */
    static long peek(Cpu c, long delta, int size) {
        return c.mem.read(address(c, delta, size, false), size);
    }
}
