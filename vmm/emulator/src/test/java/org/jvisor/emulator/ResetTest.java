package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.VcpuExit;

class ResetTest {
    @Test
    void resetStartsAtTheTopOfTheAddressSpace() {
        SystemMachine m = SystemMachine.long64();
        m.vcpu.reset();
        assertThat(m.c.segBase[Cpu.CS] + m.c.rip).isEqualTo(0xffff_fff0L);
        assertThat(m.c.cr0).isEqualTo(0x6000_0010);
        assertThat(m.c.longMode).isFalse();
    }

    @Test
    void resetLeavesTheSignatureInRdx() {
        SystemMachine m = SystemMachine.long64();
        m.vcpu.reset();
        assertThat(m.c.r[Cpu.RDX]).isEqualTo(SoftwareCpuid.SIGNATURE);
    }

    @Test
    void resetClearsTheMsrs() {
        SystemMachine m = SystemMachine.long64();
        m.c.msrs.lstar = 0x1234;
        m.vcpu.reset();
        assertThat(m.c.msrs.lstar).isZero();
    }

    @Test
    void initKeepsTheMsrsAndLeavesLongMode() {
        SystemMachine m = SystemMachine.long64();
        m.c.msrs.lstar = 0x1234;
        m.vcpu.init();
        m.vcpu.run();
        assertThat(m.c.msrs.lstar).isEqualTo(0x1234);
        assertThat(m.c.efer).isZero();
        assertThat(m.c.cr0 & 0xffff_ffffL & ~0x6000_0000L).isEqualTo(0x10);
    }

    @Test
    void anApplicationProcessorWaitsForItsStartup() {
        SystemMachine m = SystemMachine.real();
        m.c.waitForSipi = true;
        m.c.signal(Cpu.PENDING_HALT);
        assertThat(m.vcpu.run()).isEqualTo(VcpuExit.HALTED);
        m.memory.writeByte(0x10000, 0xf4);
        m.vcpu.startup(0x10);
        assertThat(m.vcpu.run()).isEqualTo(VcpuExit.HALTED);
        assertThat(m.c.segSel[Cpu.CS]).isEqualTo(0x1000);
        assertThat(m.c.rip).isEqualTo(1);
    }

    @Test
    void aStartupThatNobodyWaitsForIsIgnored() {
        SystemMachine m = SystemMachine.real();
        m.code("90 90 f4");
        m.vcpu.startup(0x40);
        m.run();
        assertThat(m.c.segSel[Cpu.CS]).isEqualTo(SystemMachine.CODE >> 4);
    }
}
