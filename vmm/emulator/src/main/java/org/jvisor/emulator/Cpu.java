package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.LocalApic;

/**
 * The architectural state of one virtual CPU in plain fields, and the small operations that every
 * instruction needs. Owned by the thread that runs the vCPU; only the pending set is written by
 * others.
 */
final class Cpu {
    /** Indices into {@link #r}: the general registers in the order of their encoding. */
    static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;

    /** Index into {@link #r} of a register that always holds 0: "no base", "no index". */
    static final int ZERO = 16;

    /**
     * Index into {@link #r} of the RIP of offset 0 in the current code page: the RIP after an
     * instruction is this plus {@link Insn#end}.
     */
    static final int PAGE_RIP = 17;

    /** Indices of segment registers, as in VcpuState. */
    static final int ES = 0, CS = 1, SS = 2, DS = 3, FS = 4, GS = 5, LDTR = 6, TR = 7;

    /** Code sizes: what decoding depends on. */
    static final int MODE16 = 0, MODE32 = 1, MODE64 = 2;

    /** RFLAGS bits (SDM 1 §3.4.3). */
    static final int CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, TF = 0x100, IF = 0x200;

    /** More RFLAGS bits. */
    static final int DF = 0x400, OF = 0x800, IOPL = 0x3000, NT = 0x4000, RF = 0x1_0000;

    /** More RFLAGS bits. */
    static final int VM = 0x2_0000, AC = 0x4_0000, VIF = 0x8_0000, VIP = 0x10_0000, ID = 0x20_0000;

    /** The six arithmetic flags, kept lazily in {@link #fRes} and {@link #fCarry}. */
    static final int ARITH = OF | SF | ZF | AF | PF | CF;

    /** Exception vectors (SDM 3A table 6-1). */
    static final int DE = 0, DB = 1, NMI = 2, BP = 3, OVERFLOW = 4, BR = 5, UD = 6, NM = 7;

    /** More exception vectors. */
    static final int DOUBLE_FAULT = 8, TS = 10, NP = 11, SS_FAULT = 12, GP = 13, PAGE_FAULT = 14;

    /** More exception vectors. */
    static final int MF = 16, ALIGN = 17, MC = 18, XM = 19;

    /** Bits of {@link #pending}: what the main loop must look at before the next block. */
    static final int PENDING_IRQ = 1, PENDING_NMI = 2, PENDING_INIT = 4, PENDING_SIPI = 8;

    /** More bits of {@link #pending}. */
    static final int PENDING_KICK = 0x10, PENDING_CODE_WRITE = 0x20, PENDING_HALT = 0x40;

    /** More bits of {@link #pending}: shutdown, an event to inject, the end of the slice. */
    static final int PENDING_SHUTDOWN = 0x80, PENDING_INJECT = 0x100, PENDING_YIELD = 0x200;

    /** Another CPU waits for this one to go outside: see {@link Rendezvous}. */
    static final int PENDING_STOP = 0x400;

    /** A {@link #fetchLinear} that no fetch address is near: it is not canonical. */
    static final long FETCH_INVALID = Long.MIN_VALUE;

    private static final VarHandle PENDING = MethodHandles.arrayElementVarHandle(long[].class);

    // ---- registers ----

    /** The 16 general registers, {@link #ZERO}, {@link #PAGE_RIP}, and what HostState says. */
    final long[] r = new long[HostState.PLACES];

    /** {@link #r} for host code. */
    final MemorySegment registers = MemorySegment.ofArray(r);

    /**
     * The next instruction's RIP between blocks. While a block runs it already holds the address
     * after the block: instructions use {@link Insn#nextRip}; branches overwrite this.
     */
    long rip;

    /** RFLAGS without the arithmetic flags; bit 1 set. */
    int rflags = 2;

    /** Lazy flags: the last result, sign-extended to 64 bits. See {@link Flags}. */
    long fRes = 1;

    /** Lazy flags: carries. See {@link Flags}. */
    long fCarry;

    /** Segment registers' caches, by {@link #ES} to {@link #TR}; set through {@link Segments}. */
    final int[] segSel = new int[8];

    /** Linear bases. */
    final long[] segBase = new long[8];

    /** Limits in bytes, scaled; unsigned. */
    final int[] segLimit = new int[8];

    /** Access rights in the format of {@link org.jvisor.vmm.api.Segment#access()}. */
    final int[] segAccess = new int[8];

    /** Highest offset readable without a closer look, or -1: derived by {@link Segments}. */
    final long[] segReadEnd = new long[8];

    /** Highest offset writable without a closer look, or -1: derived by {@link Segments}. */
    final long[] segWriteEnd = new long[8];

    long gdtBase;
    long idtBase;
    int gdtLimit = 0xffff;
    int idtLimit = 0xffff;
    long cr0 = 0x6000_0010;
    long cr2;
    long cr3;
    long cr4;
    long efer;

    /** XCR0. */
    long xcr0 = 1;

    /** DR0 to DR3. */
    final long[] dr = new long[4];

    long dr6 = 0xffff_0ff0L;
    long dr7 = 0x400;

    // ---- derived from the registers ----

    /** Current privilege level; change it through {@link #setCpl}. */
    int cpl;

    /** {@link #MODE16}, {@link #MODE32} or {@link #MODE64}, from CS and EFER.LMA. */
    int codeMode;

    /** What RIP is cut to: 16, 32 or 64 bits. */
    long ripMask = 0xffff;

    /** The highest RIP that may be fetched: the CS limit, or no bound in 64-bit mode. */
    long codeEnd = 0xffff;

    /** What stack addresses are cut to, from SS.B or 64-bit mode. */
    long stackMask = 0xffff;

    /** Whether EFER.LMA is set. */
    boolean longMode;

    // ---- parts ----

    /** The x87 and MMX registers. */
    final Fpu fpu = new Fpu();

    /** The XMM registers and MXCSR. */
    final Sse sse = new Sse();

    /** Linear memory as this CPU sees it. */
    final Mmu mem;

    /** What all CPUs of the machine share. */
    final Board board;

    /** Its number and APIC ID. */
    final int index;

    /** The local APIC, where there is one. */
    @Nullable LocalApic apic;

    /** The model-specific registers. */
    Msrs msrs = new Msrs();

    /** What RDRAND draws from. */
    final Entropy entropy = new Entropy();

    /** For CMPXCHG16B. */
    final WideExchange wide = new WideExchange();

    /** For the frames of control transfers. */
    final StackCursor stack = new StackCursor(this);

    /** The caller's stack while a call gate copies parameters. */
    final StackCursor otherStack = new StackCursor(this);

    /** For task switches. */
    final TssImage tss = new TssImage();

    // ---- debugging, see DebugRegisters ----

    /** Data and I/O breakpoints hit, as bits of DR6, while the CPU steps. */
    int debugHits;

    /** Debug traps wait until after the next instruction: SS was just loaded. */
    boolean debugHold;

    /** The running instruction loaded SS. */
    boolean loadedSs;

    /** The running instruction does not trap for TF. */
    boolean noTrap;

    /** IA32_DEBUGCTL.BTF: TF traps on branches only. */
    boolean branchSteps;

    // ---- control of the main loop ----

    /** It may touch guest memory: see {@link Rendezvous}. Written by its thread only. */
    volatile boolean inside;

    /** In HLT. */
    boolean halted;

    /** Waiting for a start-up IPI, after INIT or before it. */
    boolean waitForSipi;

    /** Interrupts are held off until after the next instruction (STI, MOV SS, POP SS). */
    boolean shadow;

    /** NMIs are blocked until IRET. */
    boolean nmiBlocked;

    /** IA32_APIC_BASE while no APIC is attached. */
    long apicBase = 0xfee0_0900L;

    /** The vector of the last start-up IPI. */
    volatile int sipiVector;

    /** An event to deliver first (from a restored state): vector, or -1. */
    int injectVector = -1;

    /** About {@link #injectVector}: an external interrupt, with an error code, and which. */
    boolean injectIsInterrupt, injectHasError;

    /** See {@link #injectHasError}. */
    int injectError;

    /** PAUSE instructions executed. */
    int pauses;

    /** The APIC may have something, but IF was clear when the main loop looked. */
    boolean irqWaiting;

    /** One instruction at a time: TF, a host's single step, or an armed debug register. */
    boolean slow;

    /** The host's single step. */
    boolean hostStep;

    /** Why the CPU stopped for good; empty while it did not. */
    String failure = "";

    /** Guest instructions executed. */
    long executed;

    /** What it did, for statistics. */
    final CpuCounters counters = new CpuCounters();

    // ---- translated code ----

    /** The instruction whose fault ended the last run of a region. */
    @Nullable Insn faulted;

    /** Instructions after which a region must be left at the next backward branch. */
    int quota;

    /** A write of this CPU reached decoded code: a region must not go on. */
    boolean codeDropped;

    /**
     * The linear address of the page that {@link #fetchPage} decodes, or an address that no RIP is
     * near when it must be looked up again.
     */
    long fetchLinear = FETCH_INVALID;

    /** The code page of {@link #fetchLinear}. */
    @Nullable CodePage fetchPage;

    /** What {@link StopInsn} throws. */
    final StopInsn.Stop stop = new StopInsn.Stop();

    /** The fault that is being raised: what {@link #fault(int)} and its like return. */
    final GuestFault fault = new GuestFault();

    /** The regions that host code finds. */
    final HostLinks links = new HostLinks();

    /** Compares translated code with the interpreter; null while that is off. */
    @Nullable Lockstep lockstep;

    Cpu(Board board, int index) {
        this.board = board;
        this.index = index;
        this.mem = new Mmu(this, board);
        this.lockstep = Lockstep.of(this);
    }

    // ---- faults: throw what these return ----

    /** An exception without an error code. */
    GuestFault fault(int vector) {
        fault.vector = vector;
        fault.hasError = false;
        fault.error = 0;
        fault.nonCanonical = false;
        return fault;
    }

    /** An exception with an error code. */
    GuestFault fault(int vector, int error) {
        fault.vector = vector;
        fault.hasError = true;
        fault.error = error;
        fault.nonCanonical = false;
        return fault;
    }

    /** #GP(0). */
    GuestFault gp() {
        return fault(GP, 0);
    }

    /** #UD. */
    GuestFault ud() {
        return fault(UD);
    }

    /** #PF; CR2 is set on delivery. */
    GuestFault pageFault(long linear, int error) {
        fault(PAGE_FAULT, error);
        fault.address = linear;
        return fault;
    }

    /** #GP(0), or #SS(0) if the instruction's access went through SS. */
    GuestFault nonCanonical(long linear) {
        fault(GP, 0);
        fault.address = linear;
        fault.nonCanonical = true;
        return fault;
    }

    // ---- registers by size ----

    /**
     * Reads a byte register.
     *
     * @param n 0 to 15 for the low byte; {@code 32 + n} for AH, CH, DH, BH (n 0 to 3)
     */
    int reg8(int n) {
        return n < 16 ? (int) r[n] & 0xff : (int) r[n - 32] >>> 8 & 0xff;
    }

    /** Writes a byte register, numbered as in {@link #reg8}. */
    void setReg8(int n, long value) {
        if (n < 16) {
            r[n] = (r[n] & ~0xffL) | (value & 0xff);
        } else {
            r[n - 32] = (r[n - 32] & ~0xff00L) | (value & 0xff) << 8;
        }
    }

    /** Reads a register of 1, 2, 4 or 8 bytes, zero-extended. */
    long reg(int n, int size) {
        return switch (size) {
            case 1 -> reg8(n);
            case 2 -> r[n] & 0xffff;
            case 4 -> r[n] & 0xffff_ffffL;
            default -> r[n];
        };
    }

    /** Writes a register of 1, 2, 4 or 8 bytes; 4 bytes clear the upper half. */
    void setReg(int n, int size, long value) {
        switch (size) {
            case 1 -> setReg8(n, value);
            case 2 -> r[n] = (r[n] & ~0xffffL) | (value & 0xffff);
            case 4 -> r[n] = value & 0xffff_ffffL;
            default -> r[n] = value;
        }
    }

    // ---- modes ----

    /** CR0.PE is set and EFLAGS.VM is not. */
    boolean protectedMode() {
        return (cr0 & ControlBits.CR0_PE) != 0 && (rflags & VM) == 0;
    }

    /** Virtual-8086 mode. */
    boolean v86() {
        return (rflags & VM) != 0;
    }

    /** Sets the privilege level and the view of memory that goes with it. */
    void setCpl(int level) {
        cpl = level;
        fetchInvalid();
        mem.selectView();
    }

    /** Whether 64-bit code runs. */
    boolean is64() {
        return codeMode == MODE64;
    }

    // ---- flags ----

    /** RFLAGS with the arithmetic flags. */
    int flags() {
        return rflags | Flags.arithmetic(this);
    }

    /**
     * Sets RFLAGS whole. The caller has merged what must not change; IF, TF and AC take effect at
     * the next block boundary, so the instruction must end its block.
     */
    void setFlags(int value) {
        Flags.set(this, value);
        int old = rflags;
        rflags = (value & ~ARITH & 0x3f_7fd7) | 2;
        flagsChanged(old);
    }

    /** Must follow a change of IF, TF, AC or VM in {@link #rflags}. */
    void flagsChanged(int old) {
        int changed = old ^ rflags;
        if ((changed & AC) != 0) {
            mem.selectView();
        }
        if ((rflags & IF) != 0 && irqWaiting) {
            irqWaiting = false;
            signal(PENDING_IRQ);
        }
        updateSlow();
    }

    /** Recomputes {@link #slow}: must follow a change of TF, RF, DR7 or the host's stepping. */
    void updateSlow() {
        slow = (rflags & (TF | RF)) != 0 || hostStep || (dr7 & 0xff) != 0;
    }

    // ---- code ----

    /** Makes the next block be looked up anew: paging, CS, CPL or code size changed. */
    void fetchInvalid() {
        fetchLinear = FETCH_INVALID;
        mem.slow.fetches.select(cpl == 3, codeMode, mem.slow.spaces.current());
        fetchPage = null;
    }

    /** Has host code find no region any more: code is gone. */
    void unlink() {
        mem.slow.fetches.renew();
    }

    // ---- pending events ----

    /** Sets bits of the pending set; from any thread. */
    void signal(int bits) {
        PENDING.getAndBitwiseOr(r, HostState.PENDING, (long) bits);
    }

    /** Clears bits of the pending set. */
    void clearPending(int bits) {
        PENDING.getAndBitwiseAnd(r, HostState.PENDING, ~(long) bits);
    }

    /** The pending set. */
    int pending() {
        return (int) (long) PENDING.getOpaque(r, HostState.PENDING);
    }

    /** Stops the CPU for good: a triple fault and the like. */
    void shutdown(String why) {
        failure = why;
        signal(PENDING_SHUTDOWN);
    }

    /** The time-stamp counter before IA32_TSC_ADJUST: 1 GHz, so nanoseconds of the clock. */
    long tsc() {
        return board.clock.nanoTime();
    }
}
