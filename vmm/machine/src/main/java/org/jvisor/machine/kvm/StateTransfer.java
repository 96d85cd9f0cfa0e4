package org.jvisor.machine.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jvisor.kvm.KvmDebugRegs;
import org.jvisor.kvm.KvmMpState;
import org.jvisor.kvm.KvmMsr;
import org.jvisor.kvm.KvmRegs;
import org.jvisor.kvm.KvmSegment;
import org.jvisor.kvm.KvmSregs;
import org.jvisor.kvm.KvmVcpu;
import org.jvisor.kvm.KvmVcpuEvents;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuState;

/** Moves a CPU's state between {@link VcpuState} and the kernel. */
final class StateTransfer {
    /** MSRs that belong to a guest's state, by their SDM 4 names. */
    private static final int[] MSRS = {
        0x10, // IA32_TIME_STAMP_COUNTER
        0x174,
        0x175,
        0x176, // IA32_SYSENTER_CS, ESP, EIP
        0x1a0, // IA32_MISC_ENABLE
        0x277, // IA32_PAT
        0x2ff, // IA32_MTRR_DEF_TYPE
        0x6e0, // IA32_TSC_DEADLINE
        0xc000_0081,
        0xc000_0082,
        0xc000_0083,
        0xc000_0084, // STAR, LSTAR, CSTAR, FMASK
        0xc000_0102, // IA32_KERNEL_GS_BASE
        0xc000_0103, // IA32_TSC_AUX
    };

    private StateTransfer() {}

    static void save(KvmVcpu vcpu, VcpuState state) {
        KvmRegs regs = new KvmRegs();
        vcpu.regs(regs);
        System.arraycopy(regs.gpr, 0, state.gpr, 0, 16);
        state.rip = regs.rip;
        state.rflags = regs.rflags;
        KvmSregs sregs = new KvmSregs();
        vcpu.sregs(sregs);
        for (int i = 0; i < 8; i++) {
            KvmSegment s = sregs.segments[i];
            state.segments[i] = new Segment(s.selector(), s.base(), s.limit(), s.access());
        }
        state.gdtBase = sregs.gdtBase;
        state.gdtLimit = sregs.gdtLimit;
        state.idtBase = sregs.idtBase;
        state.idtLimit = sregs.idtLimit;
        state.cr0 = sregs.cr0;
        state.cr2 = sregs.cr2;
        state.cr3 = sregs.cr3;
        state.cr4 = sregs.cr4;
        state.cr8 = sregs.cr8;
        state.efer = sregs.efer;
        state.apicBase = sregs.apicBase;
        KvmDebugRegs debug = new KvmDebugRegs();
        vcpu.debugRegs(debug);
        System.arraycopy(debug.db, 0, state.dr, 0, 4);
        state.dr6 = debug.dr6;
        state.dr7 = debug.dr7;
        System.arraycopy(vcpu.fxsave(), 0, state.fxsave, 0, state.fxsave.length);
        state.xcr0 = vcpu.xcr0().orElse(1);
        state.msrs.clear();
        for (KvmMsr msr : vcpu.msrs(MSRS)) {
            state.msrs.put(msr.index(), msr.data());
        }
        saveEvents(vcpu, state);
    }

    private static void saveEvents(KvmVcpu vcpu, VcpuState state) {
        KvmVcpuEvents events = new KvmVcpuEvents();
        vcpu.vcpuEvents(events);
        state.pendingVector = -1;
        if (events.exceptionInjected || events.exceptionPending) {
            state.pendingVector = events.exceptionVector;
            state.pendingHasError = events.exceptionHasErrorCode;
            state.pendingError = events.exceptionErrorCode;
            state.pendingIsInterrupt = false;
        } else if (events.interruptInjected) {
            state.pendingVector = events.interruptVector;
            state.pendingHasError = false;
            state.pendingIsInterrupt = true;
        }
        state.nmiBlocked = events.nmiMasked;
        state.nmiPending = events.nmiPending;
        state.interruptShadow = events.interruptShadow != 0;
        state.activity =
                switch (vcpu.mpState()) {
                    case RUNNABLE, SIPI_RECEIVED -> VcpuState.Activity.RUNNING;
                    case HALTED -> VcpuState.Activity.HALTED;
                    case UNINITIALIZED -> VcpuState.Activity.UNINITIALIZED;
                    case INIT_RECEIVED -> VcpuState.Activity.WAIT_FOR_SIPI;
                };
    }

    /**
     * Puts the state into the kernel; {@code apic} tells whether it has the interrupt controllers.
     */
    static void restore(KvmVcpu vcpu, VcpuState state, boolean apic) {
        KvmSregs sregs = new KvmSregs();
        vcpu.sregs(sregs);
        for (int i = 0; i < 8; i++) {
            Segment s = state.segments[i];
            sregs.segments[i] = new KvmSegment(s.selector(), s.base(), s.limit(), s.access());
        }
        sregs.gdtBase = state.gdtBase;
        sregs.gdtLimit = state.gdtLimit;
        sregs.idtBase = state.idtBase;
        sregs.idtLimit = state.idtLimit;
        sregs.cr0 = state.cr0;
        sregs.cr2 = state.cr2;
        sregs.cr3 = state.cr3;
        sregs.cr4 = state.cr4;
        sregs.cr8 = state.cr8;
        sregs.efer = state.efer;
        if (apic) {
            // Bit 8 says which CPU is the boot processor: the kernel knows.
            sregs.apicBase = state.apicBase & ~0x100L | sregs.apicBase & 0x100L;
        }
        java.util.Arrays.fill(sregs.interruptBitmap, 0);
        vcpu.setSregs(sregs);
        KvmRegs regs = new KvmRegs();
        System.arraycopy(state.gpr, 0, regs.gpr, 0, 16);
        regs.rip = state.rip;
        regs.rflags = state.rflags;
        vcpu.setRegs(regs);
        KvmDebugRegs debug = new KvmDebugRegs();
        System.arraycopy(state.dr, 0, debug.db, 0, 4);
        debug.dr6 = state.dr6;
        debug.dr7 = state.dr7;
        vcpu.setDebugRegs(debug);
        vcpu.setFxsave(state.fxsave.clone());
        if (vcpu.xcr0().isPresent()) {
            vcpu.setXcr0(state.xcr0);
        }
        List<KvmMsr> msrs = new ArrayList<>();
        for (Map.Entry<Integer, Long> msr : state.msrs.entrySet()) {
            msrs.add(new KvmMsr(msr.getKey(), msr.getValue()));
        }
        vcpu.setMsrs(msrs);
        restoreEvents(vcpu, state, apic);
    }

    private static void restoreEvents(KvmVcpu vcpu, VcpuState state, boolean apic) {
        KvmVcpuEvents events = new KvmVcpuEvents();
        if (state.pendingVector >= 0 && state.pendingIsInterrupt) {
            events.interruptInjected = true;
            events.interruptVector = state.pendingVector;
        } else if (state.pendingVector >= 0) {
            events.exceptionInjected = true;
            events.exceptionVector = state.pendingVector;
            events.exceptionHasErrorCode = state.pendingHasError;
            events.exceptionErrorCode = state.pendingError;
        }
        events.nmiMasked = state.nmiBlocked;
        events.nmiPending = state.nmiPending;
        events.interruptShadow = state.interruptShadow ? KvmVcpuEvents.SHADOW_STI : 0;
        events.flags = KvmVcpuEvents.VALID_NMI_PENDING | KvmVcpuEvents.VALID_SHADOW;
        vcpu.setVcpuEvents(events);
        if (apic) {
            vcpu.setMpState(
                    switch (state.activity) {
                        case RUNNING -> KvmMpState.RUNNABLE;
                        case HALTED -> KvmMpState.HALTED;
                        case UNINITIALIZED -> KvmMpState.UNINITIALIZED;
                        case WAIT_FOR_SIPI -> KvmMpState.INIT_RECEIVED;
                    });
        }
    }
}
