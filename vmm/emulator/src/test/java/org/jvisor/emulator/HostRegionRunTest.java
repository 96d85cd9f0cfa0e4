package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RDX;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.VcpuExit;

/** When a run of host code ends: the quota, events, and code that is written under it. */
class HostRegionRunTest {
    /** inc eax; call to what follows; pop rdx; dec rcx; jnz back; hlt. */
    private static final String LOOP = "ffc0 e800000000 5a 48ffc9 75f3 f4";

    /** A physical address where there is no memory. */
    private static final long DEVICE = 0x1000_0000;

    /** Instructions of a round of the loop. */
    private static final int ROUND = 5;

    @ParameterizedTest
    @ValueSource(ints = {1, 300})
    void aRunEndsSoonAfterItsSlice(int limit) {
        int slice = 3 * HostState.LONGEST;
        try (HostGuest h = new HostGuest(new TestGuest(1, slice))) {
            h.g.code(LOOP);
            h.run(t -> t.reg(RCX, 3));
            h.translate(limit);
            long before = h.c.executed;
            VcpuExit exit = h.run(t -> t.reg(RCX, Long.MAX_VALUE));
            assertThat(exit).isEqualTo(VcpuExit.SLICE);
            assertThat(h.c.executed - before).isBetween((long) slice, slice + 2L * ROUND);
            assertThat(rounds(h)).isBetween(slice / ROUND, slice / ROUND + 2);
        }
    }

    private static int rounds(HostGuest h) {
        return (int) h.c.r[RAX];
    }

    @Test
    void oneCallOfHostCodeIsNoLongerThanTheCollectorMayWait() {
        int slice = 4 * HostState.LONGEST;
        try (HostGuest h = new HostGuest(new TestGuest(1, slice))) {
            h.g.code(LOOP);
            h.run(t -> t.reg(RCX, 3));
            h.translate();
            int before = h.entered;
            h.run(t -> t.reg(RCX, Long.MAX_VALUE));
            assertThat(h.entered - before).isBetween(4, 5);
        }
    }

    /** A device that has an event happen after some writes. */
    private static final class Alarm implements IoRegion {
        static final int AT = 40;

        private final Cpu c;
        private int writes;

        Alarm(Cpu c) {
            this.c = c;
        }

        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            if (++writes == AT) {
                c.signal(Cpu.PENDING_KICK);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 300})
    void anEventEndsALoop(int limit) {
        try (HostGuest h = new HostGuest()) {
            h.g.mmio.map(DEVICE, 0x1000, new Alarm(h.c));
            h.g.map(DATA, DEVICE | 3);
            // mov [rbx], eax; inc eax; jmp to what follows; dec ecx; jnz to the start; hlt
            h.g.code("8903 ffc0 eb00 ffc9 75f6 f4");
            h.run(t -> t.reg(RBX, DATA).reg(RCX, 3));
            h.translate(limit);
            assertThat(h.run(t -> t.reg(RBX, DATA).reg(RCX, 1000))).isEqualTo(VcpuExit.KICKED);
            assertThat(rounds(h)).isEqualTo(Alarm.AT - 3);
            assertThat(h.g.run()).isEqualTo(VcpuExit.HALTED); // and goes on where it was
            assertThat(rounds(h)).isEqualTo(1000);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 300})
    void codeThatTheRegionWritesAfterItselfIsExecutedAsWritten(int limit) {
        try (HostGuest h = new HostGuest()) {
            // mov [rbx], dl; inc ecx; add eax, imm8 (written); hlt
            String code = "8813 ffc1 83c001 f4";
            for (int round = 1; round < 6; round++) {
                int number = 10 * round;
                h.g.code(code);
                h.run(t -> t.reg(RBX, DATA));
                h.translate(limit);
                h.run(t -> t.reg(RBX, DATA));
                assertThat(h.c.r[RAX]).isOne();
                long before = h.c.executed;
                h.run(t -> t.reg(RBX, CODE + 6).reg(RDX, number));
                assertThat(h.c.r[RAX]).isEqualTo(number);
                assertThat(h.c.r[RCX]).isOne();
                assertThat(h.c.executed - before).isEqualTo(4);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"6bc003 660fbcc8 c0e300 f4", "6bc003 660fbcd0 d2e3 f4"})
    void flagsThatAreUndefinedStaySoInLockstepWhenAShiftKeepsThem(String code) {
        try (HostGuest h = new HostGuest()) {
            h.g.code(code); // imul eax, eax, 3; bsf cx or dx, ax; shl bl, 0 or cl; hlt
            h.run(t -> {});
            h.translate();
            Lockstep lockstep = new Lockstep(h.c);
            h.c.lockstep = lockstep;
            h.c.mem.flushAll();
            for (int i = 1; i < 80; i++) {
                int number = i;
                VcpuExit exit =
                        h.run(
                                t -> {
                                    t.reg(RAX, number);
                                    t.c.setFlags(2 | number % 2 * Cpu.ARITH);
                                });
                assertThat(exit).as(h.g.vcpu.failure()).isEqualTo(VcpuExit.HALTED);
            }
            assertThat(lockstep.hasCompared()).isTrue();
        }
    }

    @Test
    void dataBesideCodeIsWrittenWithoutLeaving() {
        try (HostGuest h = new HostGuest()) {
            h.g.code("8903 ffc0 ffc9 75f8 f4"); // mov [rbx], eax; inc eax; dec ecx; jnz; hlt
            h.run(t -> t.reg(RBX, CODE + 0x800).reg(RCX, 3));
            h.translate();
            int before = h.entered;
            h.run(t -> t.reg(RBX, CODE + 0x800).reg(RCX, 20));
            assertThat(h.g.memory.readInt(CODE + 0x800)).isEqualTo(19);
            assertThat(h.entered - before).isOne();
        }
    }

    /** 32-bit code: a loop that pushes, calls a function, pops, and adds to memory. */
    private static final String CODE32 =
            "50 e80a000000 58 0103 40 49 75f3 f4 9090" // push eax; call; pop eax; add [ebx], eax
                    // ...
                    + "83c064 ff442408 c3"; // add eax, 100; inc dword [esp+8]; ret

    @Test
    void flat32BitCodeDoesTheSameInHostCode() {
        int[] ends = new int[3];
        for (int i = 0; i < ends.length; i++) {
            try (TestGuest g = new TestGuest().flat32()) {
                g.code(CODE32);
                run32(g);
                if (i > 0) {
                    translate32(g, i == 1 ? 1 : 100);
                    g.memory.writeInt(TestGuest.DATA, 0);
                    long interpreted = g.c.counters.interpreted;
                    run32(g);
                    assertThat(g.c.counters.interpreted - interpreted).isLessThanOrEqualTo(1);
                }
                assertThat(g.c.r[Cpu.RSP]).isEqualTo(TestGuest.STACK);
                ends[i] = g.memory.readInt(TestGuest.DATA) + (int) g.c.r[Cpu.RAX];
            }
        }
        assertThat(ends[0]).isNotZero();
        assertThat(ends).containsOnly(ends[0]);
    }

    private static void run32(TestGuest g) {
        g.reg(Cpu.RAX, 0xffff_fff0L).reg(RBX, TestGuest.DATA).reg(RCX, 40);
        g.reg(Cpu.RSP, TestGuest.STACK).at(CODE);
        g.run();
    }

    private static void translate32(TestGuest g, int limit) {
        CodePage page = g.c.mem.slow.fetch(CODE);
        assertThat(page.mode).isEqualTo(Cpu.MODE32);
        assertThat(HostCompiler.takes(page)).isEqualTo(HostCompiler.AVAILABLE);
        for (int offset = 0; offset < 4096; offset++) {
            Block block = page.block(offset);
            if (block != null && block.region == null) {
                RegionPlan plan = RegionPlan.around(block, limit, RegionPlan.Access.HOST);
                HostRegion region =
                        Objects.requireNonNull(
                                new HostCompiler().compile(plan, g.c.board.code.hostCode()));
                for (int i = 0; i < plan.blocks.length; i++) {
                    plan.blocks[i].entry = i;
                    plan.blocks[i].region = region;
                }
            }
        }
    }

    @Test
    void a32BitSegmentThatIsNotFlatIsLeftToTheInterpreter() {
        try (TestGuest g = new TestGuest().flat32()) {
            g.code(CODE32);
            run32(g);
            translate32(g, 100);
            g.memory.writeInt(TestGuest.DATA, 0);
            g.c.segBase[Cpu.DS] = 0x10;
            run32(g);
            assertThat(g.memory.readInt(TestGuest.DATA)).isZero();
            assertThat(g.memory.readInt(TestGuest.DATA + 0x10)).isNotZero();
        }
    }
}
