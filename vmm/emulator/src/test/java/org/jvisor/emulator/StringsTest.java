package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RDI;
import static org.jvisor.emulator.Cpu.RSI;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.VcpuExit;

/** What the CPU tests that run single instructions do not reach: bulk copies, and interruptions. */
class StringsTest {
    private static final int AREA = 3 * 4096;

    private TestGuest g = new TestGuest();

    @BeforeTry
    @BeforeEach
    void open() {
        g = new TestGuest().long64().withHandlers();
    }

    @AfterTry
    @AfterEach
    void close() {
        g.close();
    }

    @Property(tries = 200)
    void movsCopiesElementByElementHoweverTheRangesOverlap(
            @ForAll @IntRange(max = 8192) int from,
            @ForAll @IntRange(max = 8192) int to,
            @ForAll @IntRange(max = 300) int count,
            @ForAll @IntRange(max = 3) int size,
            @ForAll boolean near,
            @ForAll long seed) {
        int element = 1 << size;
        int target = near ? Math.min(8192, from + to % 16) : to;
        byte[] expected = new byte[AREA];
        new Random(seed).nextBytes(expected);
        g.memory.write(DATA, expected);
        for (int i = 0; i < count * element; i += element) {
            byte[] moved = Arrays.copyOfRange(expected, from + i, from + i + element);
            System.arraycopy(moved, 0, expected, target + i, element);
        }
        String movs = new String[] {"f3a4", "66f3a5", "f3a5", "f348a5"}[size];
        g.code(movs + "f4").reg(RSI, DATA + from).reg(RDI, DATA + target).reg(RCX, count).run();
        assertThat(g.memory.read(DATA, AREA)).isEqualTo(expected);
        assertThat(g.c.r[RCX]).isZero();
        assertThat(g.c.r[RSI]).isEqualTo(DATA + from + (long) count * element);
        assertThat(g.c.r[RDI]).isEqualTo(DATA + target + (long) count * element);
    }

    @Property(tries = 100)
    void stosFills(
            @ForAll @IntRange(max = 8000) int to,
            @ForAll @IntRange(max = 500) int count,
            @ForAll @IntRange(max = 3) int size,
            @ForAll long value) {
        int element = 1 << size;
        byte[] expected = new byte[AREA];
        for (int i = 0; i < count * element; i++) {
            expected[to + i] = (byte) (value >>> 8 * (i % element));
        }
        String stos = new String[] {"f3aa", "66f3ab", "f3ab", "f348ab"}[size];
        g.code(stos + "f4").reg(RAX, value).reg(RDI, DATA + to).reg(RCX, count).run();
        assertThat(g.memory.read(DATA, AREA)).isEqualTo(expected);
    }

    @Test
    void aFaultInTheMiddleLeavesTheRegistersAtTheElement() {
        g.map(DATA + 0x1000, 0);
        g.code("f348a5 f4").reg(RSI, 0x60000).reg(RDI, DATA + 0xff0).reg(RCX, 10).run();
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.c.cr2).isEqualTo(DATA + 0x1000);
        assertThat(g.faultRip()).isEqualTo(CODE);
        assertThat(g.c.r[RCX]).isEqualTo(8);
        assertThat(g.c.r[RDI]).isEqualTo(DATA + 0x1000);
        assertThat(g.c.r[RSI]).isEqualTo(0x60010);
    }

    @Test
    void aFaultInBackwardsDirectionDoesToo() {
        g.map(DATA, 0);
        g.code("fd f3a4 f4").reg(RSI, 0x60010).reg(RDI, DATA + 0x1001).reg(RCX, 10).run();
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.c.r[RCX]).isEqualTo(8);
        assertThat(g.c.r[RDI]).isEqualTo(DATA + 0xfff);
    }

    @Test
    void aLongRepetitionIsLeftForPendingEventsAndGoesOnAfterwards() {
        close();
        g = new TestGuest(1, 10).long64().withHandlers();
        g.code("f2ae f4").reg(RDI, 0x80000).reg(RCX, 100_000).reg(RAX, 1); // scan zeros for 1
        assertThat(g.run()).isEqualTo(VcpuExit.SLICE);
        assertThat(g.c.r[RCX]).isBetween(1L, 99_999L);
        assertThat(g.c.r[RDI]).isEqualTo(0x80000 + 100_000 - g.c.r[RCX]);
        g.vcpu.nmi();
        g.run();
        assertThat(g.vector()).isEqualTo(Cpu.NMI);
        assertThat(g.faultRip()).isEqualTo(CODE);
        g.at(CODE);
        while (g.run() == VcpuExit.SLICE) {
            assertThat(g.c.r[RCX]).isPositive();
        }
        assertThat(g.c.rip).isEqualTo(CODE + 3);
        assertThat(g.c.r[RCX]).isZero();
    }

    @Test
    void copyingOverItsOwnCodeTakesEffect() {
        g.memory.write(DATA, new byte[] {(byte) 0xff, (byte) 0xc3, (byte) 0xf4}); // inc ebx; hlt
        g.code("f3a4 90 90 90 90 f4").reg(RSI, DATA).reg(RDI, CODE + 3).reg(RCX, 3).run();
        assertThat(g.c.r[Cpu.RBX]).isEqualTo(1);
    }

    @Test
    void repeStopsAtTheFirstDifference() {
        g.memory.write(DATA, "abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        g.memory.write(DATA + 16, "abcxef".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        g.code("f3a6 f4").reg(RSI, DATA).reg(RDI, DATA + 16).reg(RCX, 6).run();
        assertThat(g.c.r[RCX]).isEqualTo(2);
        assertThat(Flags.cf(g.c)).isTrue();
    }
}
