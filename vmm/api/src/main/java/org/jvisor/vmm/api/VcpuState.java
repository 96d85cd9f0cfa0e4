package org.jvisor.vmm.api;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The architectural state of one CPU, the same for every accelerator: what a snapshot stores, a
 * debugger shows and a differential test compares. A plain mutable holder, owned by one thread at a
 * time. A new one is the state after power-on or RESET (SDM 3A table 10-1).
 */
public final class VcpuState {
    /** Indices into {@link #segments}. */
    public static final int ES = 0, CS = 1, SS = 2, DS = 3, FS = 4, GS = 5, LDTR = 6, TR = 7;

    /** RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15, in the order of their encoding. */
    public final long[] gpr = new long[16];

    /** The address of the next instruction. */
    public long rip = 0xfff0;

    /** RFLAGS; bit 1 is always set. */
    public long rflags = 2;

    /** ES, CS, SS, DS, FS, GS, LDTR, TR. */
    public final Segment[] segments = new Segment[8];

    /** Descriptor table registers: linear base and limit in bytes. */
    public long gdtBase, idtBase;

    /** Descriptor table limits in bytes, 0 to 0xffff. */
    public int gdtLimit = 0xffff, idtLimit = 0xffff;

    /** Control registers; CR8 is the task priority (0 to 15). */
    public long cr0 = 0x6000_0010, cr2, cr3, cr4, cr8;

    /** IA32_EFER and IA32_APIC_BASE. */
    public long efer, apicBase = 0xfee0_0900L;

    /** DR0 to DR3. */
    public final long[] dr = new long[4];

    /** Debug status and control. */
    public long dr6 = 0xffff_0ff0L, dr7 = 0x400;

    /** The FXSAVE image in its 64-bit layout (SDM 1 table 10-2), 512 bytes, MXCSR included. */
    public final byte[] fxsave = new byte[512];

    /** XCR0, and other MSRs by their index. */
    public long xcr0 = 1;

    /** MSRs by index; those not named keep their value when the state is set. */
    public final SortedMap<Integer, Long> msrs = new TreeMap<>(Integer::compareUnsigned);

    /** What the CPU is waiting for. */
    public Activity activity = Activity.RUNNING;

    /**
     * A pending exception or interrupt that must be injected before the next instruction, or -1.
     */
    public int pendingVector = -1;

    /** Whether {@link #pendingVector} carries an error code, and which. */
    public boolean pendingHasError;

    /** The error code of {@link #pendingVector}. */
    public int pendingError;

    /** What {@link #pendingVector} is: true for a hardware interrupt, false for an exception. */
    public boolean pendingIsInterrupt;

    /** NMIs are blocked until IRET; an NMI waits; interrupts are held off for one instruction. */
    public boolean nmiBlocked, nmiPending, interruptShadow;

    /** The activity state (SDM 3C §25.4.2). */
    public enum Activity {
        /** Executing instructions. */
        RUNNING,
        /** In HLT, until an interrupt. */
        HALTED,
        /** An application processor before its INIT. */
        UNINITIALIZED,
        /** After INIT, until a start-up IPI. */
        WAIT_FOR_SIPI
    }

    /** The state after RESET. */
    public VcpuState() {
        for (int i = 0; i < 6; i++) {
            segments[i] = Segment.realMode(0, i == CS);
        }
        segments[CS] = new Segment(0xf000, 0xffff_0000L, 0xffff, 0x9b);
        segments[LDTR] = new Segment(0, 0, 0xffff, 0x82);
        segments[TR] = new Segment(0, 0, 0xffff, 0x8b);
        fxsave[0] = 0x40; // FCW after RESET (not FNINIT)
        fxsave[24] = (byte) 0x80; // MXCSR = 0x1f80
        fxsave[25] = 0x1f;
        fxsave[28] = (byte) 0xff; // MXCSR_MASK
        fxsave[29] = (byte) 0xff;
    }
}
