package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.vmm.api.VcpuState;

class MsrsTest {
    private static SystemMachine rdmsr(SystemMachine m, int msr) {
        m.c.rip = SystemMachine.CODE;
        m.c.r[Cpu.RCX] = msr;
        return m.execute("0f 32");
    }

    private static SystemMachine wrmsr(SystemMachine m, int msr, long value) {
        m.c.rip = SystemMachine.CODE;
        m.c.r[Cpu.RCX] = msr;
        m.c.r[Cpu.RAX] = value & 0xffff_ffffL;
        m.c.r[Cpu.RDX] = value >>> 32;
        return m.execute("0f 30");
    }

    private static long value(SystemMachine m) {
        return m.c.r[Cpu.RAX] | m.c.r[Cpu.RDX] << 32;
    }

    @ParameterizedTest
    @ValueSource(ints = {0x3a, 0xce, 0x10a, 0x186, 0x1a2, 0x480, 0x606, 0xc001_0015, 0x4b56_4d01})
    void unknownMsrsFault(int msr) {
        assertThat(rdmsr(SystemMachine.long64(), msr).outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void theyArePrivileged() {
        SystemMachine m = SystemMachine.long64().enterUser();
        m.c.r[Cpu.RCX] = 0x10;
        assertThat(m.execute("0f 32").outcome()).isEqualTo("13(0x0)");
    }

    @ParameterizedTest(name = "MSR {0} takes {1}: {2}")
    @CsvSource({
        "0xc0000080, 0x0d01, none", // EFER as it is, and SCE
        "0xc0000080, 0x0c01, 13(0x0)", // LME off while paging
        "0xc0000080, 0x1d01, 13(0x0)", // SVME
        "0xc0000082, 0x7fffffffffff, none",
        "0xc0000082, 0x800000000000, 13(0x0)",
        "0xc0000100, 0x800000000000, 13(0x0)",
        "0xc0000102, 0x800000000000, 13(0x0)",
        "0xc0000084, 0x100000000, 13(0x0)",
        "0xc0000103, 0x100000000, 13(0x0)",
        "0x176, 0x800000000000, 13(0x0)",
        "0x277, 0x0007040600070406, none",
        "0x277, 0x0207040600070406, 13(0x0)", // type 2
        "0x277, 0x0007040600070408, 13(0x0)", // type 8
        "0xfe, 0x508, 13(0x0)", // read-only
        "0x2ff, 0xc06, none",
        "0x2ff, 0xc07, 13(0x0)", // UC- is no MTRR type
        "0x2ff, 0x1c06, 13(0x0)",
        "0x200, 0x80000000, none",
        "0x200, 0x80000106, 13(0x0)",
        "0x200, 0x10000000000, 13(0x0)", // above MAXPHYADDR
        "0x201, 0xff80000800, none",
        "0x201, 0xff80000001, 13(0x0)",
        "0x250, 0x0606060606060606, none",
        "0x250, 0x0606060606060603, 13(0x0)",
        "0x179, 0x4, 13(0x0)",
        "0x400, 0xffffffff, none",
        "0x401, 0x1, 13(0x0)", // status takes zeros only
        "0x401, 0x0, none",
        "0x1a0, 0x1801, none",
        "0x1a0, 0x1, 13(0x0)", // clears read-only bits
        "0x1d9, 0x2, none",
        "0x1d9, 0x1, 13(0x0)", // branch records
        "0x8b, 0x0, none",
        "0x17, 0x0, 13(0x0)",
    })
    void writesAreChecked(String msr, String value, String expected) {
        SystemMachine m = SystemMachine.long64();
        wrmsr(m, Long.decode(msr).intValue(), Long.decode(value));
        assertThat(m.outcome()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0x174,
                0x175,
                0x176,
                0x200,
                0x20f,
                0x26f,
                0x277,
                0xc000_0081,
                0xc000_0082,
                0xc000_0083,
                0xc000_0084,
                0xc000_0100,
                0xc000_0101,
                0xc000_0102,
                0xc000_0103
            })
    void whatIsWrittenIsRead(int msr) {
        SystemMachine m = SystemMachine.long64();
        long value = msr == 0x20f ? 0xff_0000_0800L : msr == 0x200 ? 0x1_0000_0006L : 0x606_0606L;
        wrmsr(m, msr, value);
        rdmsr(m, msr);
        assertThat(value(m)).isEqualTo(value);
    }

    @Test
    void theTscIsTheClockInNanoseconds() {
        SystemMachine m = SystemMachine.long64();
        m.clock.advance(5_000_000_123L);
        m.execute("0f 31");
        assertThat(value(m)).isEqualTo(5_000_000_123L);
    }

    @Test
    void writingTheTscMovesTscAdjust() {
        SystemMachine m = SystemMachine.long64();
        m.clock.advance(100);
        wrmsr(m, Msrs.IA32_TSC, 1000);
        rdmsr(m, Msrs.IA32_TSC_ADJUST);
        assertThat(value(m)).isEqualTo(900);
    }

    @Test
    void writingTscAdjustMovesTheTsc() {
        SystemMachine m = SystemMachine.long64();
        wrmsr(m, Msrs.IA32_TSC_ADJUST, 77);
        rdmsr(m, Msrs.IA32_TSC);
        assertThat(value(m)).isEqualTo(77);
    }

    @Test
    void tsdKeepsTheTscFromPrograms() {
        SystemMachine m = SystemMachine.long64().enterUser();
        m.c.cr4 |= ControlBits.CR4_TSD;
        assertThat(m.execute("0f 31").outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void rdtscpGivesTscAux() {
        SystemMachine m = SystemMachine.long64();
        m.c.msrs.tscAux = 42;
        m.execute("0f 01 f9");
        assertThat(m.c.r[Cpu.RCX]).isEqualTo(42);
    }

    @Test
    void cpuidLeavesTheMicrocodeRevision() {
        SystemMachine m = SystemMachine.long64();
        wrmsr(m, Msrs.IA32_BIOS_SIGN_ID, 0);
        m.c.rip = SystemMachine.CODE;
        m.c.r[Cpu.RAX] = 1;
        m.execute("0f a2");
        rdmsr(m, Msrs.IA32_BIOS_SIGN_ID);
        assertThat(m.c.r[Cpu.RDX]).isEqualTo(1);
    }

    @Test
    void stateKeepsThem() {
        SystemMachine m = SystemMachine.long64();
        m.clock.advance(1000);
        wrmsr(m, Msrs.IA32_LSTAR, 0x1234);
        wrmsr(m, 0x2ff, 0xc06);
        wrmsr(m, Msrs.IA32_TSC, 5_000);
        VcpuState state = new VcpuState();
        m.vcpu.save(state);
        SystemMachine other = SystemMachine.long64();
        other.vcpu.restore(state);
        assertThat(other.c.msrs.read(other.c, Msrs.IA32_LSTAR)).isEqualTo(0x1234);
        assertThat(other.c.msrs.read(other.c, 0x2ff)).isEqualTo(0xc06);
        assertThat(other.c.msrs.read(other.c, Msrs.IA32_TSC)).isEqualTo(5_000);
        assertThat(other.c.msrs.read(other.c, Msrs.IA32_TSC_ADJUST)).isEqualTo(4_000);
    }

    @Test
    void rdrandSetsCarryAndDiffersEachTime() {
        SystemMachine m = SystemMachine.long64();
        m.execute("48 0f c7 f0 48 0f c7 f3");
        assertThat(m.c.flags() & Cpu.ARITH).isEqualTo(Cpu.CF);
        assertThat(m.c.r[Cpu.RAX]).isNotEqualTo(m.c.r[Cpu.RBX]);
    }
}
