package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.SystemMachine.CODE;
import static org.jvisor.emulator.SystemMachine.CODE0;
import static org.jvisor.emulator.SystemMachine.FREE;
import static org.jvisor.emulator.SystemMachine.HANDLERS;
import static org.jvisor.emulator.SystemMachine.STACK;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.jvisor.vmm.api.VcpuExit;

class InterruptsTest {
    private static final String INT_40 = "cd 40";
    private static final String UD2 = "0f 0b";
    private static final int HANDLER_40 = HANDLERS + 0x400;

    // ---- real mode ----

    @Test
    void realModePushesFlagsCsAndIp() {
        SystemMachine m = SystemMachine.real();
        m.c.setFlags(Cpu.IF | Cpu.CF);
        m.execute(INT_40);
        int sp = (int) m.c.r[Cpu.RSP];
        assertThat(m.vector()).isEqualTo(0x40);
        assertThat(sp).isEqualTo(0x8000 - 6);
        assertThat(m.memory.readShort(sp)).isEqualTo(2);
        assertThat(m.memory.readShort(sp + 2)).isEqualTo(CODE >> 4);
        assertThat(m.memory.readShort(sp + 4)).isEqualTo(Cpu.IF | Cpu.CF | 2);
        assertThat(m.c.rflags & Cpu.IF).isZero();
    }

    @Test
    void realModeFaultsPushNoErrorCode() {
        SystemMachine m = SystemMachine.real();
        m.c.idtLimit = 0xff; // vectors 0 to 3f
        m.execute(INT_40);
        assertThat(m.vector()).isEqualTo(Cpu.GP);
        assertThat((int) m.c.r[Cpu.RSP]).isEqualTo(0x8000 - 6);
    }

    @Test
    void realModeStackWrapsAround() {
        SystemMachine m = SystemMachine.real();
        m.c.r[Cpu.RSP] = 0;
        m.execute(INT_40);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(0xfffa);
    }

    // ---- protected mode ----

    @Test
    void sameLevelPushesThreeWords() {
        SystemMachine m = SystemMachine.protected32();
        m.execute(INT_40);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 12);
        assertThat(m.stack(0)).isEqualTo(CODE + 2);
        assertThat(m.stack(1)).isEqualTo(CODE0);
    }

    @Test
    void aTrapGateLeavesIf() {
        SystemMachine m = SystemMachine.protected32();
        m.gate(0x40, CODE0, HANDLER_40, 0x8f);
        m.c.setFlags(Cpu.IF);
        m.execute(INT_40);
        assertThat(m.c.rflags & Cpu.IF).isNotZero();
    }

    @Test
    void a16BitGatePushesHalves() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, HANDLERS, 0xffff, 0x9b);
        m.gate(0x40, FREE, 0x400, 0x86);
        m.execute(INT_40);
        assertThat(m.vector()).isEqualTo(0x40);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 6);
    }

    @Test
    void anInnerLevelSwitchesToTheStackOfTheTss() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.gate(0x40, CODE0, HANDLER_40, 0xee);
        m.execute(INT_40);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 20);
        assertThat(m.c.segSel[Cpu.SS]).isEqualTo(SystemMachine.DATA0);
        assertThat(m.stack(3)).isEqualTo(SystemMachine.USER_STACK);
        assertThat(m.stack(4)).isEqualTo(SystemMachine.DATA3);
        assertThat(m.c.cpl).isZero();
    }

    @Test
    void aGateThatTheProgramMayNotUseFaults() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo("13(0x202)");
    }

    @Test
    void anExceptionIgnoresTheGatesPrivilege() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.execute(UD2);
        assertThat(m.outcome()).isEqualTo("6");
    }

    @Test
    void faultsAreSavedWithRf() {
        SystemMachine m = SystemMachine.protected32();
        m.execute(UD2);
        assertThat(m.stack(2) & Cpu.RF).isNotZero();
    }

    @Test
    void softwareInterruptsAreSavedWithoutRf() {
        SystemMachine m = SystemMachine.protected32();
        m.execute(INT_40);
        assertThat(m.stack(2) & Cpu.RF).isZero();
    }

    @ParameterizedTest(name = "gate type {0}: {1}")
    @CsvSource({
        "0x8e, none",
        "0x0e, 11(0x202)", // not present
        "0x8c, 13(0x202)", // a call gate
        "0x89, 13(0x202)", // a TSS
        "0x9b, 13(0x202)", // code
        "0x80, 13(0x202)", // reserved
    })
    void theGateMustBeOneForInterrupts(String type, String expected) {
        SystemMachine m = SystemMachine.protected32();
        m.gate(0x40, CODE0, HANDLER_40, Integer.decode(type));
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo(expected.equals("none") ? "64" : expected);
    }

    @ParameterizedTest(name = "target code segment {0}: {1}")
    @CsvSource({
        "0xc09b, 64",
        "0xc09f, 64", // conforming
        "0xc093, 13(0x40)", // data
        "0xc0fb, 13(0x40)", // outer level
        "0xc01b, 11(0x40)", // not present
    })
    void theHandlersSegmentMustBeInnerCode(String access, String expected) {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, -1, Integer.decode(access));
        m.gate(0x40, FREE, HANDLER_40, 0x8e);
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo(expected);
    }

    @Test
    void aNullHandlerSegmentFaultsWithZero() {
        SystemMachine m = SystemMachine.protected32();
        m.gate(0x40, 0, HANDLER_40, 0x8e);
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void aHandlerBeyondItsSegmentFaultsWithZero() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, 0xfff, 0x409b);
        m.gate(0x40, FREE, 0x1000, 0x8e);
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void faultsInTheDeliveryOfAnExceptionAreMarkedExternal() {
        SystemMachine m = SystemMachine.protected32();
        m.gate(6, 0, 0, 0x8e);
        m.execute(UD2);
        assertThat(m.outcome()).isEqualTo("13(0x1)");
    }

    @ParameterizedTest(name = "SS0 {0} with access {1}: {2}")
    @CsvSource({
        "0x00, 0xc093, 10(0x0)",
        "0x40, 0xc093, 64",
        "0x41, 0xc093, 10(0x40)", // RPL
        "0x40, 0xc0b3, 10(0x40)", // DPL
        "0x40, 0xc091, 10(0x40)", // read-only
        "0x40, 0xc013, 12(0x40)", // not present
        "0xf8, 0xc093, 10(0xf8)", // empty descriptor
        "0x1f8, 0xc093, 10(0x1f8)", // beyond the table
    })
    void theInnerStackMustBeRight(String selector, String access, String expected) {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.descriptor(FREE, 0, -1, Integer.decode(access));
        m.memory.writeShort(SystemMachine.TSS + 8, Integer.decode(selector));
        m.gate(0x40, CODE0, HANDLER_40, 0xee);
        // #TS and #SS need a stack that works: they stay at CPL 3 in a conforming segment
        m.descriptor(0x60, 0, -1, 0xc09f);
        for (int v : new int[] {8, 10, 12, 13}) {
            m.gate(v, 0x60, HANDLERS + 16 * v, 0x8e);
            m.memory.write(HANDLERS + 16 * v, new byte[] {(byte) 0xcd, 0x41});
        }
        m.gate(0x41, 0x60, HANDLERS + 0x410, 0xee);
        m.c.hostStep = true;
        m.c.updateSlow();
        m.code(INT_40);
        m.vcpu.run();
        int vector = (int) (m.c.rip - HANDLERS) / 16;
        String outcome = vector == 0x40 ? "64" : "%d(%#x)".formatted(vector, m.stack(0));
        assertThat(outcome).isEqualTo(expected);
    }

    @Test
    void aTssTooShortForTheStackFaults() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.c.segLimit[Cpu.TR] = 8;
        m.gate(0x40, CODE0, HANDLER_40, 0xee);
        m.descriptor(0x60, 0, -1, 0xc09f);
        m.gate(10, 0x60, HANDLERS + 160, 0x8e);
        m.c.hostStep = true;
        m.c.updateSlow();
        m.code(INT_40);
        m.vcpu.run();
        assertThat(m.c.rip).isEqualTo(HANDLERS + 160);
        assertThat(m.stack(0)).isEqualTo(SystemMachine.TR);
    }

    // ---- nested exceptions ----

    @Test
    void aFaultInAContributoryFaultIsADoubleFault() {
        SystemMachine m = SystemMachine.protected32();
        m.gate(13, 0, 0, 0x8e);
        m.gate(0x40, 0, 0, 0x8e);
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo("8(0x0)");
    }

    @Test
    void aFaultInADoubleFaultShutsDown() {
        SystemMachine m = SystemMachine.protected32();
        m.gate(13, 0, 0, 0x8e);
        m.gate(8, 0, 0, 0x8e);
        m.code("cd 40");
        m.gate(0x40, 0, 0, 0x8e);
        assertThat(m.run()).isEqualTo(VcpuExit.SHUTDOWN);
        assertThat(m.vcpu.failure()).contains("triple fault");
    }

    @Test
    void aFaultInABenignExceptionIsServedAlone() {
        SystemMachine m = SystemMachine.protected32();
        m.gate(6, CODE0, 0, 0x0e);
        m.execute(UD2);
        assertThat(m.outcome()).isEqualTo("11(0x33)");
    }

    @ParameterizedTest(name = "{0} then {1}: {2}")
    @CsvSource({
        "0, 13, true", "13, 0, true", "10, 11, true", "12, 12, true", "13, 14, false",
        "14, 13, true", "14, 14, true", "6, 13, false", "1, 14, false", "14, 6, false",
        "16, 13, false", "64, 13, false",
    })
    void doubleFaultsFollowTheTable(int first, int second, boolean expected) {
        assertThat(Exceptions.makesDoubleFault(first, second)).isEqualTo(expected);
    }

    // ---- 64-bit mode ----

    @Test
    void longModeAlwaysPushesTheStackAndAlignsIt() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RSP] = STACK - 3;
        m.execute(INT_40);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 16 - 40);
        assertThat(m.stack(0)).isEqualTo(CODE + 2);
        assertThat(m.stack(3)).isEqualTo(STACK - 3);
        assertThat(m.stack(4)).isEqualTo(SystemMachine.DATA0);
    }

    @Test
    void longModeGivesANullStackSegmentOnALevelChange() {
        SystemMachine m = SystemMachine.long64().enterUser();
        m.execute(UD2);
        assertThat(m.outcome()).isEqualTo("6");
        assertThat(m.c.segSel[Cpu.SS]).isZero();
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 40);
    }

    @Test
    void anInterruptStackIsUsedWithoutALevelChange() {
        SystemMachine m = SystemMachine.long64();
        m.gate(0x40, CODE0, HANDLER_40, 0x18e);
        m.execute(INT_40);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(SystemMachine.IST1 - 40);
        assertThat(m.c.segSel[Cpu.SS]).isEqualTo(SystemMachine.DATA0);
    }

    @Test
    void aHandlerOf32BitCodeFaultsInLongMode() {
        SystemMachine m = SystemMachine.long64();
        m.descriptor(FREE, 0, -1, 0xc09b);
        m.gate(0x40, FREE, HANDLER_40, 0x8e);
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo("13(0x40)");
    }

    @Test
    void aNonCanonicalHandlerFaults() {
        SystemMachine m = SystemMachine.long64();
        m.gate(0x40, CODE0, 1L << 47, 0x8e);
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void aNonCanonicalStackIsAStackFault() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RSP] = 1L << 50;
        m.gate(12, CODE0, HANDLERS + 192, 0x18e);
        m.execute(INT_40);
        assertThat(m.outcome()).isEqualTo("12(0x0)");
    }

    @Test
    void int3IsATrap() {
        SystemMachine m = SystemMachine.long64();
        m.execute("cc");
        assertThat(m.outcome()).isEqualTo("3");
        assertThat(m.stack(0)).isEqualTo(CODE + 1);
    }

    @Test
    void aPageFaultSetsCr2AndItsErrorCode() {
        SystemMachine m = SystemMachine.long64().enterUser();
        m.memory.writeLong(SystemMachine.PAGE_TABLES + 0x2008, 0); // 2 to 4 MiB
        m.c.r[Cpu.RSP] = 0x20_1000;
        m.execute("9c");
        assertThat(m.outcome()).isEqualTo("14(0x6)");
        assertThat(m.c.cr2).isEqualTo(0x20_0ff8);
    }

    // ---- NMI ----

    @Test
    void nmisAreHeldUntilIret() {
        SystemMachine m = SystemMachine.long64();
        m.memory.write(HANDLERS + 32, new byte[] {(byte) 0x90, (byte) 0x48, (byte) 0xcf});
        m.vcpu.nmi();
        m.code("90 f4");
        m.c.hostStep = true;
        m.c.updateSlow();
        m.vcpu.run();
        assertThat(m.c.rip).isEqualTo(HANDLERS + 33);
        m.vcpu.nmi();
        m.vcpu.run(); // the IRET
        assertThat(m.c.rip).isEqualTo(CODE);
        m.vcpu.run();
        assertThat(m.c.rip).isEqualTo(HANDLERS + 33);
    }
}
