package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.SystemMachine.CODE;
import static org.jvisor.emulator.SystemMachine.CODE0;
import static org.jvisor.emulator.SystemMachine.DATA;
import static org.jvisor.emulator.SystemMachine.DATA0;
import static org.jvisor.emulator.SystemMachine.FREE;
import static org.jvisor.emulator.SystemMachine.GDT;
import static org.jvisor.emulator.SystemMachine.OTHER_TSS;
import static org.jvisor.emulator.SystemMachine.STACK;
import static org.jvisor.emulator.SystemMachine.TR;
import static org.jvisor.emulator.SystemMachine.TSS;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskSwitchTest {
    private static final int TARGET = CODE + 0x100;
    private static final int OTHER_STACK = STACK - 0x1000;
    private static final String JMP = "ff 28";
    private static final String CALL = "ff 18";
    private static final String IRET = "cf";

    private SystemMachine m;

    @BeforeEach
    void prepare() {
        m = SystemMachine.protected32();
        m.descriptor(TR, TSS, 0x67, 0x8b);
        m.descriptor(FREE, OTHER_TSS, 0x67, 0x89);
        task(0x20, TARGET);
        task(0x24, 0x202);
        for (int i = 0; i < 8; i++) {
            task(0x28 + 4 * i, 0x100 + i);
        }
        task(0x38, OTHER_STACK);
        for (int seg = 0; seg < 6; seg++) {
            task(0x48 + 4 * seg, seg == Cpu.CS ? CODE0 : DATA0);
        }
        m.c.r[Cpu.RAX] = DATA;
        m.memory.writeShort(DATA + 4, FREE);
    }

    private void task(int offset, int value) {
        m.memory.writeInt(OTHER_TSS + offset, value);
    }

    private void step(String code) {
        m.code(code);
        m.c.hostStep = true;
        m.c.updateSlow();
        m.vcpu.run();
    }

    private String where() {
        long offset = m.c.rip - SystemMachine.HANDLERS;
        if (offset < 0 || offset >= 0x1000) {
            return "%#x".formatted(m.c.rip);
        }
        return "%d(%#x)".formatted(offset / 16, m.stack(0));
    }

    private int accessByte(int selector) {
        return m.memory.readByte(GDT + selector + 5);
    }

    @Test
    void aJumpLoadsTheNewTask() {
        step(JMP);
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.c.r[Cpu.RCX]).isEqualTo(0x101);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(OTHER_STACK);
        assertThat(m.c.flags()).isEqualTo(0x202);
        assertThat(m.c.segSel[Cpu.TR]).isEqualTo(FREE);
        assertThat(m.c.cr0 & ControlBits.CR0_TS).isNotZero();
    }

    @Test
    void aJumpSavesTheOldTask() {
        m.c.r[Cpu.RBX] = 0x7777;
        step(JMP);
        assertThat(m.memory.readInt(TSS + 0x20)).isEqualTo(CODE + 2);
        assertThat(m.memory.readInt(TSS + 0x34)).isEqualTo(0x7777);
        assertThat(m.memory.readShort(TSS + 0x4c)).isEqualTo(CODE0);
    }

    @Test
    void aJumpMovesTheBusyBit() {
        step(JMP);
        assertThat(accessByte(TR)).isEqualTo(0x89);
        assertThat(accessByte(FREE)).isEqualTo(0x8b);
    }

    @Test
    void aCallLinksTheTasks() {
        step(CALL);
        assertThat(m.memory.readShort(OTHER_TSS)).isEqualTo(TR);
        assertThat(m.c.rflags & Cpu.NT).isNotZero();
        assertThat(accessByte(TR)).isEqualTo(0x8b);
        assertThat(accessByte(FREE)).isEqualTo(0x8b);
    }

    @Test
    void iretGoesBackByTheLink() {
        m.memory.writeByte(TARGET, 0xcf); // IRET
        step(CALL);
        m.vcpu.run();
        assertThat(m.c.rip).isEqualTo(CODE + 2);
        assertThat(m.c.segSel[Cpu.TR]).isEqualTo(TR);
        assertThat(accessByte(FREE)).isEqualTo(0x89);
        assertThat(m.memory.readInt(OTHER_TSS + 0x24) & Cpu.NT).isZero();
    }

    @Test
    void iretToATaskThatIsNotBusyFaults() {
        m.c.setFlags(Cpu.NT);
        m.memory.writeShort(TSS, FREE);
        step(IRET);
        assertThat(where()).isEqualTo("10(0x40)");
    }

    @Test
    void aTaskGateInTheIdtTakesTheErrorCode() {
        m.gate(13, FREE, 0, 0x85);
        m.c.r[Cpu.RAX] = 0x1f8;
        step("8e d8"); // DS := a selector beyond the table
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.stack(0)).isEqualTo(0x1f8);
        assertThat(m.memory.readInt(TSS + 0x20)).isEqualTo(CODE);
    }

    @Test
    void aSoftwareInterruptThroughATaskGateReturnsAfterIt() {
        m.gate(0x40, FREE, 0, 0x85);
        step("cd 40");
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.memory.readInt(TSS + 0x20)).isEqualTo(CODE + 2);
    }

    @ParameterizedTest(name = "TSS access {0}, limit {1}: {2}")
    @CsvSource({
        "0x8b, 0x67, 13(0x40)", // busy
        "0x09, 0x67, 11(0x40)", // not present
        "0x89, 0x66, 10(0x40)", // too short
        "0x82, 0x67, 13(0x40)", // an LDT
    })
    void theNewTssIsChecked(String access, String limit, String expected) {
        m.descriptor(FREE, OTHER_TSS, Integer.decode(limit), Integer.decode(access));
        step(JMP);
        assertThat(where()).isEqualTo(expected);
        assertThat(m.c.segSel[Cpu.TR]).isEqualTo(TR);
    }

    @ParameterizedTest(name = "offset {0} := {1}: {2}")
    @CsvSource({
        "0x4c, 0x00, 10(0x0)", // null CS
        "0x4c, 0x10, 10(0x10)", // CS is data
        "0x50, 0x00, 10(0x0)", // null SS
        "0x50, 0x08, 10(0x8)", // SS is code
        "0x54, 0xf8, 10(0xf8)", // DS is no segment
        "0x54, 0x48, 11(0x48)", // DS not present
        "0x60, 0x10, 10(0x10)", // LDT is data
    })
    void faultsInTheNewTaskAreTakenThere(String offset, String value, String expected) {
        m.descriptor(0x48, 0, -1, 0xc013);
        // handlers in a task of their own, since SS may be unusable
        m.descriptor(0x50, 0x6000, 0x67, 0x89);
        for (int i = 0; i < 0x68; i += 4) {
            m.memory.writeInt(0x6000 + i, m.memory.readInt(OTHER_TSS + i));
        }
        int vector = Integer.parseInt(expected.substring(0, 2));
        m.memory.writeInt(0x6020, SystemMachine.HANDLERS + 16 * vector);
        m.gate(vector, 0x50, 0, 0x85);
        task(Integer.decode(offset), Integer.decode(value));
        step(JMP);
        assertThat(where()).isEqualTo(expected);
        assertThat(m.memory.readShort(0x6000)).isEqualTo(FREE);
    }

    @Test
    void aTaskWithTheTrapBitStartsWithADebugException() {
        task(0x64, 1);
        step(JMP);
        m.vcpu.run();
        assertThat(m.c.dr6 & DebugRegisters.DR6_BT).isNotZero();
        assertThat(m.memory.readInt(OTHER_STACK - 12)).isEqualTo(TARGET);
    }

    @Test
    void localBreakpointsAreDisabled() {
        m.c.dr7 = 0x7ff;
        step(JMP);
        assertThat(m.c.dr7 & 0xff).isEqualTo(0xaa);
    }

    @Test
    void aTaskInVirtual8086Mode() {
        task(0x24, Cpu.VM | 2);
        task(0x4c, 0x1234);
        step(JMP);
        assertThat(m.c.v86()).isTrue();
        assertThat(m.c.segBase[Cpu.CS]).isEqualTo(0x12340);
        assertThat(m.c.cpl).isEqualTo(3);
    }

    @Test
    void a16BitTaskHasHalves() {
        m.descriptor(FREE, OTHER_TSS, 0x2b, 0x81);
        m.descriptor(0x48, TARGET, 0xffff, 0x9b);
        int[] words = {0x10, 0x202, 0x100, 0x101, 0x102, 0x103, 0x7000, 0x105, 0x106, 0x107};
        for (int i = 0; i < words.length; i++) {
            m.memory.writeShort(OTHER_TSS + 14 + 2 * i, words[i]);
        }
        int[] segments = {DATA0, 0x48, DATA0, DATA0, 0};
        for (int i = 0; i < segments.length; i++) {
            m.memory.writeShort(OTHER_TSS + 34 + 2 * i, segments[i]);
        }
        step(JMP);
        assertThat(m.c.rip).isEqualTo(0x10);
        assertThat(m.c.segBase[Cpu.CS]).isEqualTo(TARGET);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(0x7000);
        assertThat(m.c.segAccess[Cpu.FS] & Descriptor.UNUSABLE).isNotZero();
    }
}
