package org.jvisor.emulator;

import java.util.BitSet;
import java.util.Objects;

/**
 * A region in machine code of the host. Instructions that it has no code for, and those whose
 * memory the TLB does not have, are executed by Java, as the interpreter would, in the middle of a
 * run.
 */
final class HostRegion extends Region {
    private static final int HOST_MXCSR = 0x1f80;

    /** All exceptions of MXCSR masked. */
    private static final int MASKED = 0x1f80;

    /** The highest offset, and all of an offset's bits, in 32-bit code. */
    private static final long FLAT = 0xffff_ffffL;

    /**
     * Where {@link #byJava} leaves a run: at the RIP of the CPU, which host code may know; at one
     * that it must not go to; at a fault.
     */
    private static final int ELSEWHERE = -1, STOPPED = -2, RAISED = -3;

    private final HostCode.Piece piece;

    /** Offsets in the code, by block and by instruction after which it goes on; or -1. */
    private final int[] entries, resume;

    /** The instructions that have no host code. */
    private final BitSet onlyJava;

    private final boolean floats;
    private final boolean xmm;

    /** It is 64-bit code. */
    private final boolean wide;

    /** By block of another page, the first one there; empty if there is none. */
    private final int[] others;

    HostRegion(RegionPlan plan, HostCode.Piece piece, int[] entries, HostEmitter emitted) {
        super(plan);
        this.piece = piece;
        this.entries = entries;
        resume = emitted.resume;
        onlyJava = emitted.onlyJava;
        floats = emitted.floats;
        xmm = plan.xmm() != 0;
        wide = plan.page.mode == Cpu.MODE64;
        others = plan.firstOfOtherPages();
    }

    @Override
    int run(Cpu c, int entry) {
        if (entry < 0) {
            return LEFT;
        }
        if (!isReady(c) || !piece.isThere()) {
            return MISSED;
        }
        long[] r = c.r;
        if (r[HostState.NEXT] == 0) {
            HostState.prepare(r, c.links);
        }
        int quota = Math.min(c.quota, HostState.LONGEST);
        r[HostState.LEFT] = quota;
        r[HostState.PAGES] = pages(c);
        long before = c.executed;
        long target = piece.address + entries[entry];
        long generation = generation(c);
        if (r[HostState.PAGES] != 0 && isReadyIn(generation)) {
            c.links.add(c.rip, generation, this, piece.address, target);
        }
        HostRegion region = this;
        long code = piece.address;
        while (true) {
            int how = enter(c, code, target);
            int left = quota - (int) r[HostState.LEFT];
            int link = (int) r[HostState.LINK];
            if (link >= 0) {
                region = gone(c, link);
            }
            if ((how & (1 << HostState.KIND_BITS) - 1) == HostState.LEAVE) {
                c.executed = before + left;
                c.rip = r[HostState.RIP];
                return LEFT;
            }
            int last = region.byJava(c, how >> HostState.KIND_BITS, before + left);
            if (last >= 0) {
                code = region.piece.address;
                target = code + region.resume[last];
            } else if (last == ELSEWHERE) {
                r[HostState.RIP] = c.rip;
                code = r[HostState.NEXT];
            } else {
                return last == STOPPED ? LEFT : FAULTED;
            }
        }
    }

    /**
     * Executes an instruction by Java, and those behind it that have no host code.
     *
     * @param counted the instructions executed if the block were done
     * @return the last one's number, or {@link #ELSEWHERE}, {@link #STOPPED} or {@link #RAISED}
     */
    private int byJava(Cpu c, int from, long counted) {
        for (int at = from; ; at++) {
            c.executed = counted - plan.remaining[at];
            if (!execute(c, at)) {
                return RAISED;
            }
            Insn insn = plan.insns[at];
            boolean ends = insn.form.is(Form.Attr.END);
            // while it waited for a device or a lock, another CPU may have forgotten all code
            if (c.codeDropped || !piece.isThere() || !(ends ? goesElsewhere(c) : goesOn(c, insn))) {
                c.executed++;
                return STOPPED;
            }
            if (ends) {
                return ELSEWHERE;
            }
            if (plan.remaining[at] == 1 || !onlyJava.get(at + 1)) {
                return at;
            }
        }
    }

    /** After the end of a block that Java executed: whether host code may look where to go on. */
    private static boolean goesElsewhere(Cpu c) {
        return !c.slow && !c.shadow && c.lockstep == null;
    }

    /** The region that a run has come to without Java; its first page is the current one now. */
    private static HostRegion gone(Cpu c, int link) {
        HostRegion region = Objects.requireNonNull(c.links.region(link));
        c.fetchLinear = c.r[Cpu.PAGE_RIP];
        c.fetchPage = region.plan.page;
        return region;
    }

    /** Executes an instruction as the interpreter would; false if it raised a fault. */
    private boolean execute(Cpu c, int at) {
        c.counters.executed++;
        Insn insn = plan.insns[at];
        int delta = plan.deltaOf[at];
        c.r[Cpu.PAGE_RIP] += delta;
        c.rip = insn.nextRip(c);
        try {
            insn.exec(c);
        } catch (GuestFault fault) {
            c.faulted = insn;
            return false;
        }
        c.r[Cpu.PAGE_RIP] -= delta;
        return true;
    }

    /** Whether its code is still there. */
    boolean isThere() {
        return piece.isThere();
    }

    /** Bytes of code. */
    int size() {
        return piece.size;
    }

    /** After an instruction that Java executed: whether the region may go on. */
    private boolean goesOn(Cpu c, Insn insn) {
        if (insn.form.is(Form.Attr.SYSTEM)) {
            c.r[HostState.PAGES] = pages(c);
        }
        return isReady(c); // LDMXCSR may have unmasked exceptions
    }

    /** Whether it may be gone to wherever a generation is the current one. */
    private boolean isReadyIn(long generation) {
        return generation != HostLinks.NONE && (!xmm || (generation & HostLinks.ALL_READY) != 0);
    }

    private boolean isReady(Cpu c) {
        return (wide || isFlat(c)) && (!xmm || RegionWide.allowed(c) && (!floats || isMasked(c)));
    }

    /** Whether 32-bit code need not look at segments other than FS and GS. */
    private static boolean isFlat(Cpu c) {
        return c.segBase[Cpu.CS] == 0
                && c.stackMask == FLAT
                && isFlat(c, Cpu.DS)
                && isFlat(c, Cpu.ES)
                && isFlat(c, Cpu.SS);
    }

    private static boolean isFlat(Cpu c, int segment) {
        return c.segBase[segment] == 0
                && c.segReadEnd[segment] == FLAT
                && c.segWriteEnd[segment] == FLAT;
    }

    private static boolean isMasked(Cpu c) {
        return (c.sse.mxcsr & MASKED) == MASKED;
    }

    /** Of the links that host code may follow; those of some regions only where all are ready. */
    private static long generation(Cpu c) {
        if (c.lockstep != null || c.codeMode != Cpu.MODE64 && !isFlat(c)) {
            return HostLinks.NONE;
        }
        boolean all = RegionWide.allowed(c) && isMasked(c);
        return c.mem.slow.fetches.generation() | (all ? HostLinks.ALL_READY : 0);
    }

    /** Not 0 if all of its pages are where they were. */
    private long pages(Cpu c) {
        for (int i : others) {
            long linear = c.r[Cpu.PAGE_RIP] + plan.deltas[i];
            if (!RegionMemory.fetches(c, this, i, linear)) {
                return 0;
            }
        }
        return 1;
    }

    /** Gives the CPU what {@link HostSystem} may have changed. */
    private static void takeBack(Cpu c) {
        long[] r = c.r;
        c.segBase[Cpu.GS] = r[HostState.GS_BASE];
        c.msrs.kernelGsBase = r[HostState.KERNEL_GS_BASE];
        int old = c.rflags;
        if ((int) r[HostState.RFLAGS] != old) {
            c.rflags = (int) r[HostState.RFLAGS];
            c.flagsChanged(old);
        }
    }

    /** Runs host code, with the CPU's state where that has it. */
    private static int enter(Cpu c, long code, long target) {
        long[] r = c.r;
        r[HostState.FLAGS] = HostState.pack(Flags.arithmetic(c));
        r[HostState.FS_BASE] = c.segBase[Cpu.FS];
        r[HostState.GS_BASE] = c.segBase[Cpu.GS];
        r[HostState.MXCSR] = c.sse.mxcsr | (long) HOST_MXCSR << 32;
        r[HostState.RFLAGS] = c.rflags;
        r[HostState.CPL] = c.cpl;
        r[HostState.IRQ_WAITING] = c.irqWaiting ? 1 : 0;
        r[HostState.KERNEL_GS_BASE] = c.msrs.kernelGsBase;
        r[HostState.LINK] = -1;
        r[HostState.GENERATION] = generation(c);
        int how =
                HostState.enter(
                        c.registers,
                        c.mem.segment(),
                        c.sse.segment,
                        code,
                        target,
                        c.mem.otherSegment());
        takeBack(c);
        Flags.set(c, HostState.unpack(r[HostState.FLAGS]));
        int mxcsr = (int) r[HostState.MXCSR];
        if (mxcsr != c.sse.mxcsr) {
            c.sse.setMxcsr(mxcsr);
        }
        return how;
    }
}
