package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.SystemMachine.FREE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorQueriesTest {
    private static final String LAR = "0f 02 d8"; // lar ebx,eax
    private static final String LSL = "0f 03 d8";
    private static final String VERR = "0f 00 e0";
    private static final String VERW = "0f 00 e8";

    private static boolean zero(SystemMachine m, String code, int selector) {
        m.c.rip = SystemMachine.CODE;
        m.c.r[Cpu.RAX] = selector;
        m.execute(code);
        return (m.c.flags() & Cpu.ZF) != 0;
    }

    @ParameterizedTest(name = "access {0}, RPL {1}: LAR {2} LSL {3} VERR {4} VERW {5}")
    @CsvSource({
        "0xc093, 0, true, true, true, true",
        "0xc091, 0, true, true, true, false",
        "0xc09b, 0, true, true, true, false",
        "0xc099, 0, true, true, false, false",
        "0xc093, 3, false, false, false, false",
        "0xc09f, 3, true, true, true, false", // conforming
        "0x0089, 0, true, true, false, false", // TSS
        "0x0081, 0, true, true, false, false", // 16-bit TSS
        "0x0082, 0, true, true, false, false", // LDT
        "0x008c, 0, true, false, false, false", // call gate
        "0x0085, 0, true, false, false, false", // task gate
        "0x008e, 0, false, false, false, false", // interrupt gate
        "0x0080, 0, false, false, false, false",
        "0xc013, 0, true, true, true, true", // presence does not matter
    })
    void questionsAreAnsweredByTypeAndPrivilege(
            String access, int rpl, boolean lar, boolean lsl, boolean verr, boolean verw) {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, 0xfff, Integer.decode(access));
        int selector = FREE | rpl;
        assertThat(zero(m, LAR, selector)).isEqualTo(lar);
        assertThat(zero(m, LSL, selector)).isEqualTo(lsl);
        assertThat(zero(m, VERR, selector)).isEqualTo(verr);
        assertThat(zero(m, VERW, selector)).isEqualTo(verw);
    }

    @Test
    void shortTssesAreUnknownInLongMode() {
        SystemMachine m = SystemMachine.long64();
        m.descriptor(FREE, 0, 0xfff, 0x81);
        assertThat(zero(m, LSL, FREE)).isFalse();
    }

    @Test
    void nullAndOutOfRangeSelectorsAreNot() {
        SystemMachine m = SystemMachine.protected32();
        assertThat(zero(m, LAR, 0)).isFalse();
        assertThat(zero(m, LAR, 0x200)).isFalse();
    }

    @Test
    void larGivesTheRights() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, -1, 0xc093);
        zero(m, LAR, FREE);
        assertThat(m.c.r[Cpu.RBX]).isEqualTo(0xc0_9300);
    }

    @Test
    void lslGivesTheLimitInBytes() {
        SystemMachine m = SystemMachine.protected32();
        m.descriptor(FREE, 0, 0x1234_5fff, 0xc093);
        zero(m, LSL, FREE);
        assertThat(m.c.r[Cpu.RBX]).isEqualTo(0x1234_5fff);
    }

    @ParameterizedTest(name = "RPL {0} against {1}: {2}")
    @CsvSource({"0, 3, true", "1, 1, false", "2, 1, false", "1, 2, true"})
    void arplRaisesTheRequestedLevel(int rpl, int from, boolean raised) {
        SystemMachine m = SystemMachine.protected32();
        m.c.r[Cpu.RAX] = 0x40 | rpl;
        m.c.r[Cpu.RCX] = from;
        m.execute("63 c8");
        assertThat((m.c.flags() & Cpu.ZF) != 0).isEqualTo(raised);
        assertThat(m.c.r[Cpu.RAX]).isEqualTo(0x40 | Math.max(rpl, from));
    }
}
