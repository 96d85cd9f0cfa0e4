package org.jvisor.emulator;

import java.util.SplittableRandom;
import java.util.function.IntPredicate;

/**
 * Encodes memory operands: every kind of ModRM and SIB byte, with displacements of every size, so
 * that they can come to a given address.
 */
final class AddressingModes {
    private final SplittableRandom random;
    private final int mode;
    private final int addrSize;
    private final long target;

    /** Registers that must not be used for an address because the instruction needs their value. */
    private final IntPredicate reserved;

    /** ModRM without its reg field, SIB if any, displacement. */
    final CodeBytes bytes = new CodeBytes(0);

    /** REX.X and REX.B. */
    int rex;

    /** The displacement counts from the next instruction and is filled in later. */
    boolean ripRelative;

    /** What was encoded. */
    final MemoryOperand operand;

    AddressingModes(
            SplittableRandom random,
            int mode,
            int addrSize,
            long target,
            boolean stack,
            IntPredicate reserved) {
        this.random = random;
        this.mode = mode;
        this.addrSize = addrSize;
        this.target = target;
        this.reserved = reserved;
        if (addrSize == 2) {
            operand = address16();
        } else {
            operand =
                    switch (random.nextInt(10)) {
                        case 0 -> absoluteOrRip();
                        case 1 -> absolute();
                        case 2 -> scaledIndex();
                        case 3, 4, 5, 6 -> base();
                        default -> stack && random.nextInt(4) == 0 ? onStack() : baseAndIndex();
                    };
        }
    }

    private MemoryOperand make(int base, int index, int shift, long disp) {
        return new MemoryOperand(base, index, shift, disp, addrSize, target);
    }

    private int free(IntPredicate also) {
        int count = mode == Cpu.MODE64 ? 16 : 8;
        while (true) {
            int n = random.nextInt(count);
            if (!reserved.test(n) && n != Cpu.RSP && also.test(n)) {
                return n;
            }
        }
    }

    /** A displacement of the size that ModRM.mod 1 or 2 announces. */
    private long displacement(int mod) {
        return switch (mod) {
            case 0 -> 0;
            case 1 -> EdgeValues.immediate(random, 1);
            default -> EdgeValues.immediate(random, 4);
        };
    }

    private void emit(int mod, int rm, long disp) {
        bytes.put(mod << 6 | rm & 7);
        rex |= rm >> 3;
        bytes.value(disp, mod == 1 ? 1 : mod == 2 ? 4 : 0);
    }

    private void emit(int mod, int base, int index, int shift, long disp) {
        bytes.put(mod << 6 | 4).put(shift << 6 | (index & 7) << 3 | base & 7);
        rex |= base >> 3 | index >> 3 << 1;
        bytes.value(disp, mod == 1 ? 1 : mod == 2 ? 4 : 0);
    }

    /** mod 0, rm 5: RIP-relative in 64-bit mode, absolute elsewhere. */
    private MemoryOperand absoluteOrRip() {
        bytes.put(5).value(target, 4);
        ripRelative = mode == Cpu.MODE64;
        rex |= random.nextInt(4) == 0 && mode == Cpu.MODE64 ? 1 : 0; // REX.B does not matter
        return make(-1, -1, 0, target);
    }

    /** A SIB byte with neither base nor index; the scale does not matter. */
    private MemoryOperand absolute() {
        bytes.put(4).put(random.nextInt(4) << 6 | 0x25).value(target, 4);
        return make(-1, -1, 0, target); // below 2 GiB
    }

    /** Index times scale plus displacement, no base. */
    private MemoryOperand scaledIndex() {
        int index = free(n -> true);
        int shift = random.nextInt(4);
        long any = displacement(2);
        // what is left for the index must be divisible by the scale
        int disp = (int) (any + (target - any & (1L << shift) - 1));
        bytes.put(4).put(shift << 6 | (index & 7) << 3 | 5).value(disp, 4);
        rex |= index >> 3 << 1;
        return make(-1, index, shift, disp);
    }

    private MemoryOperand base() {
        int mod = random.nextInt(3);
        int base = free(n -> mod != 0 || (n & 7) != 5);
        long disp = displacement(mod);
        if ((base & 7) == 4) {
            emit(mod, base, 4, random.nextInt(4), disp); // RSP and R12 need a SIB byte
        } else if (random.nextInt(5) == 0) {
            emit(mod, base, 4, random.nextInt(4), disp);
        } else {
            emit(mod, base, disp);
        }
        return make(base, -1, 0, disp);
    }

    /** RSP as base, near the operand, so that pushes and pops stay in the area as well. */
    private MemoryOperand onStack() {
        int mod = random.nextInt(2);
        long disp = displacement(mod);
        emit(mod, Cpu.RSP, 4, random.nextInt(4), disp);
        return make(Cpu.RSP, -1, 0, disp);
    }

    private MemoryOperand baseAndIndex() {
        int mod = random.nextInt(3);
        int base = free(n -> mod != 0 || (n & 7) != 5);
        int index = random.nextInt(5) == 0 ? base : free(n -> true);
        int shift = random.nextInt(4);
        long disp = displacement(mod);
        if (base == index && shift == 0 && (target - disp & 1) != 0) {
            shift = 1; // twice a register is even
        }
        emit(mod, base, index, shift, disp);
        return make(base, index, shift, disp);
    }

    private static final int[][] PAIRS = {
        {3, 6}, {3, 7}, {5, 6}, {5, 7}, {6, -1}, {7, -1}, {5, -1}, {3, -1}
    };

    private MemoryOperand address16() {
        for (int tries = 0; tries < 100; tries++) {
            int rm = random.nextInt(8);
            int mod = random.nextInt(3);
            if (mod == 0 && rm == 6) {
                bytes.put(6).value(target, 2);
                return make(-1, -1, 0, target);
            }
            int base = PAIRS[rm][0];
            int index = PAIRS[rm][1];
            if (reserved.test(base) || index >= 0 && reserved.test(index)) {
                continue;
            }
            long disp = mod == 0 ? 0 : EdgeValues.immediate(random, mod);
            bytes.put(mod << 6 | rm).value(disp, mod);
            return make(base, index, 0, disp);
        }
        bytes.put(6).value(target, 2);
        return make(-1, -1, 0, target);
    }
}
