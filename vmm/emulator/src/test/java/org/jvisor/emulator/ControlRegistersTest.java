package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ControlRegistersTest {
    private static final String TO_CR0 = "0f 22 c0";
    private static final String TO_CR3 = "0f 22 d8";
    private static final String TO_CR4 = "0f 22 e0";
    private static final String TO_CR8 = "44 0f 22 c0";

    private static SystemMachine write(SystemMachine m, String mov, long value) {
        m.c.r[Cpu.RAX] = value;
        return m.execute(mov);
    }

    @ParameterizedTest
    @CsvSource({
        "0x80000000, 13(0x0)", // PG without PE
        "0x20000011, 13(0x0)", // NW without CD
        "0x60000011, none",
        "0x00000011, none",
        "0x00050033, none",
        "0x1000fff11, 13(0x0)", // above bit 31 (cut off outside 64-bit mode)
    })
    void cr0ChecksCombinations(String value, String expected) {
        long v = Long.decode(value);
        SystemMachine m = v >>> 32 == 0 ? SystemMachine.protected32() : SystemMachine.long64();
        assertThat(write(m, TO_CR0, v).outcome()).isEqualTo(expected);
    }

    @Test
    void etIsAlwaysSet() {
        assertThat(write(SystemMachine.protected32(), TO_CR0, 1).c.cr0).isEqualTo(0x11);
    }

    @Test
    void pagingCannotGoOffIn64BitCode() {
        assertThat(write(SystemMachine.long64(), TO_CR0, 0x11).outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void longModeNeedsPae() {
        SystemMachine m = SystemMachine.protected32();
        m.c.efer = ControlBits.EFER_LME;
        assertThat(write(m, TO_CR0, 0x8000_0011L).outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void pagingWithLmeEntersLongMode() {
        SystemMachine m = SystemMachine.protected32();
        prepareTables(m);
        m.c.efer = ControlBits.EFER_LME;
        m.c.cr4 = ControlBits.CR4_PAE;
        write(m, TO_CR0, 0x8000_0011L);
        assertThat(m.c.efer & ControlBits.EFER_LMA).isNotZero();
        assertThat(m.c.codeMode).isEqualTo(Cpu.MODE32);
    }

    private static void prepareTables(SystemMachine m) {
        int at = SystemMachine.PAGE_TABLES;
        m.memory.writeLong(at, at + 0x1003);
        m.memory.writeLong(at + 0x1000, at + 0x2003);
        m.memory.writeLong(at + 0x2000, 0x83);
        m.c.cr3 = at;
    }

    @Test
    void theCompatibilityModeThatPagingEnteredLeavesIt() {
        SystemMachine m = SystemMachine.protected32();
        prepareTables(m);
        m.c.efer = ControlBits.EFER_LME;
        m.c.cr4 = ControlBits.CR4_PAE;
        write(m, TO_CR0, 0x8000_0011L);
        m.c.rip = SystemMachine.CODE;
        write(m, TO_CR0, 0x11);
        assertThat(m.c.efer & ControlBits.EFER_LMA).isZero();
        assertThat(m.c.longMode).isFalse();
    }

    @Test
    void paePagingChecksItsPointers() {
        SystemMachine m = SystemMachine.protected32();
        m.c.cr4 = ControlBits.CR4_PAE;
        m.memory.writeLong(SystemMachine.PAGE_TABLES + 8, 0x3); // R/W is reserved there
        m.c.cr3 = SystemMachine.PAGE_TABLES;
        assertThat(write(m, TO_CR0, 0x8000_0011L).outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void cr3ChecksReservedBitsInLongMode() {
        SystemMachine m = SystemMachine.long64();
        assertThat(write(m, TO_CR3, 1L << 40).outcome()).isEqualTo("13(0x0)");
    }

    @ParameterizedTest
    @ValueSource(ints = {11, 12, 13, 14, 15, 17, 18, 19, 22, 23, 31})
    void cr4BitsOfWhatIsNotThereAreReserved(int bit) {
        SystemMachine m = SystemMachine.protected32();
        String expected = bit == 11 ? "none" : "13(0x0)"; // bit 11 is UMIP
        assertThat(write(m, TO_CR4, 1L << bit).outcome()).isEqualTo(expected);
    }

    @Test
    void paeCannotGoOffInLongMode() {
        assertThat(write(SystemMachine.long64(), TO_CR4, 0).outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void cr8TakesFourBits() {
        assertThat(write(SystemMachine.long64(), TO_CR8, 16).outcome()).isEqualTo("13(0x0)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0f 22 c8", "0f 22 e8", "0f 20 f0", "44 0f 22 c8"})
    void otherControlRegistersAreUndefined(String mov) {
        assertThat(SystemMachine.long64().execute(mov).outcome()).isEqualTo("6");
    }

    @Test
    void programsMayNotReadThem() {
        SystemMachine m = SystemMachine.long64().enterUser();
        assertThat(m.execute("0f 20 c0").outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void lmswCannotClearPe() {
        SystemMachine m = SystemMachine.protected32();
        m.c.cr0 |= ControlBits.CR0_TS;
        m.c.r[Cpu.RAX] = 0;
        m.execute("0f 01 f0");
        assertThat(m.c.cr0 & 0xf).isEqualTo(ControlBits.CR0_PE);
    }

    @Test
    void cltsClearsTs() {
        SystemMachine m = SystemMachine.protected32();
        m.c.cr0 |= ControlBits.CR0_TS;
        m.execute("0f 06");
        assertThat(m.c.cr0 & ControlBits.CR0_TS).isZero();
    }

    @Test
    void enteringProtectedModeKeepsTheCodeSegment() {
        SystemMachine m = SystemMachine.real();
        // mov cr0,eax; jmp far 8:CODE+0x80 (32-bit)
        m.c.r[Cpu.RAX] = 0x11;
        m.c.gdtBase = SystemMachine.GDT;
        m.c.gdtLimit = SystemMachine.GDT_LIMIT;
        m.descriptor(SystemMachine.CODE0, 0, -1, 0xc09b);
        m.memory.writeByte(SystemMachine.CODE + 0x80, 0xf4);
        m.code("0f 22 c0 66 ea 80 00 01 00 08 00").run();
        assertThat(m.c.rip).isEqualTo(SystemMachine.CODE + 0x81);
        assertThat(m.c.codeMode).isEqualTo(Cpu.MODE32);
    }

    @Test
    void invlpgOfANonCanonicalAddressDoesNothing() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RAX] = 1L << 60;
        assertThat(m.execute("0f 01 38").outcome()).isEqualTo("none");
    }

    @Test
    void umipHidesTheTables() {
        SystemMachine m = SystemMachine.long64().enterUser();
        m.c.cr4 |= ControlBits.CR4_UMIP;
        assertThat(m.execute("0f 00 c0").outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void lgdtLoadsTenBytesIn64BitMode() {
        SystemMachine m = SystemMachine.long64();
        m.memory.writeShort(SystemMachine.DATA, 0x7f);
        m.memory.writeLong(SystemMachine.DATA + 2, 0xffff_8000_0000_1000L);
        m.c.r[Cpu.RAX] = SystemMachine.DATA;
        m.execute("0f 01 10");
        assertThat(m.c.gdtBase).isEqualTo(0xffff_8000_0000_1000L);
        assertThat(m.c.gdtLimit).isEqualTo(0x7f);
    }

    @Test
    void lgdtWithA16BitOperandKeeps24Bits() {
        SystemMachine m = SystemMachine.protected32();
        m.memory.writeShort(SystemMachine.DATA, 0x7f);
        m.memory.writeInt(SystemMachine.DATA + 2, 0x1234_5678);
        m.c.r[Cpu.RAX] = SystemMachine.DATA;
        m.execute("66 0f 01 10");
        assertThat(m.c.gdtBase).isEqualTo(0x34_5678);
    }

    @Test
    void aNonCanonicalTableFaults() {
        SystemMachine m = SystemMachine.long64();
        m.memory.writeLong(SystemMachine.DATA + 2, 1L << 50);
        m.c.r[Cpu.RAX] = SystemMachine.DATA;
        assertThat(m.execute("0f 01 10").outcome()).isEqualTo("13(0x0)");
    }

    @ParameterizedTest(name = "selector {0}, access {1}: {2}")
    @CsvSource({
        "0x40, 0x89, none",
        "0x40, 0x8b, 13(0x40)", // busy
        "0x40, 0x81, 13(0x40)", // 16-bit in long mode
        "0x40, 0x82, 13(0x40)", // an LDT
        "0x40, 0x09, 11(0x40)", // not present
        "0x44, 0x89, 13(0x44)", // in the LDT
        "0x00, 0x89, 13(0x0)",
        "0xf8, 0x89, 13(0xf8)", // the second half beyond the table
    })
    void ltrChecksItsDescriptor(String selector, String access, String expected) {
        SystemMachine m = SystemMachine.long64();
        int at = Integer.decode(selector) & ~7;
        m.descriptor(at, SystemMachine.OTHER_TSS, 0x67, Integer.decode(access));
        m.c.r[Cpu.RAX] = Integer.decode(selector);
        assertThat(m.execute("0f 00 d8").outcome()).isEqualTo(expected);
    }

    @Test
    void ltrMarksTheTssBusy() {
        SystemMachine m = SystemMachine.long64();
        m.descriptor(0x40, SystemMachine.OTHER_TSS, 0x67, 0x89);
        m.c.r[Cpu.RAX] = 0x40;
        m.execute("0f 00 d8");
        assertThat(m.memory.readByte(SystemMachine.GDT + 0x45)).isEqualTo(0x8b);
    }

    @Test
    void lldtOfNullEmptiesTheRegister() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RAX] = 0;
        m.execute("0f 00 d0");
        assertThat(m.c.segAccess[Cpu.LDTR] & Descriptor.UNUSABLE).isNotZero();
    }

    @Test
    void sldtIsUndefinedInRealMode() {
        assertThat(SystemMachine.real().execute("0f 00 c0").vector()).isEqualTo(6);
    }
}
