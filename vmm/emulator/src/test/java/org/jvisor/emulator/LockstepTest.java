package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RDI;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.VcpuExit;

/** What the comparison of translated code with the interpreter finds, and leaves behind. */
class LockstepTest {
    /** inc qword [rbx]; add rax, [rbx]; dec ecx; jnz to the start; hlt. */
    private static final String LOOP = "48ff03 480303 ffc9 75f6 f4";

    private final TestGuest g = new TestGuest().long64().withHandlers();
    private final Lockstep lockstep = new Lockstep(g.c);

    LockstepTest() {
        g.c.lockstep = lockstep;
        g.c.mem.flushAll();
    }

    @AfterEach
    void close() {
        g.close();
    }

    /** Something that an instruction in the middle of a region does beside what it should. */
    private interface Harm {
        void to(Cpu c);
    }

    /** A region that runs another, and then does harm. */
    private static Region harmful(Region right, Harm harm) {
        return new Region(right.plan) {
            @Override
            int run(Cpu c, int entry) {
                int how = right.run(c, entry);
                harm.to(c);
                return how;
            }
        };
    }

    private void start(int times) {
        g.reg(RAX, 0).reg(RBX, DATA).reg(RCX, times).at(CODE);
    }

    private Block interpreted() {
        g.code(LOOP);
        start(3);
        g.run();
        g.memory.writeLong(DATA, 0);
        Block block = g.c.mem.slow.fetch(CODE).block(0);
        if (block == null) {
            throw new AssertionError("nothing was executed");
        }
        return block;
    }

    private Region translated(Block block) {
        RegionPlan plan = RegionPlan.around(block, RegionPlan.MAX_INSNS, RegionPlan.Access.LOGGED);
        return RegionCompiler.define(plan, new RegionCompiler().translate(plan));
    }

    private VcpuExit runWith(Region region, Block block) {
        block.entry = 0;
        block.region = region;
        start(4);
        return g.run();
    }

    @Test
    void whatAgreesIsDoneOnce() {
        Block block = interpreted();
        assertThat(runWith(translated(block), block)).isEqualTo(VcpuExit.HALTED);
        assertThat(lockstep.hasCompared()).isTrue();
        assertThat(g.memory.readLong(DATA)).isEqualTo(4);
        assertThat(g.c.r[RAX]).isEqualTo(1 + 2 + 3 + 4);
    }

    @Test
    void aWrongRegisterIsReportedWithTheInstructions() {
        Block block = interpreted();
        Region wrong = harmful(translated(block), c -> c.r[RDI]++);
        assertThat(runWith(wrong, block)).isEqualTo(VcpuExit.FAILED);
        assertThat(g.vcpu.failure()).contains("rdi is 0x1, should be 0x0", "dec ecx");
    }

    @Test
    void aWrongFlagIsReported() {
        Block block = interpreted();
        Region wrong = harmful(translated(block), c -> Flags.setCarry(c, !Flags.cf(c)));
        assertThat(runWith(wrong, block)).isEqualTo(VcpuExit.FAILED);
        assertThat(g.vcpu.failure()).contains("rflags is");
    }

    @Test
    void aWrongFloatingPointStateIsReported() {
        Block block = interpreted();
        Region wrong = harmful(translated(block), c -> c.fpu.sig[5]++);
        assertThat(runWith(wrong, block)).isEqualTo(VcpuExit.FAILED);
        assertThat(g.vcpu.failure()).contains("significand 5 is 0x1, should be 0x0");
    }

    @Test
    void aWrongWriteIsReportedAndTakenBack() {
        Block block = interpreted();
        Region wrong = harmful(translated(block), c -> c.mem.write8(DATA + 100, 7));
        assertThat(runWith(wrong, block)).isEqualTo(VcpuExit.FAILED);
        assertThat(g.vcpu.failure()).contains("byte at physical 0x20064 is 0x7, should be 0x0");
        assertThat(g.memory.readLong(DATA)).isZero();
        assertThat(g.memory.readLong(DATA + 100)).isZero();
    }

    @Test
    void aTranslatorThatFailsStopsTheMachine() {
        Block block = interpreted();
        lockstep.failed(new IllegalStateException("no such label"));
        assertThat(runWith(translated(block), block)).isEqualTo(VcpuExit.FAILED);
        assertThat(g.vcpu.failure()).contains("no such label");
    }
}
