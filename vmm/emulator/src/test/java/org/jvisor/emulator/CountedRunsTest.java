package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.TestGuest.CODE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.VcpuExit;

/** Runs that a clock of instructions ends: exactly there, translated or not. */
class CountedRunsTest {
    /** inc rax; add rbx, rax; rol rbx, 3; dec ecx; jnz to the start; hlt. */
    private static final String LOOP = "48ffc0 4801c3 48c1c303 ffc9 75f2 f4";

    private long most = Long.MAX_VALUE;
    private final TestGuest g = new TestGuest(() -> most).long64().withHandlers();

    @AfterEach
    void close() {
        g.close();
    }

    private void start(int times) {
        g.code(LOOP);
        g.reg(RAX, 0).reg(RBX, 1).reg(RCX, times).at(CODE);
    }

    private void translate() {
        start(3);
        g.run();
        Block block = g.c.mem.slow.fetch(CODE).block(0);
        if (block == null) {
            throw new AssertionError("nothing was executed");
        }
        RegionPlan plan = RegionPlan.around(block, RegionPlan.MAX_INSNS, RegionPlan.Access.LEAVING);
        block.region = RegionCompiler.define(plan, new RegionCompiler().translate(plan));
        g.reg(RAX, 0).reg(RBX, 1).reg(RCX, 5000).at(CODE);
    }

    private long wholeRun() {
        start(5000);
        assertThat(g.run()).isEqualTo(VcpuExit.HALTED);
        return g.c.r[RBX];
    }

    private void runInParts(int step) {
        for (int part = 1; ; part++) {
            most = 211 * part % step + 1;
            long before = g.c.executed;
            if (g.run() == VcpuExit.HALTED) {
                return;
            }
            assertThat(g.c.executed - before).isEqualTo(most);
        }
    }

    @Test
    void aRunEndsInTheMiddleOfABlock() {
        long whole = wholeRun();
        start(5000);
        runInParts(7);
        assertThat(g.c.r[RBX]).isEqualTo(whole);
    }

    @Test
    void aRunOfTranslatedCodeEndsAsExactly() {
        long whole = wholeRun();
        translate();
        long interpreted = g.c.counters.interpreted;
        long executed = g.c.executed;
        runInParts(900);
        assertThat(g.c.r[RBX]).isEqualTo(whole);
        assertThat(g.c.counters.interpreted - interpreted).isLessThan(g.c.executed - executed);
    }

    @Test
    void theClockIsLookedAtInABlockOfItsOwn() {
        g.code("90 0f31 90 f4").at(CODE); // nop; rdtsc; nop; hlt
        g.run();
        CodePage page = g.c.mem.slow.fetch(CODE);
        assertThat(page.block(0)).extracting(b -> b.code.length).isEqualTo(1);
        assertThat(page.block(1)).extracting(b -> b.alone).isEqualTo(true);
    }
}
