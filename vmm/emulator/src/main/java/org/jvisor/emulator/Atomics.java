package org.jvisor.emulator;

import static org.jvisor.emulator.PhysMemory.ALL;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Read-modify-writes of guest memory in one step: what LOCK asks for, and XCHG without it. All give
 * the old value, zero-extended, take operands whose bits above the size do not matter, and order
 * every access before them before every one after.
 *
 * <p>Where the operand lies within eight aligned bytes of plain memory, the host does it. Elsewhere
 * (a page with code, a device, across eight-byte words, where x86 would lock the bus) all other
 * CPUs stop for it.
 */
final class Atomics {
    /** Operations beside {@link Alu#ADD}, OR, AND, SUB and XOR: the operand itself, 0 less old. */
    static final int EXCHANGE = 16, NEGATE = 17;

    private static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    /** The host's atomic instructions are full fences; elsewhere Java's order only each other. */
    private static final boolean FENCED = "amd64".equals(System.getProperty("os.arch"));

    private Atomics() {}

    /** XADD, and ADD, INC, DEC and their like with LOCK. */
    static long add(Cpu c, long a, long b, int size) {
        return update(c, a, Alu.ADD, b, size);
    }

    /** XCHG. */
    static long exchange(Cpu c, long a, long b, int size) {
        return update(c, a, EXCHANGE, b, size);
    }

    /**
     * Combines {@code b} into memory.
     *
     * @param a linear address
     * @param operation {@link Alu#ADD}, OR, AND, SUB, XOR, {@link #EXCHANGE} or {@link #NEGATE}
     * @param size 1, 2, 4 or 8
     * @throws GuestFault as a write would
     */
    static long update(Cpu c, long a, int operation, long b, int size) {
        long host = host(c, a, size);
        int bit = (int) host & 7;
        if (host == 0 || bit + size > 8) {
            return updateAlone(c, a, operation, b, size);
        }
        long old;
        if (size == 8) {
            old = update64(host, operation, b);
        } else if (size == 4 && (bit & 3) == 0) {
            old = update32(host, operation, (int) b) & 0xffff_ffffL;
        } else {
            old = updatePart(host - bit, bit * 8, operation, b, size);
        }
        fence();
        return old;
    }

    /**
     * CMPXCHG: writes {@code value} if memory holds {@code expected}.
     *
     * @param a linear address
     * @param size 1, 2, 4 or 8
     * @throws GuestFault as a write would, whatever memory holds
     */
    static long compareExchange(Cpu c, long a, long expected, long value, int size) {
        long host = host(c, a, size);
        int bit = (int) host & 7;
        if (host == 0 || bit + size > 8) {
            return compareAlone(c, a, expected, value, size);
        }
        long old;
        if (size == 8) {
            old = (long) LONG.compareAndExchange(ALL, host, expected, value);
        } else if (size == 4 && (bit & 3) == 0) {
            old =
                    (int) INT.compareAndExchange(ALL, host, (int) expected, (int) value)
                            & 0xffff_ffffL;
        } else {
            old = comparePart(host - bit, bit * 8, expected, value, size);
        }
        fence();
        return old;
    }

    private static long host(Cpu c, long a, int size) {
        long[] t = c.mem.current();
        int i = Mmu.slot(a);
        int m = t.length - 1;
        if (t[(i | 1) & m] == (a + size - 1 & ~0xfffL)) {
            return a + t[(i | 2) & m];
        }
        return c.mem.slow.hostForAtomic(a, size, c.mem.view);
    }

    private static void fence() {
        if (!FENCED) {
            VarHandle.fullFence();
        }
    }

    // ---- on the host ----

    private static long update64(long host, int operation, long b) {
        return switch (operation) {
            case Alu.ADD -> (long) LONG.getAndAdd(ALL, host, b);
            case Alu.SUB -> (long) LONG.getAndAdd(ALL, host, -b);
            case EXCHANGE -> (long) LONG.getAndSet(ALL, host, b);
            case Alu.OR -> (long) LONG.getAndBitwiseOr(ALL, host, b);
            case Alu.AND -> (long) LONG.getAndBitwiseAnd(ALL, host, b);
            case Alu.XOR -> (long) LONG.getAndBitwiseXor(ALL, host, b);
            default -> updatePart(host, 0, operation, b, 8);
        };
    }

    private static int update32(long host, int operation, int b) {
        return switch (operation) {
            case Alu.ADD -> (int) INT.getAndAdd(ALL, host, b);
            case Alu.SUB -> (int) INT.getAndAdd(ALL, host, -b);
            case EXCHANGE -> (int) INT.getAndSet(ALL, host, b);
            case Alu.OR -> (int) INT.getAndBitwiseOr(ALL, host, b);
            case Alu.AND -> (int) INT.getAndBitwiseAnd(ALL, host, b);
            case Alu.XOR -> (int) INT.getAndBitwiseXor(ALL, host, b);
            default -> (int) updatePart(host & ~7L, (int) (host & 7) * 8, operation, b, 4);
        };
    }

    /** Through the eight bytes at {@code word} around an operand {@code shift} bits into them. */
    private static long updatePart(long word, int shift, int operation, long b, int size) {
        long mask = mask(size) << shift;
        while (true) {
            long whole = (long) LONG.getVolatile(ALL, word);
            long old = (whole & mask) >>> shift;
            long changed = whole & ~mask | combine(operation, old, b) << shift & mask;
            if (LONG.compareAndSet(ALL, word, whole, changed)) {
                return old;
            }
        }
    }

    private static long comparePart(long word, int shift, long expected, long value, int size) {
        long mask = mask(size) << shift;
        while (true) {
            long whole = (long) LONG.getVolatile(ALL, word);
            long part = whole & mask;
            long changed = part == (expected << shift & mask) ? value << shift & mask : part;
            if (LONG.compareAndSet(ALL, word, whole, whole & ~mask | changed)) {
                return part >>> shift;
            }
        }
    }

    private static long mask(int size) {
        return -1L >>> 64 - 8 * size;
    }

    private static long combine(int operation, long old, long b) {
        return switch (operation) {
            case Alu.ADD -> old + b;
            case Alu.SUB -> old - b;
            case Alu.OR -> old | b;
            case Alu.AND -> old & b;
            case Alu.XOR -> old ^ b;
            case NEGATE -> -old;
            default -> b;
        };
    }

    // ---- with all other CPUs stopped ----

    private static long updateAlone(Cpu c, long a, int operation, long b, int size) {
        Rendezvous rendezvous = c.board.rendezvous;
        rendezvous.begin(c);
        try {
            long old = c.mem.readRmw(a, size);
            c.mem.write(a, size, combine(operation, old, b));
            VarHandle.fullFence();
            return old;
        } finally {
            rendezvous.end(c);
        }
    }

    private static long compareAlone(Cpu c, long a, long expected, long value, int size) {
        Rendezvous rendezvous = c.board.rendezvous;
        rendezvous.begin(c);
        try {
            long old = c.mem.readRmw(a, size);
            c.mem.write(a, size, ((old ^ expected) & mask(size)) == 0 ? value : old);
            VarHandle.fullFence();
            return old;
        } finally {
            rendezvous.end(c);
        }
    }

    // ---- 16 bytes ----

    /**
     * CMPXCHG16B with LOCK: writes a new pair where memory holds the expected one. The old pair
     * goes to {@code c.wide}.
     *
     * @param a linear address, a multiple of 16
     * @throws GuestFault as a write would, whatever memory holds
     */
    static boolean compareExchange16(
            Cpu c, long a, long low, long high, long newLow, long newHigh) {
        long host = host(c, a, 16);
        if (host != 0 && (host & 15) == 0 && c.wide.isNative()) {
            return c.wide.compareExchange(host, low, high, newLow, newHigh);
        }
        Rendezvous rendezvous = c.board.rendezvous;
        rendezvous.begin(c);
        try {
            c.mem.checkWrite(a, 16);
            long oldLow = c.mem.readRmw64(a);
            long oldHigh = c.mem.readRmw64(a + 8);
            boolean equal = oldLow == low && oldHigh == high;
            c.mem.write64(a, equal ? newLow : oldLow);
            c.mem.write64(a + 8, equal ? newHigh : oldHigh);
            VarHandle.fullFence();
            c.wide.low = oldLow;
            c.wide.high = oldHigh;
            return equal;
        } finally {
            rendezvous.end(c);
        }
    }
}
