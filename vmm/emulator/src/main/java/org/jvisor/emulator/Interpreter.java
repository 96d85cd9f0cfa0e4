package org.jvisor.emulator;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.VcpuExit;

/** The main loop of one CPU: events between blocks, blocks, and the delivery of faults. */
final class Interpreter {
    /** Entries of the cache of jump targets; a power of two. */
    private static final int JUMPS = 4096;

    /** More than a region executes between two looks at its quota. */
    private static final int INEXACT = 2 * RegionPlan.MAX_HOST_INSNS;

    private final Cpu c;

    /** {@link Board#counted}. */
    private final boolean counted;

    private final BlockDecoder decoder = new BlockDecoder();

    /** Blocks that were gone to from translated code, by address. */
    private final @Nullable Block[] jumps = new Block[JUMPS];

    Interpreter(Cpu c) {
        this.c = c;
        this.counted = c.board.counted;
    }

    /**
     * Runs until something needs the owner.
     *
     * @param slice instructions after which to return {@link VcpuExit#SLICE}
     */
    VcpuExit run(long slice) {
        Rendezvous rendezvous = c.board.rendezvous;
        rendezvous.enter(c);
        try {
            return loop(slice);
        } finally {
            rendezvous.leave(c);
        }
    }

    private VcpuExit loop(long slice) {
        long end = c.executed + slice;
        while (true) {
            int pending = c.pending();
            if (pending != 0) {
                VcpuExit exit = events(pending);
                if (exit != null) {
                    return exit;
                }
            }
            if (c.executed >= end) {
                return VcpuExit.SLICE;
            }
            if (c.slow || c.shadow) {
                step();
                if (c.hostStep) {
                    return VcpuExit.DEBUG;
                }
            } else {
                runBlocks(end);
            }
        }
    }

    /** Runs blocks until something is pending, the slice is used up or a slow step is needed. */
    private void runBlocks(long end) {
        Cpu c = this.c;
        Block block = find(fetchAddress(c));
        while (block != null) {
            Region region = block.region;
            boolean on =
                    region != null && flat(c) && (!counted || end - c.executed > INEXACT)
                            ? run(block, region, end)
                            : counted ? interpretCounted(block, end) : interpret(block);
            if (!on || c.pending() != 0 || c.executed >= end || c.slow || c.shadow) {
                return;
            }
            block = next(c, block);
        }
    }

    /** Whether every RIP may be fetched: translated code does not check. */
    private static boolean flat(Cpu c) {
        return c.codeMode == Cpu.MODE64 || c.codeEnd == 0xffff_ffffL;
    }

    /** Runs translated code; false if a fault was delivered. */
    private boolean run(Block block, Region region, long end) {
        Cpu c = this.c;
        long quota = end - c.executed - (counted ? INEXACT : 0);
        c.quota = (int) Math.min(quota, Integer.MAX_VALUE);
        c.codeDropped = false;
        Lockstep lockstep = c.lockstep;
        int how = lockstep == null ? region.run(c, block.entry) : lockstep.run(region, block.entry);
        if (how == Lockstep.NOT_REPEATABLE) {
            return counted ? interpretCounted(block, end) : interpret(block);
        }
        return switch (how) {
            case Region.LEFT -> true;
            case Region.MISSED -> missed(block, end);
            default -> {
                raise(c.fault, Objects.requireNonNull(c.faulted));
                yield false;
            }
        };
    }

    /** Interprets what is left of a block of translated code; false as {@link #interpret}. */
    private boolean missed(Block entered, long end) {
        Cpu c = this.c;
        c.counters.missed++;
        Block block = next(c, entered);
        if (block == null) {
            return false;
        }
        if (++entered.misses == Block.MISSES) {
            c.board.regions.requestCalls(c, entered);
        }
        block.heat--; // this says nothing of how often it begins there
        return counted ? interpretCounted(block, end) : interpret(block);
    }

    /** Interprets a block; false if it was not run to its end. */
    private boolean interpret(Block block) {
        Cpu c = this.c;
        Insn[] code = block.code;
        long after = c.r[Cpu.PAGE_RIP] + block.end;
        if (after - 1 > c.codeEnd) {
            step(); // runs into the CS limit
            return false;
        }
        c.rip = after & c.ripMask;
        if (++block.heat >= RegionService.HOT && !block.requested && flat(c)) {
            c.board.regions.request(c, block);
        }
        int i = 0;
        try {
            for (; i < code.length; i++) {
                code[i].exec(c);
            }
            interpreted(code.length);
            return true;
        } catch (GuestFault fault) {
            interpreted(i);
            raise(fault, code[i]);
        } catch (StopInsn.Stop stop) {
            interpreted(i);
            c.rip = code[i].thisRip(c);
        }
        return false;
    }

    /**
     * As {@link #interpret}, counting every instruction when it is done, and not beyond {@code
     * end}: what looks at the clock finds it exact, and the next run begins where this one had to
     * end.
     */
    private boolean interpretCounted(Block block, long end) {
        Cpu c = this.c;
        Insn[] code = block.code;
        long after = c.r[Cpu.PAGE_RIP] + block.end;
        if (after - 1 > c.codeEnd) {
            step(); // runs into the CS limit
            return false;
        }
        c.rip = after & c.ripMask;
        if (++block.heat >= RegionService.HOT && !block.requested && flat(c)) {
            c.board.regions.request(c, block);
        }
        int i = 0;
        int count = (int) Math.min(code.length, end - c.executed);
        try {
            for (; i < count; i++) {
                code[i].exec(c);
                c.executed++;
                c.counters.interpreted++;
            }
            if (count == code.length) {
                return true;
            }
            c.rip = code[i].thisRip(c);
        } catch (GuestFault fault) {
            raise(fault, code[i]);
        } catch (StopInsn.Stop stop) {
            c.rip = code[i].thisRip(c);
        }
        return false;
    }

    private void interpreted(int instructions) {
        c.executed += instructions;
        c.counters.interpreted += instructions;
    }

    private static long fetchAddress(Cpu c) {
        return c.codeMode == Cpu.MODE64 ? c.rip : c.rip + c.segBase[Cpu.CS] & 0xffff_ffffL;
    }

    /**
     * The block at RIP after {@code last} has run, with PAGE_RIP set for it; null if a fault was
     * delivered instead.
     */
    private @Nullable Block next(Cpu c, Block last) {
        long linear = fetchAddress(c);
        long offset = linear - c.fetchLinear;
        CodePage page = c.fetchPage;
        boolean leaves = offset >>> 12 != 0;
        if (leaves) {
            page = c.mem.slow.fetches.find(linear);
            offset = linear & 0xfff;
        }
        Block next = last.region == null ? last.next : jumps[jump(linear)];
        if (next == null || next.offset != offset || next.page != page) {
            next = last.otherNext;
            if (next == null || next.offset != offset || next.page != page) {
                return look(last, linear);
            }
        }
        if (leaves) {
            enter(c, next.page, linear);
        }
        return next;
    }

    private static int jump(long linear) {
        return (int) (linear ^ linear >>> 12) & JUMPS - 1;
    }

    private @Nullable Block look(Block last, long linear) {
        Block next = find(linear);
        if (next != null && next.second == null && last.region != null) {
            jumps[jump(linear)] = next;
            return next;
        }
        if (next != null && next.second == null) {
            last.otherNext = last.next;
            last.next = next;
            if (last.otherNext != null) {
                last.wentTo(next);
            }
        }
        return next;
    }

    /** Makes {@code page}, which holds {@code linear}, the current page. */
    private static void enter(Cpu c, CodePage page, long linear) {
        c.fetchLinear = linear & ~0xfffL;
        c.fetchPage = page;
        c.r[Cpu.PAGE_RIP] = c.rip - (linear & 0xfff);
    }

    private @Nullable Block find(long linear) {
        Cpu c = this.c;
        try {
            if (c.rip > c.codeEnd) {
                throw c.gp();
            }
            c.board.code.makeRoom(c);
            CodePage page = c.mem.slow.fetch(linear);
            int offset = (int) linear & 0xfff;
            enter(c, page, linear);
            Block block = page.block(offset);
            if (block != null
                    && (block.second == null
                            || block.second
                                    == c.mem.slow.fetch(BlockDecoder.nextPage(c, linear)))) {
                return block;
            }
            return decode(linear);
        } catch (GuestFault fault) {
            Exceptions.raise(c, fault);
            return null;
        }
    }

    /** Decodes and keeps the block at {@code linear}, which another CPU may do at the same time. */
    private Block decode(long linear) {
        Cpu c = this.c;
        Rendezvous rendezvous = c.board.rendezvous;
        rendezvous.lock(c);
        try {
            CodePage page = c.mem.slow.fetch(linear); // it may have died while we waited
            enter(c, page, linear);
            Block block = page.block((int) linear & 0xfff);
            return block != null && block.second == null
                    ? block
                    : decoder.decode(c, page, (int) linear & 0xfff, linear);
        } finally {
            rendezvous.unlock();
        }
    }

    /** Executes one instruction with all that goes with single steps and breakpoints. */
    private void step() {
        Cpu c = this.c;
        boolean trap = (c.rflags & Cpu.TF) != 0;
        boolean shadowed = c.shadow;
        Block block = find(fetchAddress(c));
        if (block == null) {
            return;
        }
        if (DebugRegisters.atInstruction(c)) {
            return;
        }
        block.heat++; // what follows STI belongs to the region that STI is in
        Insn insn = block.code[0];
        if (c.r[Cpu.PAGE_RIP] + insn.end - 1 > c.codeEnd) {
            Exceptions.raise(c, c.gp());
            return;
        }
        long next = insn.nextRip(c);
        c.rip = next;
        if (shadowed) {
            c.shadow = false;
        }
        boolean resume = (c.rflags & Cpu.RF) != 0;
        try {
            insn.exec(c);
        } catch (GuestFault fault) {
            raise(fault, insn);
            return;
        } catch (StopInsn.Stop stop) {
            c.rip = insn.thisRip(c);
            c.shadow = shadowed;
            return;
        }
        c.executed++;
        c.counters.stepped++;
        if (trap && insn.form.is(Form.Attr.REP) && c.rip == insn.thisRip(c)) {
            c.rflags |= Cpu.RF; // more repetitions follow (SDM 3B §17.3.1.1)
        } else if (resume && !insn.form.is(Form.Attr.SETS_RF)) {
            c.rflags &= ~Cpu.RF;
            c.updateSlow();
        }
        DebugRegisters.afterInstruction(c, trap && !(c.branchSteps && c.rip == next));
    }

    /** Delivers a fault of {@code insn}: RIP goes back to it. */
    private void raise(GuestFault fault, Insn insn) {
        c.rip = insn.thisRip(c);
        if (fault.nonCanonical && throughStack(fault, insn)) {
            fault.vector = Cpu.SS_FAULT;
        }
        Exceptions.raise(c, fault);
    }

    private boolean throughStack(GuestFault fault, Insn insn) {
        if (insn.form.is(Form.Attr.STACK)) {
            if (!insn.isMemory() || insn.seg == Cpu.SS) {
                return true;
            }
            // POP reads the stack first, PUSH and CALL read their operand first
            return insn.form.mnemonic.equals("POP")
                    ? leavesCanonical(c.r[Cpu.RSP], insn.opSize)
                    : !leavesCanonical(insn.ea(c), insn.memSize);
        }
        boolean source =
                insn.form.is(Form.Attr.REP)
                        && fault.address == Alu.truncate(c.r[Cpu.RSI], insn.addrSize);
        boolean implicit = insn.form.mnemonic.equals("XLAT");
        return (insn.isMemory() || source || implicit) && insn.seg == Cpu.SS;
    }

    private static boolean leavesCanonical(long address, int size) {
        return !CodeSegment.isCanonical(address) || !CodeSegment.isCanonical(address + size - 1);
    }

    // ---- events ----

    /** Looks at the pending set; the exit to return, or null to go on. */
    private @Nullable VcpuExit events(int pending) {
        Cpu c = this.c;
        if ((pending & Cpu.PENDING_SHUTDOWN) != 0) {
            return VcpuExit.SHUTDOWN;
        }
        if ((pending & Cpu.PENDING_STOP) != 0) {
            c.board.rendezvous.pause(c);
        }
        if ((pending & Cpu.PENDING_CODE_WRITE) != 0) {
            c.clearPending(Cpu.PENDING_CODE_WRITE);
            c.board.code.dropWrittenByDevices(c);
        }
        if ((pending & Cpu.PENDING_INIT) != 0) {
            c.clearPending(Cpu.PENDING_INIT);
            Reset.init(c);
            return VcpuExit.SLICE;
        }
        if ((pending & Cpu.PENDING_SIPI) != 0) {
            c.clearPending(Cpu.PENDING_SIPI);
            if (c.waitForSipi) {
                Reset.startup(c);
            }
        }
        if ((pending & Cpu.PENDING_KICK) != 0) {
            c.clearPending(Cpu.PENDING_KICK);
            return VcpuExit.KICKED;
        }
        if ((pending & Cpu.PENDING_YIELD) != 0) {
            c.clearPending(Cpu.PENDING_YIELD);
            return VcpuExit.SLICE;
        }
        if (c.waitForSipi) {
            return VcpuExit.HALTED;
        }
        if ((pending & Cpu.PENDING_INJECT) != 0) {
            inject();
        } else if (!c.shadow) {
            interrupts(pending);
        }
        return c.halted ? VcpuExit.HALTED : null;
    }

    private void inject() {
        c.clearPending(Cpu.PENDING_INJECT);
        wake();
        int vector = c.injectVector;
        c.injectVector = -1;
        Exceptions.deliver(
                c,
                vector,
                c.injectHasError,
                c.injectError,
                c.injectIsInterrupt ? Exceptions.EXTERNAL : Exceptions.EXCEPTION);
    }

    private void interrupts(int pending) {
        if ((pending & Cpu.PENDING_NMI) != 0 && !c.nmiBlocked) {
            c.clearPending(Cpu.PENDING_NMI);
            wake();
            c.nmiBlocked = true;
            Exceptions.deliver(c, Cpu.NMI, false, 0, Exceptions.EXTERNAL);
        } else if ((pending & Cpu.PENDING_IRQ) != 0) {
            c.clearPending(Cpu.PENDING_IRQ);
            var apic = c.apic;
            if ((c.rflags & Cpu.IF) == 0) {
                c.irqWaiting = true; // Cpu.flagsChanged asks again
            } else if (apic != null && apic.interruptReady()) {
                int vector = apic.acknowledge();
                if (vector >= 0) {
                    c.signal(Cpu.PENDING_IRQ); // there may be more
                    wake();
                    Exceptions.deliver(c, vector, false, 0, Exceptions.EXTERNAL);
                }
            }
        }
    }

    /** Whether a run would return HALTED at once. */
    boolean idle() {
        int pending = c.pending();
        if (!c.halted && !c.waitForSipi) {
            return false;
        }
        if ((pending & ~(Cpu.PENDING_HALT | Cpu.PENDING_IRQ | Cpu.PENDING_NMI | Cpu.PENDING_STOP))
                != 0) {
            return false;
        }
        if (c.waitForSipi) {
            return true;
        }
        var apic = c.apic;
        boolean interrupt =
                (pending & Cpu.PENDING_IRQ) != 0
                        && (c.rflags & Cpu.IF) != 0
                        && apic != null
                        && apic.interruptReady();
        boolean nmi = (pending & Cpu.PENDING_NMI) != 0 && !c.nmiBlocked;
        return !interrupt && !nmi;
    }

    private void wake() {
        if (c.halted) {
            c.halted = false;
            c.clearPending(Cpu.PENDING_HALT);
        }
    }
}
