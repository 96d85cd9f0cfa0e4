package org.jvisor.emulator;

import org.jvisor.vmm.api.VcpuState;

/** The states a CPU takes on RESET, INIT and a start-up IPI (SDM 3A table 10-1). */
final class Reset {
    private Reset() {}

    /** RESET: the boot processor runs, others wait for a start-up IPI. The TSC goes on. */
    static void reset(Cpu c) {
        VcpuState fresh = new VcpuState();
        fresh.gpr[Cpu.RDX] = SoftwareCpuid.SIGNATURE;
        c.msrs = new Msrs();
        forgetDebugging(c);
        StateTransfer.restore(c, fresh);
        c.waitForSipi = c.index != 0;
        if (c.waitForSipi) {
            c.signal(Cpu.PENDING_HALT);
        }
    }

    /** INIT: as RESET, but x87, SSE, MSRs, the TSC and CR0's cache bits stay. */
    static void init(Cpu c) {
        VcpuState old = new VcpuState();
        StateTransfer.save(c, old);
        VcpuState fresh = new VcpuState();
        fresh.gpr[Cpu.RDX] = SoftwareCpuid.SIGNATURE;
        forgetDebugging(c);
        System.arraycopy(old.fxsave, 0, fresh.fxsave, 0, 512);
        fresh.xcr0 = old.xcr0;
        fresh.apicBase = old.apicBase;
        fresh.cr0 =
                old.cr0 & (ControlBits.CR0_CD | ControlBits.CR0_NW) & 0xffff_ffffL
                        | ControlBits.CR0_ET;
        StateTransfer.restore(c, fresh);
        c.waitForSipi = c.index != 0;
        if (c.waitForSipi) {
            c.signal(Cpu.PENDING_HALT);
        }
    }

    private static void forgetDebugging(Cpu c) {
        c.debugHits = 0;
        c.debugHold = false;
        c.loadedSs = false;
        c.branchSteps = false;
    }

    /** A start-up IPI to a CPU that waits for one. */
    static void startup(Cpu c) {
        c.waitForSipi = false;
        c.clearPending(Cpu.PENDING_HALT);
        int vector = c.sipiVector;
        Segments.set(c, Cpu.CS, vector << 8, (long) vector << 12, 0xffff, 0x9b);
        c.rip = 0;
    }
}
