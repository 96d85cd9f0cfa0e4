package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.SystemMachine.CODE;
import static org.jvisor.emulator.SystemMachine.STACK;
import static org.jvisor.emulator.SystemMachine.TSS;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Virtual8086Test {
    /** A program at CODE:0, its stack at 2800:1000, interrupts as {@code flags} say. */
    private static SystemMachine v86(int flags) {
        SystemMachine m = SystemMachine.protected32();
        m.c.setFlags(Cpu.VM | flags);
        m.c.setCpl(3);
        SegmentLoad.loadReal(m.c, Cpu.CS, CODE >> 4);
        SegmentLoad.loadReal(m.c, Cpu.SS, 0x2800);
        for (int seg : new int[] {Cpu.ES, Cpu.DS, Cpu.FS, Cpu.GS}) {
            SegmentLoad.loadReal(m.c, seg, 0x1110 + seg);
        }
        m.c.r[Cpu.RSP] = 0x1000;
        m.c.rip = 0;
        return m;
    }

    private static SystemMachine step(SystemMachine m, String code) {
        m.code(code);
        m.c.hostStep = true;
        m.c.updateSlow();
        m.vcpu.run();
        return m;
    }

    private static String outcome(SystemMachine m) {
        if (m.c.v86()) {
            return "%04x:%04x".formatted(m.c.segSel[Cpu.CS], m.c.rip);
        }
        long vector = (m.c.rip - SystemMachine.HANDLERS) / 16;
        return vector == 13 ? "13(%#x)".formatted(m.stack(0)) : Long.toString(vector);
    }

    @Test
    void interruptsPushAllSegmentsAndEmptyThem() {
        SystemMachine m = step(v86(Cpu.IOPL), "cd 40");
        m.gate(0x40, SystemMachine.CODE0, SystemMachine.HANDLERS + 0x400, 0xee);
        m = v86(Cpu.IOPL);
        m.gate(0x40, SystemMachine.CODE0, SystemMachine.HANDLERS + 0x400, 0xee);
        step(m, "cd 40");
        assertThat(outcome(m)).isEqualTo("64");
        assertThat(m.c.r[Cpu.RSP]).isEqualTo(STACK - 36);
        assertThat(m.stack(0)).isEqualTo(2);
        assertThat(m.stack(1)).isEqualTo(CODE >> 4);
        assertThat(m.stack(2) & Cpu.VM).isNotZero();
        assertThat(m.stack(3)).isEqualTo(0x1000);
        assertThat(m.stack(4)).isEqualTo(0x2800);
        assertThat(m.stack(5)).isEqualTo(0x1110 + Cpu.ES);
        assertThat(m.stack(8)).isEqualTo(0x1110 + Cpu.GS);
        assertThat(m.c.segAccess[Cpu.GS] & Descriptor.UNUSABLE).isNotZero();
    }

    @Test
    void aHandlerAboveLevel0Faults() {
        SystemMachine m = v86(Cpu.IOPL);
        m.descriptor(SystemMachine.FREE, 0, -1, 0xc0fb);
        m.gate(0x40, SystemMachine.FREE | 3, SystemMachine.HANDLERS + 0x400, 0xee);
        assertThat(outcome(step(m, "cd 40"))).isEqualTo("13(0x40)");
    }

    @ParameterizedTest(name = "{0} with IOPL {1}: {2}")
    @CsvSource({
        "fa, 0, 13(0x0)", // CLI
        "fb, 0, 13(0x0)", // STI
        "9c, 0, 13(0x0)", // PUSHF
        "9d, 0, 13(0x0)", // POPF
        "cf, 0, 13(0x0)", // IRET
        "cd 40, 0, 13(0x0)", // INT n
        "cc, 0, 13(0x1a)", // INT3 does not ask for IOPL, but the gate has DPL 0
        "f4, 3, 13(0x0)", // HLT
        "0f 01 f0, 3, 13(0x0)", // LMSW
        "0f 00 c0, 3, 6", // SLDT
        "0f 02 c0, 3, 6", // LAR
        "63 c0, 3, 6", // ARPL
        "fa, 3, 1000:0001",
        "9c, 3, 1000:0001",
    })
    void sensitiveInstructionsNeedIopl(String code, int iopl, String expected) {
        assertThat(outcome(step(v86(iopl << 12), code))).isEqualTo(expected);
    }

    @Test
    void segmentLoadsAreThoseOfRealMode() {
        SystemMachine m = v86(0);
        m.c.r[Cpu.RAX] = 0x4321;
        step(m, "8e d8");
        assertThat(m.c.segBase[Cpu.DS]).isEqualTo(0x43210);
        assertThat(m.c.segAccess[Cpu.DS]).isEqualTo(0xf3);
    }

    // ---- virtual-8086 mode extensions ----

    private static SystemMachine vme(int flags, boolean redirect) {
        SystemMachine m = v86(flags);
        m.c.cr4 |= ControlBits.CR4_VME;
        m.memory.writeShort(TSS + 102, 0x68 + 32);
        m.memory.writeByte(TSS + 0x68 + 8, redirect ? 0 : 1); // vector 0x40
        m.memory.writeInt(4 * 0x40, 0x5000_0123);
        return m;
    }

    @Test
    void aRedirectedInterruptGoesToTheProgramsHandler() {
        SystemMachine m = step(vme(Cpu.IOPL | Cpu.IF, true), "cd 40");
        assertThat(outcome(m)).isEqualTo("5000:0123");
        assertThat(m.c.rflags & Cpu.IF).isZero();
        assertThat(m.memory.readShort(0x2_8000 + 0x1000 - 6)).isEqualTo(2);
    }

    @Test
    void withoutIoplTheVirtualFlagIsSavedAndCleared() {
        SystemMachine m = step(vme(Cpu.IF | Cpu.VIF, true), "cd 40");
        assertThat(outcome(m)).isEqualTo("5000:0123");
        assertThat(m.c.rflags & (Cpu.IF | Cpu.VIF)).isEqualTo(Cpu.IF);
        int image = m.memory.readShort(0x2_8000 + 0x1000 - 2);
        assertThat(image & (Cpu.IF | Cpu.IOPL)).isEqualTo(Cpu.IF | Cpu.IOPL);
    }

    @Test
    void anInterruptThatIsNotRedirectedStillNeedsIopl() {
        assertThat(outcome(step(vme(0, false), "cd 40"))).isEqualTo("13(0x0)");
    }

    @Test
    void stiSetsTheVirtualFlag() {
        SystemMachine m = step(vme(0, true), "fb");
        assertThat(m.c.rflags & (Cpu.IF | Cpu.VIF)).isEqualTo(Cpu.VIF);
    }

    @Test
    void stiWithAnInterruptPendingFaults() {
        assertThat(outcome(step(vme(Cpu.VIP, true), "fb"))).isEqualTo("13(0x0)");
    }

    @Test
    void pushfShowsTheVirtualFlag() {
        SystemMachine m = step(vme(Cpu.VIF, true), "9c");
        assertThat(m.memory.readShort(0x2_8000 + 0xffe)).isEqualTo(Cpu.IF | Cpu.IOPL | 2);
    }

    @Test
    void iretLoadsTheVirtualFlag() {
        SystemMachine m = vme(Cpu.IF, true);
        m.memory.writeShort(0x2_8000 + 0x1000, 0x77);
        m.memory.writeShort(0x2_8000 + 0x1002, CODE >> 4);
        m.memory.writeShort(0x2_8000 + 0x1004, Cpu.IF | 2);
        step(m, "cf");
        assertThat(outcome(m)).isEqualTo("1000:0077");
        assertThat(m.c.rflags & (Cpu.IF | Cpu.VIF)).isEqualTo(Cpu.IF | Cpu.VIF);
    }
}
