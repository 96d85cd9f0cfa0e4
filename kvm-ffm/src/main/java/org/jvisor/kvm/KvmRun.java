package org.jvisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.HexFormat;
import org.jvisor.kvm.bindings.kvm_debug_exit_arch;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.kvm.bindings.kvm_run;

/**
 * What the last {@link KvmVcpu#run} came back for: the memory a vCPU shares with the kernel ({@code
 * struct kvm_run}). The accessors of a reason mean something only after that reason; they read the
 * memory itself and allocate nothing unless said. For the vCPU's thread.
 */
public final class KvmRun {
    /** {@link #internalSuberror}: an instruction KVM cannot emulate. */
    public static final int SUBERROR_EMULATION = kvm_h.KVM_INTERNAL_ERROR_EMULATION();

    /** {@link #systemEventType}: power-off, reset, crash. */
    public static final int EVENT_SHUTDOWN = kvm_h.KVM_SYSTEM_EVENT_SHUTDOWN(),
            EVENT_RESET = kvm_h.KVM_SYSTEM_EVENT_RESET(),
            EVENT_CRASH = kvm_h.KVM_SYSTEM_EVENT_CRASH();

    private static final ValueLayout.OfShort SHORT_ANYWHERE = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT_ANYWHERE = ValueLayout.JAVA_INT_UNALIGNED;
    private static final VarHandle BYTE = JAVA_BYTE.varHandle();

    private static final long REQUEST_WINDOW = kvm_run.request_interrupt_window$offset();
    private static final long IMMEDIATE_EXIT = kvm_run.immediate_exit$offset();
    private static final long EXIT_REASON = kvm_run.exit_reason$offset();
    private static final long READY = kvm_run.ready_for_interrupt_injection$offset();
    private static final long IF_FLAG = kvm_run.if_flag$offset();
    private static final long CR8 = kvm_run.cr8$offset();
    private static final long APIC_BASE = kvm_run.apic_base$offset();
    private static final long HW_REASON =
            kvm_run.hw$offset() + kvm_run.hw.hardware_exit_reason$offset();
    private static final long FAIL_REASON =
            kvm_run.fail_entry$offset() + kvm_run.fail_entry.hardware_entry_failure_reason$offset();
    private static final long IO_DIRECTION = kvm_run.io$offset() + kvm_run.io.direction$offset();
    private static final long IO_SIZE = kvm_run.io$offset() + kvm_run.io.size$offset();
    private static final long IO_PORT = kvm_run.io$offset() + kvm_run.io.port$offset();
    private static final long IO_COUNT = kvm_run.io$offset() + kvm_run.io.count$offset();
    private static final long IO_DATA = kvm_run.io$offset() + kvm_run.io.data_offset$offset();
    private static final long MMIO_ADDRESS =
            kvm_run.mmio$offset() + kvm_run.mmio.phys_addr$offset();
    private static final long MMIO_DATA = kvm_run.mmio$offset() + kvm_run.mmio.data$offset();
    private static final long MMIO_LENGTH = kvm_run.mmio$offset() + kvm_run.mmio.len$offset();
    private static final long MMIO_WRITE = kvm_run.mmio$offset() + kvm_run.mmio.is_write$offset();
    private static final long SUBERROR =
            kvm_run.internal$offset() + kvm_run.internal.suberror$offset();
    private static final long INTERNAL_COUNT =
            kvm_run.internal$offset() + kvm_run.internal.ndata$offset();
    private static final long INTERNAL_DATA =
            kvm_run.internal$offset() + kvm_run.internal.data$offset();
    private static final long EMULATION_FLAGS =
            kvm_run.emulation_failure$offset() + kvm_run.emulation_failure.flags$offset();
    private static final long INSN_SIZE =
            kvm_run.emulation_failure$offset() + kvm_run.emulation_failure.insn_size$offset();
    private static final long INSN_BYTES =
            kvm_run.emulation_failure$offset() + kvm_run.emulation_failure.insn_bytes$offset();
    private static final long DEBUG = kvm_run.debug$offset() + kvm_run.debug.arch$offset();
    private static final long EVENT_TYPE =
            kvm_run.system_event$offset() + kvm_run.system_event.type$offset();
    private static final long EOI_VECTOR = kvm_run.eoi$offset() + kvm_run.eoi.vector$offset();
    private static final long MSR_ERROR = kvm_run.msr$offset() + kvm_run.msr.error$offset();
    private static final long MSR_INDEX = kvm_run.msr$offset() + kvm_run.msr.index$offset();
    private static final long MSR_DATA = kvm_run.msr$offset() + kvm_run.msr.data$offset();

    private static final int INTERNAL_ROOM = 16, INSN_ROOM = 15;

    private final MemorySegment run;

    KvmRun(MemorySegment run) {
        this.run = run;
    }

    /** The kernel's number of the reason. */
    public int exitReason() {
        return run.get(JAVA_INT, EXIT_REASON);
    }

    // --- port I/O ---

    /** The port, 0 to 0xffff. */
    public int ioPort() {
        return Short.toUnsignedInt(run.get(JAVA_SHORT, IO_PORT));
    }

    /** Bytes of one access: 1, 2 or 4. */
    public int ioSize() {
        return run.get(JAVA_BYTE, IO_SIZE);
    }

    /** How many accesses to the same port (REP INS and OUTS), at least 1. */
    public int ioCount() {
        return run.get(JAVA_INT, IO_COUNT);
    }

    /** Whether the guest wrote. */
    public boolean ioIsWrite() {
        return run.get(JAVA_BYTE, IO_DIRECTION) == kvm_h.KVM_EXIT_IO_OUT();
    }

    /**
     * What the guest wrote, as an unsigned number.
     *
     * @param index which access, 0 to {@link #ioCount} - 1
     */
    public int ioValue(int index) {
        long at = ioOffset(index);
        return switch (ioSize()) {
            case 1 -> Byte.toUnsignedInt(run.get(JAVA_BYTE, at));
            case 2 -> Short.toUnsignedInt(run.get(SHORT_ANYWHERE, at));
            default -> run.get(INT_ANYWHERE, at);
        };
    }

    /**
     * What the guest shall read; the low {@link #ioSize} bytes count.
     *
     * @param index which access, 0 to {@link #ioCount} - 1
     */
    public void setIoValue(int index, int value) {
        long at = ioOffset(index);
        switch (ioSize()) {
            case 1 -> run.set(JAVA_BYTE, at, (byte) value);
            case 2 -> run.set(SHORT_ANYWHERE, at, (short) value);
            default -> run.set(INT_ANYWHERE, at, value);
        }
    }

    /** All bytes of a string access, {@link #ioCount} times {@link #ioSize}. Allocates the view. */
    public MemorySegment ioData() {
        return run.asSlice(run.get(JAVA_LONG, IO_DATA), (long) ioCount() * ioSize());
    }

    private long ioOffset(int index) {
        return run.get(JAVA_LONG, IO_DATA) + (long) index * ioSize();
    }

    // --- MMIO ---

    /** The guest-physical address. */
    public long mmioAddress() {
        return run.get(JAVA_LONG, MMIO_ADDRESS);
    }

    /** Bytes of the access, 1 to 8. */
    public int mmioLength() {
        return run.get(JAVA_INT, MMIO_LENGTH);
    }

    /** Whether the guest wrote. */
    public boolean mmioIsWrite() {
        return run.get(JAVA_BYTE, MMIO_WRITE) != 0;
    }

    /** What the guest wrote: {@link #mmioLength} bytes, little-endian, the rest zero. */
    public long mmioData() {
        int length = mmioLength();
        long data = run.get(JAVA_LONG, MMIO_DATA);
        return length >= Long.BYTES ? data : data & ((1L << length * 8) - 1);
    }

    /** What the guest shall read; the low {@link #mmioLength} bytes count. */
    public void setMmioData(long value) {
        run.set(JAVA_LONG, MMIO_DATA, value);
    }

    // --- failures ---

    /** Why the hardware left the guest, as the vendor defines it ({@link KvmExit#UNKNOWN}). */
    public long hardwareExitReason() {
        return run.get(JAVA_LONG, HW_REASON);
    }

    /** Why the hardware did not enter the guest, as the vendor defines it. */
    public long failEntryReason() {
        return run.get(JAVA_LONG, FAIL_REASON);
    }

    /** What kind of internal error: {@link #SUBERROR_EMULATION} or another of the kernel's. */
    public int internalSuberror() {
        return run.get(JAVA_INT, SUBERROR);
    }

    /** How many numbers describe it, 0 to 16. */
    public int internalDataCount() {
        return Math.clamp(run.get(JAVA_INT, INTERNAL_COUNT), 0, INTERNAL_ROOM);
    }

    /**
     * One of them.
     *
     * @param index 0 to {@link #internalDataCount} - 1
     */
    public long internalData(int index) {
        if (index < 0 || index >= internalDataCount()) {
            throw new IndexOutOfBoundsException(index);
        }
        return run.get(JAVA_LONG, INTERNAL_DATA + (long) index * Long.BYTES);
    }

    /** The bytes of the instruction KVM cannot emulate, where it tells; allocates. */
    public byte[] failedInstruction() {
        boolean told =
                internalSuberror() == SUBERROR_EMULATION
                        && internalDataCount() > 1
                        && (run.get(JAVA_LONG, EMULATION_FLAGS)
                                        & kvm_h
                                                .KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES())
                                != 0;
        int size = told ? Math.clamp(run.get(JAVA_BYTE, INSN_SIZE), 0, INSN_ROOM) : 0;
        return run.asSlice(INSN_BYTES, size).toArray(JAVA_BYTE);
    }

    // --- debugging ---

    /** The vector that {@link KvmExit#DEBUG} stands for: 1 or 3. */
    public int debugException() {
        return run.get(JAVA_INT, DEBUG + kvm_debug_exit_arch.exception$offset());
    }

    /** The linear address of the instruction. */
    public long debugPc() {
        return run.get(JAVA_LONG, DEBUG + kvm_debug_exit_arch.pc$offset());
    }

    /** DR6 as the guest's debugger would see it. */
    public long debugDr6() {
        return run.get(JAVA_LONG, DEBUG + kvm_debug_exit_arch.dr6$offset());
    }

    /** DR7 likewise. */
    public long debugDr7() {
        return run.get(JAVA_LONG, DEBUG + kvm_debug_exit_arch.dr7$offset());
    }

    // --- other reasons ---

    /** What the guest asks for: one of the {@code EVENT_} constants here, or another number. */
    public int systemEventType() {
        return run.get(JAVA_INT, EVENT_TYPE);
    }

    /** The vector whose interrupt ended. */
    public int eoiVector() {
        return Byte.toUnsignedInt(run.get(JAVA_BYTE, EOI_VECTOR));
    }

    /** The number of the MSR. */
    public int msrIndex() {
        return run.get(JAVA_INT, MSR_INDEX);
    }

    /** What the guest writes to it. */
    public long msrData() {
        return run.get(JAVA_LONG, MSR_DATA);
    }

    /** What the guest shall read from it. */
    public void setMsrData(long value) {
        run.set(JAVA_LONG, MSR_DATA, value);
    }

    /** Whether the access shall be a #GP. */
    public void setMsrError(boolean error) {
        run.set(JAVA_BYTE, MSR_ERROR, (byte) (error ? 1 : 0));
    }

    // --- interrupts, without in-kernel controllers ---

    /** Asks for {@link KvmExit#IRQ_WINDOW_OPEN} as soon as the guest can take an interrupt. */
    public void requestInterruptWindow(boolean on) {
        run.set(JAVA_BYTE, REQUEST_WINDOW, (byte) (on ? 1 : 0));
    }

    /** Whether {@link KvmVcpu#interrupt} would be taken now. */
    public boolean readyForInterrupt() {
        return run.get(JAVA_BYTE, READY) != 0;
    }

    /** RFLAGS.IF. */
    public boolean interruptFlag() {
        return run.get(JAVA_BYTE, IF_FLAG) != 0;
    }

    /** The task priority, 0 to 15. */
    public long cr8() {
        return run.get(JAVA_LONG, CR8);
    }

    /** Sets the task priority. */
    public void setCr8(long priority) {
        run.set(JAVA_LONG, CR8, priority);
    }

    /** IA32_APIC_BASE. */
    public long apicBase() {
        return run.get(JAVA_LONG, APIC_BASE);
    }

    /** The reason in words, with what belongs to it; allocates. */
    public String describe() {
        KvmExit exit = KvmExit.of(exitReason());
        return switch (exit) {
            case IO ->
                    "%s of %d x %d bytes at port %#x"
                            .formatted(ioIsWrite() ? "OUT" : "IN", ioCount(), ioSize(), ioPort());
            case MMIO ->
                    "%s of %d bytes at %#x"
                            .formatted(
                                    mmioIsWrite() ? "write" : "read", mmioLength(), mmioAddress());
            case FAIL_ENTRY -> "the CPU refused to enter: reason %#x".formatted(failEntryReason());
            case UNKNOWN -> "the CPU left: reason %#x".formatted(hardwareExitReason());
            case INTERNAL_ERROR -> describeInternalError();
            case SHUTDOWN -> "a triple fault";
            case DEBUG -> "debug exception %d at %#x".formatted(debugException(), debugPc());
            case OTHER -> "exit reason " + exitReason();
            default -> exit.toString();
        };
    }

    private String describeInternalError() {
        byte[] instruction = failedInstruction();
        if (internalSuberror() == SUBERROR_EMULATION) {
            return instruction.length == 0
                    ? "KVM cannot emulate an instruction"
                    : "KVM cannot emulate one of these instructions: "
                            + HexFormat.ofDelimiter(" ").formatHex(instruction);
        }
        long[] data = new long[internalDataCount()];
        Arrays.setAll(data, this::internalData);
        return "KVM internal error %d, data %s"
                .formatted(
                        internalSuberror(),
                        Arrays.stream(data).mapToObj(Long::toHexString).toList());
    }

    // --- stopping ---

    void setImmediateExit(boolean on) {
        BYTE.setVolatile(run, IMMEDIATE_EXIT, (byte) (on ? 1 : 0));
    }
}
