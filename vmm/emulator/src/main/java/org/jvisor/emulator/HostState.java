package org.jvisor.emulator;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.NativeCode;

/**
 * Where host code finds the CPU: places in {@link Cpu#r} beside the registers, and the call that
 * goes there. The arrays are passed as they are on the heap, so the collector has to wait until the
 * call returns: {@link #LONGEST} bounds that.
 *
 * <p>While host code runs, RBP is the address of {@link Cpu#r}, RBX that of the TLB's view, and on
 * top of the stack is that of the XMM registers. RAX, RCX and RDX are free; the other registers
 * hold what {@link HostEmitter} says.
 */
final class HostState {
    /** RIP when host code is left. */
    static final int RIP = 18;

    /** Arithmetic flags as LAHF and SETO leave them in AX. */
    static final int FLAGS = 19;

    /** Instructions left before the run must end; 32 bits, signed. */
    static final int LEFT = 20;

    /** {@link Cpu#pending()}. */
    static final int PENDING = 21;

    /** Bases of FS and GS. */
    static final int FS_BASE = 22, GS_BASE = 23;

    /** MXCSR: the guest's in the lower half, the host's in the upper one. */
    static final int MXCSR = 24;

    /** Whether the region's other pages are where they were: not 0. */
    static final int PAGES = 25;

    /** For a value that no register has room for. */
    static final int SPARE = 26;

    /** Address of the table of {@link HostLinks}, and the generation of what may be found there. */
    static final int LINKS = 27, GENERATION = 28;

    /** The entry of that table by which the region that runs was found; -1 at first. */
    static final int LINK = 29;

    /** Address of the code that goes on to the next region. */
    static final int NEXT = 30;

    /** RFLAGS without the arithmetic flags. */
    static final int RFLAGS = 31;

    /** {@link Cpu#cpl}, and whether {@link Cpu#irqWaiting}. */
    static final int CPL = 32, IRQ_WAITING = 33;

    /** IA32_KERNEL_GS_BASE. */
    static final int KERNEL_GS_BASE = 34;

    /** Address of the view of memory that is the current one when EFLAGS.AC changes. */
    static final int OTHER_VIEW = 35;

    /** Places in {@link Cpu#r}. */
    static final int PLACES = 36;

    /** The most instructions in one call. */
    static final int LONGEST = 50_000;

    /** What the call returns, in its low bits; the rest is the number of an instruction. */
    static final int LEAVE = 0, EXECUTE = 1, KIND_BITS = 1;

    private static final MethodHandle ENTER;
    private static final long NEXT_ADDRESS;

    static {
        HostAssembler a = new HostAssembler();
        for (int register : new int[] {HostAssembler.RBX, HostAssembler.RBP, 12, 13, 14, 15}) {
            a.push(register);
        }
        a.push(HostAssembler.RDX); // the XMM registers
        a.move(HostAssembler.RBP, HostAssembler.RDI);
        a.move(HostAssembler.RBX, HostAssembler.RSI);
        a.store(9, HostAssembler.RBP, 8 * OTHER_VIEW);
        a.move(HostAssembler.RAX, 8);
        a.jumpTo(HostAssembler.RCX);
        int next = a.length();
        next(a);
        NativeCode code = NativeCode.of(a.finish()); // for as long as the process lives
        NEXT_ADDRESS = code.address() + next;
        ENTER =
                Linker.nativeLinker()
                        .downcallHandle(
                                MemorySegment.ofAddress(code.address()),
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.ADDRESS,
                                        ValueLayout.ADDRESS,
                                        ValueLayout.ADDRESS,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.ADDRESS),
                                Linker.Option.critical(true));
    }

    private HostState() {}

    /** Makes the call: before a CPU has to wait for it. */
    static void ready() {
        assert NEXT_ADDRESS != 0;
    }

    /**
     * Goes on at {@link #RIP} in the region that {@link HostLinks} has for it, or returns.
     * Registers and flags are in memory.
     */
    private static void next(HostAssembler a) {
        int rbp = HostAssembler.RBP;
        int rax = HostAssembler.RAX;
        int rcx = HostAssembler.RCX;
        int rdx = HostAssembler.RDX;
        int out = a.label();
        a.memory(0, 4, 0, 0x83, 7, rbp, 8 * LEFT);
        a.int8(0);
        a.jump(HostAssembler.LESS_EQUAL, out);
        a.memory(0, 4, 0, 0x83, 7, rbp, 8 * PENDING);
        a.int8(0);
        a.jump(HostAssembler.NOT_EQUAL, out);
        a.load(rdx, rbp, 8 * RIP);
        a.registers(0, 4, 0, 0x8b, rcx, rdx);
        a.move(rax, rdx);
        a.registers(0, 8, 0, 0xc1, 5, rax); // SHR
        a.int8(12);
        a.registers(0, 4, 0, 0x33, rcx, rax); // XOR
        a.group1(4, 4, rcx, HostLinks.ENTRIES - 1);
        a.load(rax, rbp, 8 * GENERATION);
        a.registers(0, 8, 0, 0x33, rax, rdx); // XOR
        a.store(rcx, rbp, 8 * SPARE);
        a.registers(0, 4, 0, 0xc1, 4, rcx); // SHL
        a.int8(5);
        a.memory(0, 8, 0, 0x03, rcx, rbp, 8 * LINKS); // ADD
        a.memory(0, 8, 0, 0x3b, rax, rcx, 0); // CMP
        a.jump(HostAssembler.NOT_EQUAL, out);
        a.group1(4, 8, rdx, -4096);
        a.store(rdx, rbp, 8 * Cpu.PAGE_RIP);
        a.load(rax, rbp, 8 * SPARE);
        a.store(rax, rbp, 8 * LINK);
        a.memory(0, 4, 0, 0xc7, 0, rbp, 8 * PAGES);
        a.int32(1);
        a.load(rax, rcx, HostLinks.TARGET);
        a.memory(0, 4, 0, 0xff, 4, rcx, HostLinks.CODE); // JMP
        a.bind(out);
        a.constant(rax, LEAVE);
        leave(a);
    }

    /** Gives a CPU what does not change. */
    static void prepare(long[] r, HostLinks links) {
        r[NEXT] = NEXT_ADDRESS;
        r[LINKS] = links.address();
    }

    /** Writes how host code returns what is in EAX. */
    static void leave(HostAssembler a) {
        a.pop(HostAssembler.RDX);
        for (int register : new int[] {15, 14, 13, 12, HostAssembler.RBP, HostAssembler.RBX}) {
            a.pop(register);
        }
        a.int8(0xc3); // RET
    }

    /**
     * Runs host code.
     *
     * @param registers {@link Cpu#r}
     * @param tlb the view of memory
     * @param xmm {@link Sse#xmm}
     * @param code where it loads registers
     * @param target where it goes then
     * @param other the view that takes the place of {@code tlb} when EFLAGS.AC changes
     * @return {@link #LEAVE} or {@link #EXECUTE} and the number of an instruction
     */
    static int enter(
            MemorySegment registers,
            MemorySegment tlb,
            MemorySegment xmm,
            long code,
            long target,
            MemorySegment other) {
        try {
            return (int) ENTER.invokeExact(registers, tlb, xmm, code, target, other);
        } catch (Throwable e) {
            throw new AssertionError("host code threw an exception", e);
        }
    }

    /** Arithmetic flags as host code takes them. */
    static long pack(int flags) {
        return (flags & 0xd5 | 2) << 8 | flags >> 11 & 1;
    }

    /** Arithmetic flags at their places in RFLAGS, from where host code left them. */
    static int unpack(long flags) {
        return (int) (flags >> 8 & 0xd5 | (flags & 1) << 11);
    }
}
