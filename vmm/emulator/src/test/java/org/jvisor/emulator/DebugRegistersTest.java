package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.SystemMachine.CODE;
import static org.jvisor.emulator.SystemMachine.DATA;
import static org.jvisor.emulator.SystemMachine.DATA0;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.jvisor.vmm.api.IoRegion;

class DebugRegistersTest {
    private static final String NOP = "90";

    private static SystemMachine with(long dr0, long dr7) {
        SystemMachine m = SystemMachine.long64();
        m.c.dr[0] = dr0;
        m.c.dr7 = dr7 | 0x400;
        DebugRegisters.changed(m.c);
        return m;
    }

    private static long savedRip(SystemMachine m) {
        return m.stack(0);
    }

    @Test
    void theTraceFlagTrapsAfterEachInstruction() {
        SystemMachine m = SystemMachine.long64();
        m.c.setFlags(Cpu.TF);
        m.execute(NOP);
        assertThat(m.outcome()).isEqualTo("1");
        assertThat(savedRip(m)).isEqualTo(CODE + 1);
        assertThat(m.c.dr6 & 0xe00f).isEqualTo(DebugRegisters.DR6_BS);
        assertThat(m.stack(2) & Cpu.TF).isNotZero();
        assertThat(m.c.rflags & Cpu.TF).isZero();
    }

    @Test
    void branchSteppingTrapsOnTakenBranchesOnly() {
        SystemMachine m = SystemMachine.long64();
        m.c.branchSteps = true;
        m.c.setFlags(Cpu.TF);
        m.execute("90 74 00 eb 01 90 90 90");
        assertThat(m.outcome()).isEqualTo("1");
        assertThat(savedRip(m)).isEqualTo(CODE + 6);
        assertThat(m.c.branchSteps).isFalse();
    }

    @Test
    void popfThatSetsTheTraceFlagDoesNotTrapItself() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RSP] -= 8;
        m.memory.writeLong(m.c.r[Cpu.RSP], Cpu.TF);
        m.execute("9d 90 90");
        assertThat(savedRip(m)).isEqualTo(CODE + 2);
    }

    @Test
    void theTraceFlagTrapsOutOfHlt() {
        SystemMachine m = SystemMachine.long64();
        m.c.setFlags(Cpu.TF);
        m.code("f4").run();
        assertThat(m.outcome()).isEqualTo("1");
        assertThat(savedRip(m)).isEqualTo(CODE + 1);
    }

    @Test
    void movSsHoldsTheTrapBack() {
        SystemMachine m = SystemMachine.long64();
        m.c.setFlags(Cpu.TF);
        m.c.r[Cpu.RAX] = DATA0;
        m.execute("8e d0 90 90");
        assertThat(savedRip(m)).isEqualTo(CODE + 3);
    }

    @Test
    void anInstructionBreakpointFaultsBeforeTheInstruction() {
        SystemMachine m = with(CODE + 1, 1);
        m.execute("90 90");
        assertThat(m.outcome()).isEqualTo("1");
        assertThat(savedRip(m)).isEqualTo(CODE + 1);
        assertThat(m.c.dr6 & 0xe00f).isEqualTo(1);
    }

    @Test
    void theResumeFlagSkipsOneInstructionBreakpoint() {
        SystemMachine m = with(CODE, 1);
        m.c.setFlags(Cpu.RF);
        m.execute(NOP);
        assertThat(m.vector()).isEqualTo(-1);
        assertThat(m.c.rflags & Cpu.RF).isZero();
    }

    @ParameterizedTest(name = "DR7 {0}, access at +{1}: hit {2}")
    @CsvSource({
        "0x10001, 0, true", // one byte, writes
        "0x10001, 1, false",
        "0x50001, 1, true", // two bytes
        "0xd0001, 3, true", // four bytes
        "0xd0001, 4, false",
        "0x90001, 7, true", // eight bytes
        "0x30001, 0, true", // reads and writes
        "0x10000, 0, false", // not enabled
        "0x10002, 0, true", // global enable
    })
    void dataBreakpointsTrapAfterTheAccess(String dr7, int offset, boolean hit) {
        SystemMachine m = with(DATA, Integer.decode(dr7));
        m.c.r[Cpu.RBX] = DATA + offset;
        m.execute("88 03"); // mov [rbx],al
        assertThat(m.outcome()).isEqualTo(hit ? "1" : "none");
        if (hit) {
            assertThat(savedRip(m)).isEqualTo(CODE + 2);
        }
    }

    @Test
    void writeBreakpointsIgnoreReads() {
        SystemMachine m = with(DATA, 0x10001);
        m.c.r[Cpu.RBX] = DATA;
        assertThat(m.execute("8a 03").outcome()).isEqualTo("none");
    }

    @Test
    void portBreakpointsNeedDebugExtensions() {
        SystemMachine m = with(0x80, 0x20001);
        m.c.cr4 |= ControlBits.CR4_DE;
        assertThat(m.execute("e6 80").outcome()).isEqualTo("1");
    }

    @Test
    void generalDetectFaultsOnAccess() {
        SystemMachine m = SystemMachine.long64();
        m.c.dr7 |= DebugRegisters.DR7_GD;
        m.execute("0f 21 c0");
        assertThat(m.outcome()).isEqualTo("1");
        assertThat(savedRip(m)).isEqualTo(CODE);
        assertThat(m.c.dr6 & DebugRegisters.DR6_BD).isNotZero();
        assertThat(m.c.dr7 & DebugRegisters.DR7_GD).isZero();
    }

    @Test
    void dr4IsUndefinedWithDebugExtensions() {
        SystemMachine m = SystemMachine.long64();
        m.c.cr4 |= ControlBits.CR4_DE;
        assertThat(m.execute("0f 21 e0").outcome()).isEqualTo("6");
    }

    @Test
    void dr4IsDr6WithoutThem() {
        SystemMachine m = SystemMachine.long64();
        m.execute("0f 21 e0");
        assertThat(m.c.r[Cpu.RAX]).isEqualTo(0xffff_0ff0L);
    }

    @Test
    void dr7KeepsItsFixedBits() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RAX] = 0;
        m.execute("0f 23 f8");
        assertThat(m.c.dr7).isEqualTo(0x400);
    }

    @Test
    void dr7Above32BitsFaults() {
        SystemMachine m = SystemMachine.long64();
        m.c.r[Cpu.RAX] = 1L << 32;
        assertThat(m.execute("0f 23 f8").outcome()).isEqualTo("13(0x0)");
    }

    @Test
    void int1IsADebugTrapWithoutStatus() {
        SystemMachine m = SystemMachine.long64();
        m.execute("f1");
        assertThat(m.outcome()).isEqualTo("1");
        assertThat(savedRip(m)).isEqualTo(CODE + 1);
        assertThat(m.c.dr6).isEqualTo(0xffff_0ff0L);
    }

    // ---- ports ----

    /** Answers with the bytes 1, 2, 3 and so on, and adds up what is written. */
    private static final class Counter implements IoRegion {
        int next = 1;
        long sum;

        @Override
        public long read(long offset, int size) {
            return next++;
        }

        @Override
        public void write(long offset, int size, long value) {
            sum += value;
        }
    }

    @Test
    void repInsFillsMemory() {
        SystemMachine m = SystemMachine.long64();
        m.ports.map(0x1f0, 1, new Counter());
        m.c.r[Cpu.RDX] = 0x1f0;
        m.c.r[Cpu.RCX] = 100;
        m.c.r[Cpu.RDI] = DATA;
        m.execute("f3 6c");
        assertThat(m.memory.readByte(DATA + 99)).isEqualTo(100);
        assertThat(m.c.r[Cpu.RDI]).isEqualTo(DATA + 100);
        assertThat(m.c.r[Cpu.RCX]).isZero();
    }

    @Test
    void repOutsReadsBackwardsWithTheDirectionFlag() {
        SystemMachine m = SystemMachine.long64();
        Counter counter = new Counter();
        m.ports.map(0x1f0, 2, counter);
        m.memory.writeInt(DATA, 0x0002_0001);
        m.c.r[Cpu.RDX] = 0x1f0;
        m.c.r[Cpu.RCX] = 2;
        m.c.r[Cpu.RSI] = DATA + 2;
        m.c.setFlags(Cpu.DF);
        m.execute("66 f3 6f");
        assertThat(counter.sum).isEqualTo(3);
        assertThat(m.c.r[Cpu.RSI]).isEqualTo(DATA - 2);
    }

    @Test
    void aFaultInTheMiddleKeepsWhatIsDone() {
        SystemMachine m = SystemMachine.long64();
        m.ports.map(0x1f0, 1, new Counter());
        m.memory.writeLong(SystemMachine.PAGE_TABLES + 0x2008, 0); // 2 to 4 MiB
        m.c.r[Cpu.RDX] = 0x1f0;
        m.c.r[Cpu.RCX] = 10;
        m.c.r[Cpu.RDI] = 0x20_0000 - 4;
        m.execute("f3 6c");
        assertThat(m.outcome()).isEqualTo("14(0x2)");
        assertThat(m.c.r[Cpu.RCX]).isEqualTo(6);
        assertThat(m.stack(1)).isEqualTo(CODE);
    }

    @ParameterizedTest(name = "map byte {0}, IOPL {1}: {2}")
    @CsvSource({
        "0x00, 0, 1",
        "0x01, 0, 13(0x0)",
        "0x02, 0, 13(0x0)",
        "0x04, 0, 1",
        "0xff, 3, 1",
    })
    void programsNeedThePermissionBitmap(String bits, int iopl, String expected) {
        SystemMachine m = SystemMachine.long64().enterUser();
        m.memory.writeByte(SystemMachine.TSS + 0x68 + 0x80 / 8, Integer.decode(bits));
        m.c.setFlags(iopl << 12);
        m.execute("66 e7 80 f1"); // out 80h,ax; int1
        assertThat(m.outcome()).isEqualTo(expected);
    }

    @Test
    void aBitmapBeyondTheTssForbids() {
        SystemMachine m = SystemMachine.long64().enterUser();
        m.c.segLimit[Cpu.TR] = 0x68 + 0x10;
        assertThat(m.execute("e6 80").outcome()).isEqualTo("13(0x0)");
    }
}
