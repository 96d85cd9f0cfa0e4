package org.jvisor.emulator;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Where generated instructions may access memory: operands in the lower half, the stack in the
 * upper. Offsets are within the segments used, so equal to linear addresses in 64-bit code.
 *
 * @param base the lowest offset, a multiple of 4096
 * @param size bytes, a multiple of 8192
 * @param traps addresses outside that are used as well, because accesses there may fault; none for
 *     tests that must not
 */
record DataArea(long base, int size, List<Long> traps) {
    /** How far from the ends operands stay, so that repeated and indexed accesses remain inside. */
    private static final int MARGIN = 0x400;

    /** An area without traps. */
    DataArea(long base, int size) {
        this(base, size, List.of());
    }

    /** Whether an address of {@code addrSize} bytes can name all of it. */
    boolean reachableBy(int addrSize) {
        return addrSize == 8 || base + size <= 1L << 8 * addrSize;
    }

    /** An address for an operand, a multiple of {@code alignment}; sometimes just before a page. */
    long operand(SplittableRandom random, int alignment) {
        if (!traps.isEmpty() && random.nextInt(3) == 0) {
            return trap(random);
        }
        int half = size / 2;
        long offset;
        if (random.nextInt(5) == 0 && half > 0x1000) {
            offset = 0x1000 - random.nextInt(20);
        } else if (random.nextInt(3) == 0) {
            offset = random.nextInt(MARGIN, half - MARGIN) & ~63;
        } else {
            offset = random.nextInt(MARGIN, half - MARGIN);
        }
        return base + offset & -alignment;
    }

    /** Near one of the traps, often so that an access crosses into it. */
    private long trap(SplittableRandom random) {
        long trap = traps.get(random.nextInt(traps.size()));
        return switch (random.nextInt(4)) {
            case 0 -> trap;
            case 1 -> trap + random.nextInt(0x1000);
            default -> trap + random.nextInt(-20, 20);
        };
    }

    /** A stack pointer: mostly a multiple of 8. */
    long stack(SplittableRandom random) {
        if (!traps.isEmpty() && random.nextInt(4) == 0) {
            return trap(random);
        }
        int half = size / 2;
        long offset = half + half * 3 / 4 + random.nextInt(half / 8);
        return base + offset & (random.nextInt(4) == 0 ? -1 : -8);
    }

    /** Whether all of {@code length} bytes lie inside. */
    boolean contains(long address, long length) {
        return Long.compareUnsigned(address - base, size - length) <= 0;
    }

    /** Whether they lie inside and not close to the ends. */
    boolean containsWell(long address, long length) {
        return contains(address, length) && contains(address - 0x100, length + 0x200);
    }
}
