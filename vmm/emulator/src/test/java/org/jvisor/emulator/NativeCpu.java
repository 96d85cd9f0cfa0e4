package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.NativeCode;

/**
 * The host's CPU as an oracle: runs single user-mode instructions natively, in this process, with
 * every register loaded from and stored to a {@link UserState}.
 *
 * <p>A routine saves what the C convention wants saved, loads the state (FXRSTOR64, POPFQ, 16 MOVs)
 * and jumps to a slot. A slot holds one instruction and two exits: the one it falls into, and one
 * in front that branches are aimed at. Both store the state again. All of it lies below 2 GiB, so
 * the routine needs no register to find its context, and 32-bit and RIP-relative addresses reach
 * the data. RSP belongs to the instruction too: signals are blocked meanwhile, since their handlers
 * would run on it.
 *
 * <p>An instruction that faults ends the JVM: callers give only what {@link NativeSafety} allows.
 */
final class NativeCpu implements AutoCloseable {
    /** Instructions that fit in at a time. */
    static final int SLOTS = 512;

    /** Bytes of the area that memory operands lie in; the upper half is for the stack. */
    static final int DATA_SIZE = 0x4000;

    /** Bytes of code, from {@link #codeAddress}. */
    static final int CODE_SIZE = 0x10000;

    /** Exits. */
    static final int FELL_THROUGH = 0, TAKEN = 1;

    /** Bytes of a slot: odd, so that some instructions straddle a page. */
    private static final int SLOT_SIZE = 61;

    private static final int FIRST_SLOT = 0x800;
    private static final int EXIT_SIZE = 16;

    // the context, at the end of the data mapping
    private static final int FX_IN = 0, FX_OUT = 0x200, GPR_IN = 0x400, GPR_OUT = 0x480;
    private static final int FLAGS_IN = 0x500, FLAGS_OUT = 0x508, TARGET = 0x510, EXIT = 0x518;
    private static final int HOST_RSP = 0x520, HOST_MXCSR = 0x528, HOST_FCW = 0x530;
    private static final int BLOCKED = 0x540, OLD_MASK = 0x548, CONTEXT_SIZE = 0x1000;

    /**
     * All signals but those that a fault in the JVM's own code raises: ILL, TRAP, BUS, FPE, SEGV.
     */
    private static final long ASYNCHRONOUS =
            ~(1L << 4 - 1 | 1L << 5 - 1 | 1L << 7 - 1 | 1L << 8 - 1 | 1L << 11 - 1);

    private final NativeCode code = NativeCode.allocateLow(CODE_SIZE);
    private final HostMemory memory = HostMemory.low(DATA_SIZE + CONTEXT_SIZE);
    private final MemorySegment context = memory.slice(DATA_SIZE, CONTEXT_SIZE);
    private final byte[] routine;
    private final long exit;
    private final int blockSignals;
    private final int unblockSignals;

    NativeCpu() {
        CodeBytes b = new CodeBytes(code.address());
        enter(b);
        exit = b.here();
        leave(b);
        blockSignals = b.length();
        signalMask(b, BLOCKED, OLD_MASK);
        unblockSignals = b.length();
        signalMask(b, OLD_MASK, 0);
        routine = b.skipTo(code.address() + FIRST_SLOT).toArray();
        context.set(ValueLayout.JAVA_LONG, BLOCKED, ASYNCHRONOUS);
    }

    private long at(int field) {
        return context.address() + field;
    }

    private void enter(CodeBytes b) {
        // push rbx, rbp, r12 to r15, flags
        b.put(0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x9c);
        b.absolute(3, at(HOST_MXCSR), 0x0f, 0xae); // stmxcsr
        b.absolute(7, at(HOST_FCW), 0xd9); // fnstcw
        b.absolute(1, at(FX_IN), 0x48, 0x0f, 0xae); // fxrstor64
        b.absolute(4, at(HOST_RSP), 0x48, 0x89);
        b.absolute(6, at(FLAGS_IN), 0xff).put(0x9d); // push, popfq
        for (int i = 0; i < 16; i++) {
            b.absolute(i, at(GPR_IN + 8 * i), 0x48 | i >> 3 << 2, 0x8b);
        }
        b.absolute(4, at(TARGET), 0xff); // jmp
    }

    private void leave(CodeBytes b) {
        for (int i = 0; i < 16; i++) {
            b.absolute(i, at(GPR_OUT + 8 * i), 0x48 | i >> 3 << 2, 0x89);
        }
        b.absolute(4, at(HOST_RSP), 0x48, 0x8b);
        b.put(0x9c).absolute(0, at(FLAGS_OUT), 0x8f); // pushfq, pop
        b.absolute(0, at(FX_OUT), 0x48, 0x0f, 0xae); // fxsave64
        b.put(0xdb, 0xe3).absolute(5, at(HOST_FCW), 0xd9); // fninit, fldcw
        b.absolute(2, at(HOST_MXCSR), 0x0f, 0xae); // ldmxcsr
        // pop flags, r15 to r12, rbp, rbx; ret
        b.put(0x9d, 0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3);
    }

    /** rt_sigprocmask(SIG_SETMASK, set, old, 8): system call 14. */
    private void signalMask(CodeBytes b, int set, int old) {
        b.put(0xb8).value(14, 4).put(0xbf).value(2, 4);
        b.put(0xbe).value(at(set), 4).put(0xba).value(old == 0 ? 0 : at(old), 4);
        b.put(0x41, 0xba).value(8, 4).put(0x0f, 0x05, 0xc3);
    }

    // ---- layout ----

    long codeAddress() {
        return code.address();
    }

    /** The area memory operands lie in. */
    MemorySegment data() {
        return memory.slice(0, DATA_SIZE);
    }

    /** The address of the instruction in a slot. */
    static long instruction(long codeAddress, int slot) {
        return codeAddress + FIRST_SLOT + (long) slot * SLOT_SIZE + EXIT_SIZE;
    }

    /** Where a branch in a slot may go. */
    static long branchTarget(long codeAddress, int slot) {
        return instruction(codeAddress, slot) - EXIT_SIZE;
    }

    // ---- running ----

    /**
     * Replaces the instructions.
     *
     * @return the bytes at {@link #codeAddress}, for the other CPU
     */
    byte[] load(List<byte[]> instructions) {
        CodeBytes b = new CodeBytes(code.address()).put(routine);
        for (int slot = 0; slot < instructions.size(); slot++) {
            b.skipTo(branchTarget(code.address(), slot));
            exit(b, TAKEN);
            b.put(instructions.get(slot));
            exit(b, FELL_THROUGH);
        }
        byte[] all = b.toArray();
        code.replace(all);
        return all;
    }

    private void exit(CodeBytes b, int which) {
        b.absolute(0, at(EXIT), 0xc7).value(which, 4).put(0xe9).relative(exit);
    }

    /** Holds signals off on this thread until {@link #unblockSignals}. */
    void blockSignals() {
        code.call(blockSignals, context);
    }

    void unblockSignals() {
        code.call(unblockSignals, context);
    }

    /** Runs the instruction in a slot, between {@link #blockSignals} and its opposite. */
    void run(int slot, int length, UserState in, UserState out) {
        long instruction = instruction(code.address(), slot);
        MemorySegment.copy(in.fx, 0, context, ValueLayout.JAVA_BYTE, FX_IN, 512);
        MemorySegment.copy(in.gpr, 0, context, ValueLayout.JAVA_LONG, GPR_IN, 16);
        context.set(ValueLayout.JAVA_LONG, FLAGS_IN, in.flags);
        context.set(ValueLayout.JAVA_LONG, TARGET, instruction);
        code.call(context);
        MemorySegment.copy(context, ValueLayout.JAVA_BYTE, FX_OUT, out.fx, 0, 512);
        MemorySegment.copy(context, ValueLayout.JAVA_LONG, GPR_OUT, out.gpr, 0, 16);
        out.flags = context.get(ValueLayout.JAVA_LONG, FLAGS_OUT);
        boolean taken = context.get(ValueLayout.JAVA_INT, EXIT) == TAKEN;
        out.rip = taken ? branchTarget(code.address(), slot) : instruction + length;
    }

    @Override
    public void close() {
        code.close();
        memory.close();
    }
}
