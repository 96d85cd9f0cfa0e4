package org.jvisor.emulator;

import org.jspecify.annotations.Nullable;

/**
 * Translated code: some {@link Block}s; {@link RegionPlan} says which. It is machine code ({@link
 * HostRegion}), or one method of a hidden class whose subclass of this {@link RegionCompiler}
 * makes.
 *
 * <p>While a method runs, registers and flags are in its locals, and RIP is nowhere; the CPU gets
 * them when the region is left, and before an instruction that is executed as the interpreter
 * would. What it has no short way for, it leaves to the interpreter: a call would make HotSpot keep
 * everything that lives across it in memory.
 */
abstract class Region {
    /** What {@link #run} gives when RIP says where to go on. */
    static final int LEFT = 0;

    /** What {@link #run} gives when {@link Cpu#faulted} raised the CPU's fault. */
    static final int FAULTED = 1;

    /** What {@link #run} gives when the interpreter has to execute the instruction at RIP. */
    static final int MISSED = 3;

    /** The entry that makes {@link #run} return at once: to have it compiled. */
    static final int NOWHERE = -1;

    /** What it was made from. */
    final RegionPlan plan;

    /** By how far they are from the first page, instructions plus 1; made when needed. */
    private int @Nullable [] byOffset;

    Region(RegionPlan plan) {
        this.plan = plan;
    }

    /**
     * Runs from a block until control leaves the region, something is pending, the CPU's quota is
     * used up, or an instruction faults.
     *
     * @param entry the number of the block to begin with, or {@link #NOWHERE}
     * @return {@link #LEFT}, {@link #FAULTED} or {@link #MISSED}
     */
    abstract int run(Cpu c, int entry);

    /**
     * The number of the instruction so far from the first block's page, or -1.
     *
     * @param likely a number to try first
     */
    final int insnAt(long offset, int likely) {
        if (likely < plan.insns.length && isAt(likely, offset)) {
            return likely;
        }
        int[] numbers = byOffset;
        if (numbers == null) {
            numbers = numbers();
            byOffset = numbers;
        }
        for (int h = hash((int) offset); ; h++) {
            int found = numbers[h & numbers.length - 1] - 1;
            if (found < 0 || isAt(found, offset)) {
                return found;
            }
        }
    }

    private boolean isAt(int number, long offset) {
        return plan.deltaOf[number] + plan.insns[number].start == offset;
    }

    private int[] numbers() {
        int[] numbers = new int[4 * Integer.highestOneBit(plan.insns.length)]; // never full
        for (int i = 0; i < plan.insns.length; i++) {
            int h = hash(plan.deltaOf[i] + plan.insns[i].start);
            while (numbers[h & numbers.length - 1] != 0) {
                h++;
            }
            numbers[h & numbers.length - 1] = i + 1;
        }
        return numbers;
    }

    private static int hash(int offset) {
        return offset * 0x9e37_79b1 >>> 16;
    }

    /** Ends a run at instruction {@code at}, which raised a fault; its page is the current one. */
    final int faulted(Cpu c, int at, int count, long res, long carry) {
        leave(c, count + plan.before[at], res, carry);
        c.faulted = plan.insns[at];
        return FAULTED;
    }

    /** Ends a run before instruction {@code at}, which it could not execute. */
    final int missed(Cpu c, int at, int count, long res, long carry) {
        leave(c, count + plan.before[at], res, carry);
        c.rip = plan.insns[at].thisRip(c) + plan.deltaOf[at];
        return MISSED;
    }

    /** Ends a run after instruction {@code at}, whose write reached decoded code. */
    final int stopped(Cpu c, int at, int count, long res, long carry) {
        leave(c, count + plan.before[at] + 1, res, carry);
        c.rip = plan.insns[at].nextRip(c) + plan.deltaOf[at];
        return LEFT;
    }

    /** Makes the page of instruction {@code at} the current one, for it has raised a fault. */
    final void toPageOf(Cpu c, int at) {
        c.r[Cpu.PAGE_RIP] += plan.deltaOf[at];
    }

    private static void leave(Cpu c, int count, long res, long carry) {
        c.fRes = res;
        c.fCarry = carry;
        c.executed += count;
    }
}
