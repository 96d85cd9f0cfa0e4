package org.jvisor.emulator;

import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuState;

/** Copies a CPU's architectural state to and from a {@link VcpuState}. */
final class StateTransfer {
    private StateTransfer() {}

    static void save(Cpu c, VcpuState s) {
        System.arraycopy(c.r, 0, s.gpr, 0, 16);
        s.rip = c.rip;
        s.rflags = c.flags() & 0xffff_ffffL;
        for (int i = 0; i < 8; i++) {
            s.segments[i] = new Segment(c.segSel[i], c.segBase[i], c.segLimit[i], c.segAccess[i]);
        }
        s.gdtBase = c.gdtBase;
        s.gdtLimit = c.gdtLimit;
        s.idtBase = c.idtBase;
        s.idtLimit = c.idtLimit;
        s.cr0 = c.cr0;
        s.cr2 = c.cr2;
        s.cr3 = c.cr3;
        s.cr4 = c.cr4;
        s.efer = c.efer;
        var apic = c.apic;
        s.cr8 = apic == null ? 0 : apic.cr8();
        s.apicBase = apic == null ? c.apicBase : apic.base();
        System.arraycopy(c.dr, 0, s.dr, 0, 4);
        s.dr6 = c.dr6;
        s.dr7 = c.dr7;
        s.xcr0 = c.xcr0;
        FpState.save(c, s.fxsave);
        Msrs.save(c, s.msrs);
        s.activity =
                c.waitForSipi
                        ? VcpuState.Activity.WAIT_FOR_SIPI
                        : c.halted ? VcpuState.Activity.HALTED : VcpuState.Activity.RUNNING;
        s.pendingVector = c.injectVector;
        s.pendingIsInterrupt = c.injectIsInterrupt;
        s.pendingHasError = c.injectHasError;
        s.pendingError = c.injectError;
        s.nmiBlocked = c.nmiBlocked;
        s.nmiPending = (c.pending() & Cpu.PENDING_NMI) != 0;
        s.interruptShadow = c.shadow;
    }

    /**
     * Takes a state over. Leaves INIT and start-up IPIs pending that come meanwhile: one that
     * follows the INIT that is being carried out counts.
     */
    static void restore(Cpu c, VcpuState s) {
        System.arraycopy(s.gpr, 0, c.r, 0, 16);
        c.rip = s.rip;
        c.cr0 = s.cr0 | ControlBits.CR0_ET;
        c.cr2 = s.cr2;
        c.cr3 = s.cr3;
        c.cr4 = s.cr4;
        c.efer = s.efer;
        c.longMode = (s.efer & ControlBits.EFER_LMA) != 0;
        c.rflags = (int) s.rflags & ~Cpu.ARITH | 2;
        Flags.set(c, (int) s.rflags);
        c.gdtBase = s.gdtBase;
        c.gdtLimit = s.gdtLimit;
        c.idtBase = s.idtBase;
        c.idtLimit = s.idtLimit;
        for (int i = 0; i < 8; i++) {
            Segment g = s.segments[i];
            Segments.set(c, i, g.selector(), g.base(), g.limit(), g.access());
        }
        boolean real = (s.cr0 & ControlBits.CR0_PE) == 0;
        c.cpl = real ? 0 : c.v86() ? 3 : c.segAccess[Cpu.SS] >> 5 & 3;
        System.arraycopy(s.dr, 0, c.dr, 0, 4);
        c.dr6 = s.dr6;
        c.dr7 = s.dr7;
        c.xcr0 = s.xcr0;
        c.apicBase = s.apicBase;
        var apic = c.apic;
        if (apic != null) {
            apic.setBase(s.apicBase);
            apic.setCr8((int) s.cr8 & 15);
        }
        FpState.restore(c, s.fxsave);
        Msrs.restore(c, s.msrs);
        control(c, s);
        Segments.updateMode(c);
        c.mem.flushAll();
        c.mem.selectView();
        c.flagsChanged(c.rflags);
    }

    private static void control(Cpu c, VcpuState s) {
        c.failure = "";
        c.halted = s.activity == VcpuState.Activity.HALTED;
        c.waitForSipi =
                s.activity == VcpuState.Activity.WAIT_FOR_SIPI
                        || s.activity == VcpuState.Activity.UNINITIALIZED;
        c.injectVector = s.pendingVector;
        c.injectIsInterrupt = s.pendingIsInterrupt;
        c.injectHasError = s.pendingHasError;
        c.injectError = s.pendingError;
        c.nmiBlocked = s.nmiBlocked;
        c.shadow = s.interruptShadow;
        c.clearPending(
                Cpu.PENDING_SHUTDOWN
                        | Cpu.PENDING_HALT
                        | Cpu.PENDING_INJECT
                        | Cpu.PENDING_NMI
                        | Cpu.PENDING_YIELD);
        c.signal(
                Cpu.PENDING_IRQ // the APIC may hold something for the new state
                        | (c.halted || c.waitForSipi ? Cpu.PENDING_HALT : 0)
                        | (s.pendingVector >= 0 ? Cpu.PENDING_INJECT : 0)
                        | (s.nmiPending ? Cpu.PENDING_NMI : 0));
    }
}
