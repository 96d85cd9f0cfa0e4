package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When x87, MMX and SSE instructions fault (SDM 3A table 2-2, §6.15, §13.1). */
class FloatAvailabilityTest {
    private static final String FLD1 = "d9 e8", FNSTSW_AX = "df e0", FWAIT = "9b";
    private static final String PXOR_MMX = "0f ef c0", PXOR_XMM = "66 0f ef c0";

    private static SystemMachine machine(int cr0) {
        SystemMachine m = SystemMachine.long64();
        m.c.cr0 =
                m.c.cr0 & ~(ControlBits.CR0_EM | ControlBits.CR0_MP | ControlBits.CR0_TS)
                        | cr0
                        | ControlBits.CR0_NE;
        m.c.cr4 |= ControlBits.CR4_OSFXSR | ControlBits.CR4_OSXMMEXCPT;
        m.c.fpu.init();
        return m;
    }

    @ParameterizedTest
    @CsvSource({
        // code, CR0 (EM 4, MP 2, TS 8), vector
        "d9 e8,       0, none",
        "d9 e8,       4, 7",
        "d9 e8,       8, 7",
        "df e0,       8, 7", // FNSTSW
        "9b,          8, none", // FWAIT looks at TS only with MP
        "9b,          2, none",
        "9b,          10, 7",
        "0f ef c0,    0, none", // PXOR MMX
        "0f ef c0,    4, 6",
        "0f ef c0,    8, 7",
        "66 0f ef c0, 0, none", // PXOR XMM
        "66 0f ef c0, 4, 6",
        "66 0f ef c0, 8, 7",
        "0f ae 00,    4, 6", // FXSAVE
        "0f ae 00,    8, 7",
        "0f c3 08,    12, none", // MOVNTI uses none of it
    })
    void cr0SwitchesInstructionsOff(String code, int cr0, String vector) {
        SystemMachine m = machine(cr0);
        m.c.r[Cpu.RAX] = SystemMachine.DATA;
        assertThat(m.execute(code).outcome()).isEqualTo(vector);
    }

    @Test
    void sseNeedsOsfxsr() {
        SystemMachine m = machine(0);
        m.c.cr4 &= ~ControlBits.CR4_OSFXSR;
        assertThat(m.execute(PXOR_XMM).outcome()).isEqualTo("6");
    }

    @ParameterizedTest
    @ValueSource(strings = {FLD1, FWAIT, PXOR_MMX})
    void anUnmaskedExceptionWaitsForTheNextWaitingInstruction(String next) {
        SystemMachine m = machine(0);
        m.c.fpu.setControl(0x37b); // ZE unmasked
        // FLDZ, FLD1, FDIV ST, ST(1): a division by zero
        assertThat(m.execute("d9 ee d9 e8 d8 f1 " + next).outcome()).isEqualTo("16");
    }

    @ParameterizedTest
    @ValueSource(strings = {FNSTSW_AX, PXOR_XMM, "db e2"})
    void otherInstructionsDoNotWait(String next) {
        SystemMachine m = machine(0);
        m.c.fpu.setControl(0x37b);
        assertThat(m.execute("d9 ee d9 e8 d8 f1 " + next).outcome()).isEqualTo("none");
    }

    @Test
    void unmaskingANotedExceptionMakesItPending() {
        SystemMachine m = machine(0);
        m.memory.writeShort(SystemMachine.DATA, 0x37b);
        m.c.r[Cpu.RAX] = SystemMachine.DATA;
        // the division, FLDCW [rax], FWAIT
        assertThat(m.execute("d9 ee d9 e8 d8 f1 d9 28 9b").outcome()).isEqualTo("16");
    }

    @Test
    void withoutNeAPendingExceptionIsIgnored() {
        SystemMachine m = machine(0);
        m.c.cr0 &= ~ControlBits.CR0_NE;
        m.c.fpu.setControl(0x37b);
        assertThat(m.execute("d9 ee d9 e8 d8 f1 9b").outcome()).isEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource({
        "0f 28 00,       13(0x0)", // MOVAPS
        "66 0f 7f 00,    13(0x0)", // MOVDQA to memory
        "66 0f fe 00,    13(0x0)", // PADDD
        "0f 2b 00,       13(0x0)", // MOVNTPS
        "0f ae 00,       13(0x0)", // FXSAVE
        "0f 10 00,       none", // MOVUPS
        "f2 0f f0 00,    none", // LDDQU
        "f2 0f 58 00,    none", // ADDSD
        "66 0f 3a 63 00 00, none", // PCMPISTRI
    })
    void misalignedOperandsOf16Bytes(String code, String outcome) {
        SystemMachine m = machine(0);
        m.c.r[Cpu.RAX] = SystemMachine.DATA + 8;
        assertThat(m.execute(code).outcome()).isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource({"true, 19", "false, 6"})
    void anUnmaskedSseExceptionRaisesXmIfTheSystemKnowsIt(boolean known, String vector) {
        SystemMachine m = machine(0);
        if (!known) {
            m.c.cr4 &= ~ControlBits.CR4_OSXMMEXCPT;
        }
        m.c.sse.setMxcsr(0x1d80); // ZE unmasked
        m.c.sse.xmm[0] = 0x3ff0_0000_0000_0000L;
        // DIVSD xmm0, xmm1
        assertThat(m.execute("f2 0f 5e c1").outcome()).isEqualTo(vector);
        assertThat(m.c.sse.mxcsr).isEqualTo(0x1d84);
        assertThat(m.c.sse.xmm[0]).isEqualTo(0x3ff0_0000_0000_0000L);
    }

    @Test
    void reservedBitsOfMxcsrAreRefused() {
        SystemMachine m = machine(0);
        m.memory.writeInt(SystemMachine.DATA, 0x1_1f80);
        m.c.r[Cpu.RAX] = SystemMachine.DATA;
        assertThat(m.execute("0f ae 10").outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void anMmxInstructionMarksAllRegistersInUse() {
        SystemMachine m = machine(0);
        m.c.fpu.top = 5;
        m.execute(PXOR_MMX);
        assertThat(m.c.fpu.top).isZero();
        assertThat(m.c.fpu.full).isEqualTo(0xff);
        assertThat(m.c.fpu.se[0]).isEqualTo(0xffff);
    }

    @Test
    void emmsEmptiesThem() {
        SystemMachine m = machine(0);
        m.execute(PXOR_MMX + " 0f 77");
        assertThat(m.c.fpu.full).isZero();
    }
}
