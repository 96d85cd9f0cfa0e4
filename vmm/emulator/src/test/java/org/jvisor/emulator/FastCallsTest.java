package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.SystemMachine.CODE;
import static org.jvisor.emulator.SystemMachine.CODE0;
import static org.jvisor.emulator.SystemMachine.CODE3;
import static org.jvisor.emulator.SystemMachine.CODE3_32;
import static org.jvisor.emulator.SystemMachine.DATA0;
import static org.jvisor.emulator.SystemMachine.DATA3;

import org.junit.jupiter.api.Test;

class FastCallsTest {
    private static final int ENTRY = CODE + 0x200;
    private static final String SYSCALL = "0f 05";
    private static final String SYSRETQ = "48 0f 07";
    private static final String SYSRETL = "0f 07";

    private static SystemMachine step(SystemMachine m, String code) {
        m.code(code);
        m.c.hostStep = true;
        m.c.updateSlow();
        m.vcpu.run();
        return m;
    }

    private static SystemMachine user() {
        SystemMachine m = SystemMachine.long64().enterUser();
        m.c.msrs.lstar = ENTRY;
        m.c.msrs.fmask = Cpu.IF | Cpu.DF;
        return m;
    }

    @Test
    void syscallSavesAndEnters() {
        SystemMachine m = user();
        m.c.setFlags(Cpu.IF | Cpu.ZF | Cpu.RF);
        step(m, SYSCALL);
        assertThat(m.c.rip).isEqualTo(ENTRY);
        assertThat(m.c.r[Cpu.RCX]).isEqualTo(CODE + 2);
        assertThat(m.c.r[11]).isEqualTo(Cpu.IF | Cpu.ZF | 2);
        assertThat(m.c.flags()).isEqualTo(Cpu.ZF | 2);
        assertThat(m.c.segSel[Cpu.CS]).isEqualTo(CODE0);
        assertThat(m.c.segSel[Cpu.SS]).isEqualTo(DATA0);
        assertThat(m.c.cpl).isZero();
    }

    @Test
    void syscallNeedsSce() {
        SystemMachine m = user();
        m.c.efer &= ~ControlBits.EFER_SCE;
        assertThat(m.execute(SYSCALL).outcome()).isEqualTo("6");
    }

    @Test
    void syscallIsUndefinedIn32BitCode() {
        SystemMachine m = user();
        m.enter(CODE3_32, DATA3, SystemMachine.USER_STACK);
        assertThat(m.execute(SYSCALL).outcome()).isEqualTo("6");
    }

    @Test
    void sysretGoesTo64BitCode() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RCX] = ENTRY;
        m.c.r[11] = 0xffff_ffffL & ~(Cpu.TF | Cpu.VM);
        step(m, SYSRETQ);
        assertThat(m.c.rip).isEqualTo(ENTRY);
        assertThat(m.c.segSel[Cpu.CS]).isEqualTo(CODE3);
        assertThat(m.c.segSel[Cpu.SS]).isEqualTo(DATA3);
        assertThat(m.c.flags()).isEqualTo(0x3c_7ed7);
        assertThat(m.c.cpl).isEqualTo(3);
    }

    @Test
    void sysretGoesToCompatibilityMode() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RCX] = 0xf_0000_0000L + ENTRY;
        m.c.r[11] = 2;
        step(m, SYSRETL);
        assertThat(m.c.rip).isEqualTo(ENTRY);
        assertThat(m.c.segSel[Cpu.CS]).isEqualTo(CODE3_32);
        assertThat(m.c.codeMode).isEqualTo(Cpu.MODE32);
    }

    @Test
    void sysretToANonCanonicalAddressFaultsInTheKernel() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RCX] = 1L << 47;
        m.execute(SYSRETQ);
        assertThat(m.outcome()).isEqualTo("13(0x0)");
        assertThat(m.stack(2)).isEqualTo(CODE0); // from CPL 0
    }

    @Test
    void sysretIsPrivileged() {
        assertThat(user().execute(SYSRETQ).outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void aTraceFlagRestoredBySysretTrapsAtOnce() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RCX] = ENTRY;
        m.c.r[11] = Cpu.TF | 2;
        m.execute(SYSRETQ);
        assertThat(m.outcome()).isEqualTo("1");
        assertThat(m.stack(0)).isEqualTo(ENTRY);
        assertThat(m.c.dr6 & DebugRegisters.DR6_BS).isNotZero();
    }

    @Test
    void aTraceFlagThatSyscallMasksDoesNotTrap() {
        SystemMachine m = user();
        m.c.msrs.fmask |= Cpu.TF;
        m.c.setFlags(Cpu.TF);
        m.memory.writeByte(ENTRY, 0xf4);
        m.code(SYSCALL).run();
        assertThat(m.c.rip).isEqualTo(ENTRY + 1);
    }

    @Test
    void sysenterTakesItsMsrs() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.c.msrs.sysenterCs = CODE0 | 3;
        m.c.msrs.sysenterEip = ENTRY;
        m.c.msrs.sysenterEsp = 0x7777;
        m.c.setFlags(Cpu.IF);
        step(m, "0f 34");
        assertThat(m.c.rip).isEqualTo(ENTRY);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(0x7777);
        assertThat(m.c.segSel[Cpu.CS]).isEqualTo(CODE0);
        assertThat(m.c.rflags & Cpu.IF).isZero();
    }

    @Test
    void sysenterWithoutACodeSegmentFaults() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        assertThat(m.execute("0f 34").outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void sysexitReturnsByRcxAndRdx() {
        SystemMachine m = SystemMachine.long64();
        m.c.msrs.sysenterCs = CODE0;
        m.c.r[Cpu.RCX] = 0x8888;
        m.c.r[Cpu.RDX] = ENTRY;
        step(m, "48 0f 35");
        assertThat(m.c.rip).isEqualTo(ENTRY);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(0x8888);
        assertThat(m.c.segSel[Cpu.CS]).isEqualTo(CODE0 + 32 | 3);
        assertThat(m.c.segSel[Cpu.SS]).isEqualTo(CODE0 + 40 | 3);
    }

    @Test
    void swapgsExchangesTheBases() {
        SystemMachine m = SystemMachine.long64();
        m.c.segBase[Cpu.GS] = 0x1111;
        m.c.msrs.kernelGsBase = 0x2222;
        m.execute("0f 01 f8");
        assertThat(m.c.segBase[Cpu.GS]).isEqualTo(0x2222);
        assertThat(m.c.msrs.kernelGsBase).isEqualTo(0x1111);
    }

    @Test
    void swapgsIsPrivileged() {
        assertThat(user().execute("0f 01 f8").outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void wrfsbaseNeedsItsControlBit() {
        assertThat(user().execute("f3 48 0f ae d0").outcome()).isEqualTo("6");
    }

    @Test
    void wrfsbaseSetsTheBase() {
        SystemMachine m = SystemMachine.long64();
        m.c.cr4 |= ControlBits.CR4_FSGSBASE;
        m.c.r[Cpu.RAX] = 0x1_2345_6789L;
        m.execute("f3 48 0f ae d0");
        assertThat(m.c.segBase[Cpu.FS]).isEqualTo(0x1_2345_6789L);
    }

    @Test
    void wrgsbaseOfANonCanonicalAddressFaults() {
        SystemMachine m = SystemMachine.long64();
        m.c.cr4 |= ControlBits.CR4_FSGSBASE;
        m.c.r[Cpu.RAX] = 1L << 47;
        assertThat(m.execute("f3 48 0f ae d8").outcome()).isEqualTo("13(0x0)");
    }
}
