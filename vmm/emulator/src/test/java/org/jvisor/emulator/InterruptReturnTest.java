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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterruptReturnTest {
    private static final String IRETD = "cf";
    private static final String IRETQ = "48 cf";
    private static final int TARGET = CODE + 0x100;

    /** Puts a frame on the stack and steps over one IRET. */
    private static SystemMachine iret(SystemMachine m, String code, long... frame) {
        int size = m.c.longMode ? 8 : 4;
        m.c.r[Cpu.RSP] = STACK - 0x100;
        for (int i = 0; i < frame.length; i++) {
            long at = STACK - 0x100 + (long) i * size;
            if (size == 8) {
                m.memory.writeLong(at, frame[i]);
            } else {
                m.memory.writeInt(at, (int) frame[i]);
            }
        }
        m.code(code);
        m.memory.writeByte(TARGET, 0xf4);
        m.c.hostStep = true;
        m.c.updateSlow();
        m.vcpu.run();
        return m;
    }

    private static SystemMachine long64(long... frame) {
        return iret(SystemMachine.long64(), IRETQ, frame);
    }

    private static SystemMachine protected32(long... frame) {
        return iret(SystemMachine.protected32(), IRETD, frame);
    }

    /** Where the CPU is after one step that may have faulted. */
    private static String where(SystemMachine m) {
        long offset = m.c.rip - SystemMachine.HANDLERS;
        if (offset < 0 || offset >= 0x1000) {
            return "%#x".formatted(m.c.rip);
        }
        return "%d(%#x)".formatted(offset / 16, m.stack(0));
    }

    // ---- same level ----

    @Test
    void sameLevelIn32BitModePopsThree() {
        SystemMachine m = protected32(TARGET, CODE0, Cpu.IF | Cpu.CF);
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 0x100 + 12);
        assertThat(m.c.flags()).isEqualTo(Cpu.IF | Cpu.CF | 2);
    }

    @Test
    void sameLevelIn64BitModePopsFive() {
        SystemMachine m = long64(TARGET, CODE0, 2, 0x1234, DATA0);
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(0x1234);
    }

    @Test
    void a64BitKernelMayHaveANullStackSegment() {
        SystemMachine m = long64(TARGET, CODE0, 2, 0x1234, 0);
        assertThat(m.c.rip).isEqualTo(TARGET);
        assertThat(m.c.segSel[Cpu.SS]).isZero();
    }

    // ---- to an outer level ----

    @Test
    void toUserModeLoadsAllFive() {
        SystemMachine m = long64(TARGET, CODE3, 0x202, 0x5678, DATA3);
        assertThat(m.c.cpl).isEqualTo(3);
        assertThat(m.c.is64()).isTrue();
        assertThat(m.c.segSel[Cpu.SS]).isEqualTo(DATA3);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(0x5678);
    }

    @Test
    void toCompatibilityModeCutsTheStackPointer() {
        SystemMachine m = long64(TARGET, CODE3_32, 0x202, 0xf_1234_5678L, DATA3);
        assertThat(m.c.codeMode).isEqualTo(Cpu.MODE32);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(0x1234_5678);
    }

    @Test
    void a16BitStackGetsOnlySp() {
        SystemMachine m = SystemMachine.long64();
        m.descriptor(FREE, 0, 0xffff, 0x00f3);
        iret(m, IRETQ, TARGET, CODE3_32, 0x202, 0xabcd_1234L, FREE | 3);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo((STACK - 0x100 & 0xffff_0000L) + 0x1234);
    }

    @Test
    void dataSegmentsOfTheKernelAreEmptied() {
        SystemMachine m = long64(TARGET, CODE3, 0x202, 0x5678, DATA3);
        assertThat(m.c.segSel[Cpu.DS]).isZero();
        assertThat(m.c.segAccess[Cpu.DS] & Descriptor.UNUSABLE).isNotZero();
    }

    @Test
    void theBaseOfANullFsSurvives() {
        SystemMachine m = SystemMachine.long64();
        Segments.set(m.c, Cpu.FS, 0, 0x7000, 0, Descriptor.UNUSABLE);
        iret(m, IRETQ, TARGET, CODE3, 0x202, 0x5678, DATA3);
        assertThat(m.c.segBase[Cpu.FS]).isEqualTo(0x7000);
    }

    // ---- faults ----

    @ParameterizedTest(name = "CS {0}, SS {1}: {2}")
    @CsvSource({
        "0x00, 0x10, 13(0x0)", // null
        "0x10, 0x10, 13(0x10)", // data
        "0x0b, 0x23, 13(0x8)", // RPL is not DPL
        "0x28, 0x23, 13(0x28)", // DPL 3 with RPL 0
        "0x100, 0x10, 13(0x100)", // beyond the table
        "0x2b, 0x00, 13(0x0)", // null SS at CPL 3
        "0x2b, 0x10, 13(0x10)", // kernel's SS at CPL 3
        "0x2b, 0x20, 13(0x20)", // RPL is not CPL
        "0x08, 0x08, 13(0x8)", // SS is code
        "0x40, 0x10, 13(0x40)", // L and D
        "0x48, 0x10, 11(0x48)", // not present
        "0x08, 0x50, 12(0x50)", // SS not present
    })
    void badSelectorsFaultAsTheSdmSays(String cs, String ss, String expected) {
        SystemMachine m = SystemMachine.long64();
        m.descriptor(0x40, 0, -1, 0xe09b);
        m.descriptor(0x48, 0, -1, 0xa01b);
        m.descriptor(0x50, 0, -1, 0xc013);
        iret(m, IRETQ, TARGET, Integer.decode(cs), 2, STACK, Integer.decode(ss));
        assertThat(where(m)).isEqualTo(expected);
    }

    @Test
    void aNonCanonicalTargetFaults() {
        assertThat(where(long64(1L << 47, CODE3, 2, STACK, DATA3))).isEqualTo("13(0x0)");
    }

    @Test
    void aTargetBeyondItsSegmentFaults() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, 0xfff, 0x409b);
        assertThat(where(iret(m, IRETD, 0x1000, FREE, 2))).isEqualTo("13(0x0)");
    }

    @Test
    void nestedTaskInLongModeFaults() {
        SystemMachine m = SystemMachine.long64();
        m.c.setFlags(Cpu.NT);
        assertThat(where(iret(m, IRETQ, TARGET, CODE0, 2, STACK, DATA0))).isEqualTo("13(0x0)");
    }

    @Test
    void aFaultLeavesTheRegistersButUnblocksNmis() {
        SystemMachine m = SystemMachine.long64();
        m.c.nmiBlocked = true;
        iret(m, IRETQ, 1L << 47, CODE3, 2, STACK, DATA3);
        assertThat(m.stack(1)).isEqualTo(CODE);
        assertThat(m.stack(4)).isEqualTo(STACK - 0x100);
        assertThat(m.c.nmiBlocked).isFalse();
    }

    // ---- flags ----

    @Test
    void usersCannotChangeIfOrIopl() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        iret(m, IRETD, TARGET, CODE3, Cpu.IOPL | Cpu.IF);
        assertThat(m.c.flags()).isEqualTo(2);
    }

    @Test
    void usersWithIoplChangeIf() {
        SystemMachine m = SystemMachine.protected32().enterUser();
        m.c.setFlags(Cpu.IOPL);
        iret(m, IRETD, TARGET, CODE3, Cpu.IF);
        assertThat(m.c.flags()).isEqualTo(Cpu.IOPL | Cpu.IF | 2);
    }

    @Test
    void resumeFlagIsRestored() {
        assertThat(long64(TARGET, CODE0, Cpu.RF | 2, STACK, DATA0).c.rflags & Cpu.RF).isNotZero();
    }

    // ---- virtual-8086 mode ----

    @Test
    void theVmFlagEntersVirtual8086Mode() {
        SystemMachine m =
                protected32(
                        0x10,
                        TARGET >> 4,
                        Cpu.VM | Cpu.IF,
                        0x2000,
                        DATA >> 4,
                        0x1111,
                        0x2222,
                        0x3333,
                        0x4444);
        assertThat(m.c.v86()).isTrue();
        assertThat(m.c.cpl).isEqualTo(3);
        assertThat(m.c.segBase[Cpu.CS]).isEqualTo(TARGET);
        assertThat(m.c.segBase[Cpu.SS]).isEqualTo(DATA);
        assertThat(m.c.segBase[Cpu.ES]).isEqualTo(0x11110);
        assertThat(m.c.segBase[Cpu.GS]).isEqualTo(0x44440);
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(0x2000);
    }

    @Test
    void realModeTakesAllFlags() {
        SystemMachine m = SystemMachine.real();
        m.memory.writeShort(0x8000, 0x20);
        m.memory.writeShort(0x8002, TARGET >> 4);
        m.memory.writeShort(0x8004, Cpu.IF | Cpu.IOPL | Cpu.ZF);
        m.memory.writeByte(TARGET + 0x20, 0xf4);
        m.code("cf").run();
        assertThat(m.c.rip).isEqualTo(0x21);
        assertThat(m.c.flags()).isEqualTo(Cpu.IF | Cpu.IOPL | Cpu.ZF | 2);
    }
}
