package org.jvisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jvisor.kvm.bindings.kvm_debugregs;
import org.jvisor.kvm.bindings.kvm_guest_debug;
import org.jvisor.kvm.bindings.kvm_guest_debug_arch;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.kvm.bindings.kvm_interrupt;
import org.jvisor.kvm.bindings.kvm_lapic_state;
import org.jvisor.kvm.bindings.kvm_mp_state;
import org.jvisor.kvm.bindings.kvm_regs;
import org.jvisor.kvm.bindings.kvm_sregs;
import org.jvisor.kvm.bindings.kvm_translation;
import org.jvisor.kvm.bindings.kvm_vcpu_events;
import org.jvisor.kvm.bindings.kvm_xcr;
import org.jvisor.kvm.bindings.kvm_xcrs;
import org.jvisor.kvm.bindings.kvm_xsave;
import org.jvisor.linux.Fd;

/** A vCPU's registers and other state: one half of {@link KvmVcpu}. */
abstract sealed class KvmVcpuState permits KvmVcpu {
    /** {@link #guestDebug}: debug at all; leave after every instruction. */
    public static final int DEBUG_ENABLE = kvm_h.KVM_GUESTDBG_ENABLE(),
            DEBUG_SINGLE_STEP = kvm_h.KVM_GUESTDBG_SINGLESTEP();

    /** {@link #guestDebug}: leave at INT3; leave as the debug registers given say. */
    public static final int DEBUG_SOFTWARE_BREAKPOINTS = kvm_h.KVM_GUESTDBG_USE_SW_BP(),
            DEBUG_HARDWARE_BREAKPOINTS = kvm_h.KVM_GUESTDBG_USE_HW_BP();

    /** {@link #guestDebug}: hold interrupts back meanwhile. */
    public static final int DEBUG_BLOCK_INTERRUPTS = kvm_h.KVM_GUESTDBG_BLOCKIRQ();

    private static final int DEBUG_REGISTERS = 8;

    final Fd fd;
    // Room for the largest structure below that is not of variable size; the vCPU's thread's.
    private final MemorySegment buffer = Arena.ofAuto().allocate(4096, 8);
    private int xsaveSize;

    KvmVcpuState(Fd fd) {
        this.fd = fd;
    }

    /** Switches an extension on for the vCPU; up to four arguments. */
    public void enableCap(KvmCap cap, long... arguments) {
        EnableCap.call(fd, cap, arguments);
    }

    /** Copies the general registers out. */
    public void regs(KvmRegs target) {
        Request.call(fd, "KVM_GET_REGS", kvm_h.KVM_GET_REGS(), buffer);
        target.read(buffer);
    }

    /** Replaces the general registers. */
    public void setRegs(KvmRegs source) {
        source.write(zeroed(kvm_regs.sizeof()));
        Request.call(fd, "KVM_SET_REGS", kvm_h.KVM_SET_REGS(), buffer);
    }

    /** Copies the segment, table and control registers out. */
    public void sregs(KvmSregs target) {
        Request.call(fd, "KVM_GET_SREGS", kvm_h.KVM_GET_SREGS(), buffer);
        target.read(buffer);
    }

    /** Replaces the segment, table and control registers. */
    public void setSregs(KvmSregs source) {
        source.write(zeroed(kvm_sregs.sizeof()));
        Request.call(fd, "KVM_SET_SREGS", kvm_h.KVM_SET_SREGS(), buffer);
    }

    /** The x87 and SSE registers as an FXSAVE image in 64-bit layout, 512 bytes. */
    public byte[] fxsave() {
        // not KVM_GET_FPU: it leaves out MXCSR
        return Arrays.copyOf(xsave(), KvmFpu.FXSAVE_BYTES);
    }

    /**
     * Replaces the x87 and SSE registers.
     *
     * @param image an FXSAVE image in 64-bit layout, 512 bytes
     */
    public void setFxsave(byte[] image) {
        byte[] area = xsave();
        KvmFpu.intoXsave(image, area);
        setXsave(area);
    }

    /** All state XSAVE manages, in XSAVE's standard layout: 4096 bytes or more. */
    public byte[] xsave() {
        int size = xsaveSize();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment area = arena.allocate(size, 8);
            if (size > kvm_xsave.sizeof()) {
                Request.call(fd, "KVM_GET_XSAVE2", kvm_h.KVM_GET_XSAVE2(), area);
            } else {
                Request.call(fd, "KVM_GET_XSAVE", kvm_h.KVM_GET_XSAVE(), area);
            }
            return area.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Replaces all state XSAVE manages.
     *
     * @param image as {@link #xsave} gives it; a shorter one leaves the rest zero
     */
    public void setXsave(byte[] image) {
        int size = xsaveSize();
        if (image.length > size) {
            throw new IllegalArgumentException(
                    "the host's XSAVE area has %d bytes, not %d".formatted(size, image.length));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment area = arena.allocate(size, 8);
            MemorySegment.copy(image, 0, area, ValueLayout.JAVA_BYTE, 0, image.length);
            Request.call(fd, "KVM_SET_XSAVE", kvm_h.KVM_SET_XSAVE(), area);
        }
    }

    private int xsaveSize() {
        if (xsaveSize == 0) {
            int told = vm().checkExtension(KvmCap.XSAVE2);
            xsaveSize = Math.max(told, (int) kvm_xsave.sizeof());
        }
        return xsaveSize;
    }

    abstract KvmVm vm();

    /** XCR0; empty where the host has no XSAVE. */
    public OptionalLong xcr0() {
        Request.call(fd, "KVM_GET_XCRS", kvm_h.KVM_GET_XCRS(), buffer);
        for (int i = 0; i < kvm_xcrs.nr_xcrs(buffer); i++) {
            MemorySegment xcr = kvm_xcrs.xcrs(buffer, i);
            if (kvm_xcr.xcr(xcr) == 0) {
                return OptionalLong.of(kvm_xcr.value(xcr));
            }
        }
        return OptionalLong.empty();
    }

    /** Sets XCR0; the guest's CPUID must allow its bits. */
    public void setXcr0(long value) {
        MemorySegment xcrs = zeroed(kvm_xcrs.sizeof());
        kvm_xcrs.nr_xcrs(xcrs, 1);
        kvm_xcr.value(kvm_xcrs.xcrs(xcrs, 0), value);
        Request.call(fd, "KVM_SET_XCRS", kvm_h.KVM_SET_XCRS(), xcrs);
    }

    /** Reads MSRs, in the order given; those the host refuses are left out. */
    public List<KvmMsr> msrs(int... indices) {
        return Tables.readMsrs(fd, indices);
    }

    /** Writes MSRs one after the other, and returns the indices of those the host refuses. */
    public List<Integer> setMsrs(List<KvmMsr> msrs) {
        return Tables.writeMsrs(fd, msrs);
    }

    /** The in-kernel local APIC's registers: 1024 bytes, as in its MMIO page. */
    public byte[] lapic() {
        Request.call(fd, "KVM_GET_LAPIC", kvm_h.KVM_GET_LAPIC(), buffer);
        return buffer.asSlice(0, kvm_lapic_state.sizeof()).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Replaces the in-kernel local APIC's registers, 1024 bytes. */
    public void setLapic(byte[] registers) {
        if (registers.length != kvm_lapic_state.sizeof()) {
            throw new IllegalArgumentException(
                    "a local APIC has 1024 bytes of registers, not " + registers.length);
        }
        MemorySegment.copy(registers, 0, buffer, ValueLayout.JAVA_BYTE, 0, registers.length);
        Request.call(fd, "KVM_SET_LAPIC", kvm_h.KVM_SET_LAPIC(), buffer);
    }

    /** What the vCPU is doing. */
    public KvmMpState mpState() {
        Request.call(fd, "KVM_GET_MP_STATE", kvm_h.KVM_GET_MP_STATE(), buffer);
        return KvmMpState.of(kvm_mp_state.mp_state(buffer));
    }

    /** Sets what the vCPU is doing; needs the in-kernel interrupt controllers. */
    public void setMpState(KvmMpState state) {
        kvm_mp_state.mp_state(zeroed(kvm_mp_state.sizeof()), state.number());
        Request.call(fd, "KVM_SET_MP_STATE", kvm_h.KVM_SET_MP_STATE(), buffer);
    }

    /** Copies the pending events out. */
    public void vcpuEvents(KvmVcpuEvents target) {
        Request.call(fd, "KVM_GET_VCPU_EVENTS", kvm_h.KVM_GET_VCPU_EVENTS(), buffer);
        target.read(buffer);
    }

    /** Replaces the pending events. */
    public void setVcpuEvents(KvmVcpuEvents source) {
        source.write(zeroed(kvm_vcpu_events.sizeof()));
        Request.call(fd, "KVM_SET_VCPU_EVENTS", kvm_h.KVM_SET_VCPU_EVENTS(), buffer);
    }

    /** Copies the guest's debug registers out. */
    public void debugRegs(KvmDebugRegs target) {
        Request.call(fd, "KVM_GET_DEBUGREGS", kvm_h.KVM_GET_DEBUGREGS(), buffer);
        target.read(buffer);
    }

    /** Replaces the guest's debug registers. */
    public void setDebugRegs(KvmDebugRegs source) {
        source.write(zeroed(kvm_debugregs.sizeof()));
        Request.call(fd, "KVM_SET_DEBUGREGS", kvm_h.KVM_SET_DEBUGREGS(), buffer);
    }

    /**
     * Lets a debugger outside watch the guest: {@link KvmExit#DEBUG} then tells of what happened.
     *
     * @param control a union of the {@code DEBUG_} constants; 0 ends it
     * @param registers DR0 to DR7 for {@link #DEBUG_HARDWARE_BREAKPOINTS}; may be fewer
     */
    public void guestDebug(int control, long... registers) {
        if (registers.length > DEBUG_REGISTERS) {
            throw new IllegalArgumentException("there are 8 debug registers");
        }
        MemorySegment debug = zeroed(kvm_guest_debug.sizeof());
        kvm_guest_debug.control(debug, control);
        for (int i = 0; i < registers.length; i++) {
            kvm_guest_debug_arch.debugreg(kvm_guest_debug.arch(debug), i, registers[i]);
        }
        Request.call(fd, "KVM_SET_GUEST_DEBUG", kvm_h.KVM_SET_GUEST_DEBUG(), debug);
    }

    /** Starts or ends stepping: {@link KvmExit#DEBUG} after every instruction. */
    public void singleStep(boolean on) {
        guestDebug(on ? DEBUG_ENABLE | DEBUG_SINGLE_STEP : 0);
    }

    /** The CPUID answers the guest gets. */
    public List<KvmCpuidEntry> cpuid() {
        return Tables.readCpuid(fd, "KVM_GET_CPUID2", kvm_h.KVM_GET_CPUID2());
    }

    /** Sets the CPUID answers the guest gets; before it first runs. */
    public void setCpuid(List<KvmCpuidEntry> entries) {
        Tables.writeCpuid(fd, entries);
    }

    /** The frequency of the guest's TSC in kHz. */
    public int tscKhz() {
        return Request.call(fd, "KVM_GET_TSC_KHZ", kvm_h.KVM_GET_TSC_KHZ(), 0);
    }

    /** Sets the frequency of the guest's TSC in kHz; the host must be able to scale or match. */
    public void setTscKhz(int khz) {
        Request.call(fd, "KVM_SET_TSC_KHZ", kvm_h.KVM_SET_TSC_KHZ(), khz);
    }

    /**
     * Tells a guest that uses KVM's clock that it was paused, so that its watchdogs hold still.
     *
     * @throws KvmException with EINVAL if the guest does not use the clock
     */
    public void kvmclockPaused() {
        Request.call(fd, "KVM_KVMCLOCK_CTRL", kvm_h.KVM_KVMCLOCK_CTRL(), 0);
    }

    /** Sends a non-maskable interrupt. */
    public void nmi() {
        Request.call(fd, "KVM_NMI", kvm_h.KVM_NMI(), 0);
    }

    /**
     * Injects an external interrupt, where there are no in-kernel controllers.
     *
     * @param vector 0 to 255; {@link KvmRun#readyForInterrupt} should hold
     * @throws KvmException with EEXIST if another is being injected
     */
    public void interrupt(int vector) {
        kvm_interrupt.irq(zeroed(kvm_interrupt.sizeof()), vector);
        Request.call(fd, "KVM_INTERRUPT", kvm_h.KVM_INTERRUPT(), buffer);
    }

    /** Looks a linear address up in the guest's page tables. */
    public KvmTranslation translate(long linear) {
        MemorySegment translation = zeroed(kvm_translation.sizeof());
        kvm_translation.linear_address(translation, linear);
        Request.call(fd, "KVM_TRANSLATE", kvm_h.KVM_TRANSLATE(), translation);
        return new KvmTranslation(
                kvm_translation.physical_address(translation),
                kvm_translation.valid(translation) != 0);
    }

    private MemorySegment zeroed(long size) {
        buffer.asSlice(0, size).fill((byte) 0);
        return buffer;
    }
}
