package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.SystemMachine.CODE;
import static org.jvisor.emulator.SystemMachine.CODE0;
import static org.jvisor.emulator.SystemMachine.CODE3;
import static org.jvisor.emulator.SystemMachine.CODE3_32;
import static org.jvisor.emulator.SystemMachine.DATA;
import static org.jvisor.emulator.SystemMachine.DATA0;
import static org.jvisor.emulator.SystemMachine.DATA3;
import static org.jvisor.emulator.SystemMachine.FREE;
import static org.jvisor.emulator.SystemMachine.STACK;
import static org.jvisor.emulator.SystemMachine.USER_STACK;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FarTransfersTest {
    private static final int TARGET = CODE + 0x100;
    private static final String JMP_MEM = "ff 28"; // jmp far [rax]
    private static final String CALL_MEM = "ff 18"; // call far [rax]
    private static final String RETF = "cb";

    private static SystemMachine step(SystemMachine m, String code) {
        m.code(code);
        m.c.hostStep = true;
        m.c.updateSlow();
        m.vcpu.run();
        return m;
    }

    /** Steps over a transfer through the pointer selector:TARGET in memory. */
    private static SystemMachine through(SystemMachine m, String code, int selector) {
        m.memory.writeInt(DATA, TARGET);
        m.memory.writeShort(DATA + 4, selector);
        m.c.r[Cpu.RAX] = DATA;
        return step(m, code);
    }

    private static String where(SystemMachine m) {
        long offset = m.c.rip - SystemMachine.HANDLERS;
        if (offset < 0 || offset >= 0x1000) {
            return "%#x".formatted(m.c.rip);
        }
        return "%d(%#x)".formatted(offset / 16, m.stack(0));
    }

    private static void callGate32(SystemMachine m, int selector, int type, int parameters) {
        long gate = TARGET & 0xffff | (long) CODE0 << 16 | (long) parameters << 32;
        gate |= (long) type << 40 | (TARGET & 0xffff_0000L) << 32;
        m.memory.writeLong(SystemMachine.GDT + (selector & ~7), gate);
    }

    @ParameterizedTest(name = "selector {0}, access {1} at CPL 0: {2}")
    @CsvSource({
        "0x40, 0xc09b, 0x10100",
        "0x40, 0xc09f, 0x10100", // conforming
        "0x43, 0xc09b, 13(0x40)", // RPL above CPL
        "0x43, 0xc09f, 0x10100", // conforming: RPL does not matter
        "0x40, 0xc0fb, 13(0x40)", // outer level
        "0x40, 0xc0ff, 13(0x40)", // outer conforming
        "0x40, 0xc01b, 11(0x40)", // not present
        "0x40, 0xc093, 13(0x40)", // data
        "0x40, 0x0082, 13(0x40)", // an LDT
        "0x40, 0x008e, 13(0x40)", // an interrupt gate
        "0x00, 0xc09b, 13(0x0)",
        "0x100, 0xc09b, 13(0x100)",
    })
    void jumpsCheckTheCodeSegment(String selector, String access, String expected) {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, -1, Integer.decode(access));
        through(m, JMP_MEM, Integer.decode(selector));
        assertThat(where(m)).isEqualTo(expected);
    }

    @Test
    void aJumpBeyondTheLimitFaults() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, 0xfff, 0x409b);
        assertThat(where(through(m, JMP_MEM, FREE))).isEqualTo("13(0x0)");
    }

    @Test
    void aJumpKeepsThePrivilegeLevelInTheSelector() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.descriptor(FREE, 0, -1, 0xc09f);
        through(m, JMP_MEM, FREE);
        assertThat(m.c.segSel[Cpu.CS]).isEqualTo(FREE | 3);
    }

    @Test
    void aJumpTo64BitCodeFromCompatibilityMode() {
        SystemMachine m = SystemMachine.long64();
        m.enter(CODE3_32, DATA3, USER_STACK);
        through(m, JMP_MEM, CODE3);
        assertThat(m.c.is64()).isTrue();
    }

    @Test
    void aFarCallPushesCsAndEip() {
        SystemMachine m = through(SystemMachine.protected32(), CALL_MEM, CODE0);
        assertThat(m.stack(0)).isEqualTo(CODE + 2);
        assertThat(m.stack(1)).isEqualTo(CODE0);
    }

    @Test
    void aFarCallFromRealMode() {
        SystemMachine m = SystemMachine.real();
        m.memory.writeByte(TARGET, 0xf4);
        m.code("9a 00 00 10 10").run(); // 1010:0
        assertThat(m.c.rip).isEqualTo(1);
        assertThat(m.memory.readShort(0x8000 - 4)).isEqualTo(5);
        assertThat(m.memory.readShort(0x8000 - 2)).isEqualTo(CODE >> 4);
    }

    // ---- call gates ----

    @Test
    void aCallGateCopiesParametersToTheInnerStack() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        callGate32(m, FREE, 0xec, 2);
        m.memory.writeInt(USER_STACK, 0x1111);
        m.memory.writeInt(USER_STACK + 4, 0x2222);
        through(m, CALL_MEM, FREE | 3);
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.c.cpl).isZero();
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 24);
        assertThat(m.stack(0)).isEqualTo(CODE + 2);
        assertThat(m.stack(1)).isEqualTo(CODE3);
        assertThat(m.stack(2)).isEqualTo(0x1111);
        assertThat(m.stack(3)).isEqualTo(0x2222);
        assertThat(m.stack(4)).isEqualTo(USER_STACK);
        assertThat(m.stack(5)).isEqualTo(DATA3);
    }

    @Test
    void aReturnFromAnInnerLevelDropsParametersFromBothStacks() {
        SystemMachine m = SystemMachine.protected32();
        long sp = STACK - 0x40;
        int[] frame = {TARGET, CODE3, 0x1111, 0x2222, USER_STACK, DATA3};
        for (int i = 0; i < frame.length; i++) {
            m.memory.writeInt(sp + 4 * i, frame[i]);
        }
        m.c.r[Cpu.RSP] = sp;
        step(m, "ca 08 00");
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.c.cpl).isEqualTo(3);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(USER_STACK + 8);
    }

    @Test
    void aCallGateAtTheSameLevelSwitchesNoStack() {
        SystemMachine m = SystemMachine.protected32();
        callGate32(m, FREE, 0x8c, 2);
        through(m, CALL_MEM, FREE);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 8);
    }

    @ParameterizedTest(name = "gate {0}, RPL {1}: {2}")
    @CsvSource({
        "0xec, 3, 0x10100",
        "0x8c, 3, 13(0x40)", // the gate's DPL
        "0x6c, 3, 11(0x40)", // not present
        "0xe5, 3, 13(0x8)", // a task gate to something that is no TSS
    })
    void gatesCheckPrivilegeAndPresence(String type, int rpl, String expected) {
        SystemMachine m = SystemMachine.protected32().enterUser();
        callGate32(m, FREE, Integer.decode(type), 0);
        through(m, CALL_MEM, FREE | rpl);
        assertThat(where(m)).isEqualTo(expected);
    }

    @Test
    void aJumpThroughAGateCannotChangeTheLevel() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        callGate32(m, FREE, 0xec, 0);
        assertThat(where(through(m, JMP_MEM, FREE | 3))).isEqualTo("13(0x8)");
    }

    @Test
    void a64BitCallGateTakesTwoEntries() {
        SystemMachine m = SystemMachine.long64().enterUser();
        callGate32(m, FREE, 0xec, 0);
        m.memory.writeLong(SystemMachine.GDT + FREE + 8, 0);
        through(m, CALL_MEM, FREE | 3);
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 32);
        assertThat(m.stack(1)).isEqualTo(CODE3);
        assertThat(m.stack(2)).isEqualTo(USER_STACK);
        assertThat(m.c.segSel[Cpu.SS]).isZero();
    }

    @Test
    void a64BitCallGateWithATypeInItsSecondHalfFaults() {
        SystemMachine m = SystemMachine.long64();
        callGate32(m, FREE, 0x8c, 0);
        m.memory.writeLong(SystemMachine.GDT + FREE + 8, 1L << 40);
        assertThat(where(through(m, CALL_MEM, FREE))).isEqualTo("13(0x40)");
    }

    @Test
    void a16BitCallGateFaultsInLongMode() {
        SystemMachine m = SystemMachine.long64();
        callGate32(m, FREE, 0x84, 0);
        assertThat(where(through(m, CALL_MEM, FREE))).isEqualTo("13(0x40)");
    }

    @Test
    void aTssFaultsInLongMode() {
        SystemMachine m = SystemMachine.long64();
        m.descriptor(FREE, SystemMachine.OTHER_TSS, 0x67, 0x89);
        assertThat(where(through(m, JMP_MEM, FREE))).isEqualTo("13(0x40)");
    }

    // ---- RETF ----

    @Test
    void aFarReturnToAnInnerLevelFaults() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.memory.writeInt(USER_STACK, TARGET);
        m.memory.writeInt(USER_STACK + 4, CODE0);
        assertThat(where(step(m, RETF))).isEqualTo("13(0x8)");
    }

    @Test
    void aFarReturnOf64BitCodeLoadsOnlyWhatItPopsAtTheSameLevel() {
        SystemMachine m = SystemMachine.long64();
        m.memory.writeLong(STACK - 16, TARGET);
        m.memory.writeLong(STACK - 8, CODE0);
        m.c.r[Cpu.RSP] = STACK - 16;
        step(m, "48 cb");
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK);
        assertThat(m.c.segSel[Cpu.SS]).isEqualTo(DATA0);
    }
}
