package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.SystemMachine.FREE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SegmentLoadTest {
    private static final String MOV_DS_AX = "8e d8";
    private static final String MOV_SS_AX = "8e d0";

    private static SystemMachine load(SystemMachine m, String mov, int selector) {
        m.c.r[Cpu.RAX] = selector;
        return m.execute(mov);
    }

    @ParameterizedTest(name = "access {0}, RPL {1} at CPL {2}: {3}")
    @CsvSource({
        "0xc093, 0, 0, none", // writable data
        "0xc091, 0, 0, none", // read-only data
        "0xc097, 0, 0, none", // expand-down data
        "0xc09b, 0, 0, none", // readable code
        "0xc099, 0, 0, 13(0x40)", // execute-only code
        "0xc09f, 3, 3, none", // conforming readable code: no privilege check
        "0xc09d, 0, 0, 13(0x40)", // conforming execute-only code
        "0xc093, 3, 0, 13(0x40)", // RPL above DPL
        "0xc093, 0, 3, 13(0x40)", // CPL above DPL
        "0xc0f3, 3, 3, none",
        "0xc0f3, 3, 0, none",
        "0xc0b3, 2, 0, 13(0x40)",
        "0xc013, 0, 0, 11(0x40)", // not present
        "0xc0f3, 0, 3, none",
        "0x0082, 0, 0, 13(0x40)", // an LDT
        "0x0089, 0, 0, 13(0x40)", // a TSS
        "0x008c, 0, 0, 13(0x40)", // a call gate
    })
    void dataSegmentLoadsFaultAsTheSdmSays(String access, int rpl, int cpl, String expected) {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, -1, Integer.decode(access));
        if (cpl == 3) {
            m.enterUser();
        }
        m.code("8e d8 cc"); // INT3 where HLT would be privileged
        m.gate(3, SystemMachine.CODE0, SystemMachine.HANDLERS + 48, 0xee);
        m.c.r[Cpu.RAX] = FREE | rpl;
        m.run();
        assertThat(m.outcome()).isEqualTo(expected.equals("none") ? "3" : expected);
    }

    @ParameterizedTest(name = "access {0}, RPL {1}: {2}")
    @CsvSource({
        "0xc093, 0, none",
        "0xc097, 0, none",
        "0xc091, 0, 13(0x40)", // read-only
        "0xc09b, 0, 13(0x40)", // code
        "0xc093, 1, 13(0x40)", // RPL is not CPL
        "0xc0f3, 0, 13(0x40)", // DPL is not CPL
        "0xc013, 0, 12(0x40)", // not present
    })
    void stackSegmentLoadsFaultAsTheSdmSays(String access, int rpl, String expected) {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, -1, Integer.decode(access));
        assertThat(load(m, MOV_SS_AX, FREE | rpl).outcome()).isEqualTo(expected);
    }

    @Test
    void aNullSelectorInSsFaults() {
        assertThat(load(SystemMachine.protected32(), MOV_SS_AX, 0).outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void aNullSelectorInSsIsAllowedIn64BitCodeBelowCpl3() {
        SystemMachine m = load(SystemMachine.long64(), MOV_SS_AX, 0);
        assertThat(m.outcome()).isEqualTo("none");
    }

    @Test
    void aNullSelectorMakesADataSegmentUnusable() {
        SystemMachine m = SystemMachine.protected32();
        load(m, MOV_DS_AX, 3);
        assertThat(m.c.segAccess[Cpu.DS] & Descriptor.UNUSABLE).isNotZero();
    }

    @Test
    void aSelectorBeyondTheTableFaults() {
        SystemMachine m = load(SystemMachine.protected32(), MOV_DS_AX, 0x100);
        assertThat(m.outcome()).isEqualTo("13(0x100)");
    }

    @Test
    void aDescriptorThatTheLimitCutsFaults() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, -1, 0xc093);
        m.c.gdtLimit = FREE + 6;
        assertThat(load(m, MOV_DS_AX, FREE).outcome()).isEqualTo("13(0x40)");
    }

    @Test
    void anLdtSelectorWithoutAnLdtFaults() {
        SystemMachine m = SystemMachine.protected32();
        Segments.set(m.c, Cpu.LDTR, 0, 0, 0, Descriptor.UNUSABLE);
        assertThat(load(m, MOV_DS_AX, 0xc).outcome()).isEqualTo("13(0xc)");
    }

    @Test
    void anLdtSelectorReadsTheLdt() {
        SystemMachine m = SystemMachine.protected32();
        Segments.set(m.c, Cpu.LDTR, 0x48, SystemMachine.LDT, 0xf, 0x82);
        m.memory.writeLong(SystemMachine.LDT + 8, SystemMachine.encode(0x1234, 0x56, 0x4093));
        load(m, MOV_DS_AX, 0xc);
        assertThat(m.c.segBase[Cpu.DS]).isEqualTo(0x1234);
    }

    @Test
    void loadingSetsTheAccessedBitInMemory() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, -1, 0xc092);
        load(m, MOV_DS_AX, FREE);
        assertThat(m.memory.readByte(SystemMachine.GDT + FREE + 5)).isEqualTo(0x93);
    }

    @Test
    void aFaultingLoadLeavesTheRegister() {
        SystemMachine m = SystemMachine.protected32();
        load(m, MOV_DS_AX, 0xf8);
        assertThat(m.c.segSel[Cpu.DS]).isEqualTo(SystemMachine.DATA0);
    }

    @Test
    void movToCsIsUndefined() {
        assertThat(load(SystemMachine.protected32(), "8e c8", 8).outcome()).isEqualTo("6");
    }

    @Test
    void realModeKeepsTheLimit() {
        SystemMachine m = SystemMachine.real();
        m.c.segLimit[Cpu.DS] = -1;
        load(m, MOV_DS_AX, 0x1234);
        assertThat(m.c.segLimit[Cpu.DS]).isEqualTo(-1);
    }

    @Test
    void realModeShiftsTheSelector() {
        SystemMachine m = load(SystemMachine.real(), MOV_DS_AX, 0x1234);
        assertThat(m.c.segBase[Cpu.DS]).isEqualTo(0x12340);
    }

    @Test
    void popSsMovesTheOldStackPointer() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, 0xffff, 0x0093); // a 16-bit stack
        m.c.r[Cpu.RSP] = SystemMachine.STACK;
        m.memory.writeInt(SystemMachine.STACK, FREE);
        m.execute("17");
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(SystemMachine.STACK + 4);
    }
}
