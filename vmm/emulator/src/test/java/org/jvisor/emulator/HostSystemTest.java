package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What host code does of a kernel's system instructions, and what it leaves to Java. */
class HostSystemTest {
    private final HostGuest h = new HostGuest();

    @BeforeEach
    void hostCode() {
        org.junit.jupiter.api.Assumptions.assumeTrue(HostCompiler.AVAILABLE, "host code is off");
    }

    @AfterEach
    void close() {
        h.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, RegionPlan.MAX_HOST_INSNS})
    void interruptsAreDisabledAndEnabledAndFlagsPushed(int limit) {
        // add al, 1; cli; pushf; pop rax; sti; nop; pushf; pop rbx; cli; hlt
        h.agrees("0401 fa 9c 58 fb 90 9c 5b fa f4", limit, 0, t -> t.reg(RAX, 0x7f));
        assertThat(h.c.r[RAX] & (Cpu.IF | Cpu.OF | Cpu.SF)).isEqualTo(Cpu.OF | Cpu.SF);
        assertThat(h.c.r[RBX] & Cpu.IF).isEqualTo(Cpu.IF);
    }

    @Test
    void aKernelsCriticalSectionIsDoneWithoutJava() {
        h.g.code("9c fa ffc0 fb ffc9 58 75f6 f4"); // pushf; cli; inc eax; sti; dec ecx; pop; jnz
        h.run(t -> t.reg(RCX, 3));
        h.translate();
        long executed = h.c.counters.executed;
        int entered = h.entered;
        long stepped = h.c.counters.stepped;
        h.run(t -> t.reg(RCX, 50));
        assertThat(h.c.counters.executed - executed).isLessThan(5); // the stack's page, HLT
        assertThat(h.entered - entered).isLessThan(3);
        assertThat(h.c.counters.stepped).isEqualTo(stepped);
    }

    @Test
    void gsBasesAreExchanged() {
        h.g.memory.writeLong(DATA, 1111);
        h.g.memory.writeLong(DATA + 8, 2222);
        // swapgs; mov rax, gs:[0]; swapgs; mov rbx, gs:[0]; hlt
        h.g.code("0f01f8 65488b042500000000 0f01f8 65488b1c2500000000 f4");
        for (int i = 0; i < 2; i++) {
            h.run(
                    t -> {
                        t.c.segBase[Cpu.GS] = DATA;
                        t.c.msrs.kernelGsBase = DATA + 8;
                    });
            assertThat(h.c.r[RAX]).isEqualTo(2222);
            assertThat(h.c.r[RBX]).isEqualTo(1111);
            assertThat(h.c.segBase[Cpu.GS]).isEqualTo(DATA);
            assertThat(h.c.msrs.kernelGsBase).isEqualTo(DATA + 8);
            h.translate();
        }
        assertThat(h.regions).isPositive();
    }

    /** Lets the user at a page. */
    private void open(long page) {
        long tables = TestGuest.TABLES;
        for (long table : new long[] {tables, tables + 0x1000, tables + 0x2000}) {
            h.g.memory.writeLong(table, h.g.memory.readLong(table) | 4);
        }
        h.g.map(page, page | 7);
    }

    @Test
    void withSmapTheUsersMemoryIsReadBetweenStacAndClacOnly() {
        open(DATA);
        h.c.cr4 |= ControlBits.CR4_SMAP;
        h.c.mem.flushAll();
        h.c.mem.selectView();
        // stac; mov eax, [rbx]; clac; inc ecx; mov edx, [rbx]; hlt
        h.g.code("0f01cb 8b03 0f01ca ffc1 8b13 f4");
        for (int i = 0; i < 3; i++) {
            h.g.memory.writeInt(DATA, 77);
            h.run(t -> t.reg(RBX, DATA));
            assertThat(h.g.vector()).isEqualTo(Cpu.PAGE_FAULT);
            assertThat(h.g.faultRip()).isEqualTo(CODE + 10);
            assertThat(h.c.r[RAX]).isEqualTo(77);
            assertThat(h.c.r[RCX]).isOne();
            h.translate();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fa", "fb", "0f01f8", "0f01ca", "0f01cb"})
    void aboveCpl0TheyFaultAsEver(String hex) {
        h.g.code("90 " + hex + " 90 f4");
        int vector = hex.endsWith("ca") || hex.endsWith("cb") ? Cpu.UD : Cpu.GP;
        open(CODE);
        for (int i = 0; i < 2; i++) {
            h.run(TestGuest::user);
            assertThat(h.g.vector()).isEqualTo(vector);
            assertThat(h.g.faultRip()).isEqualTo(CODE + 1);
            h.translate();
        }
        assertThat(h.regions).isPositive();
    }
}
