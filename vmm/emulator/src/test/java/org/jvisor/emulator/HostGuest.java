package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;
import static org.jvisor.emulator.TestGuest.STACK;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jvisor.vmm.api.VcpuExit;

/**
 * A {@link TestGuest} in long mode whose blocks are put into regions of host code when a test says
 * so, and a program's ends compared: interpreted, in host code, and in host code that finds an
 * empty TLB.
 */
final class HostGuest implements AutoCloseable {
    /** The pages from {@link TestGuest#CODE} on that {@link #translate} looks through. */
    private static final int PAGES = 4;

    /** Bytes of memory that are compared: data, and the stack with what faults push. */
    private static final int COMPARED = (int) (STACK + 0x1000 - DATA);

    final TestGuest g;
    final Cpu c;
    private final HostCode code;
    private final HostCompiler compiler = new HostCompiler();

    /** How often a region was entered by Java, in all. */
    int entered;

    /** Regions made. */
    int regions;

    /** A region that knows how often Java enters it. */
    private final class Counted extends Region {
        private final HostRegion region;

        Counted(HostRegion region) {
            super(region.plan);
            this.region = region;
        }

        @Override
        int run(Cpu c, int entry) {
            entered++;
            return region.run(c, entry);
        }
    }

    /** What a program leaves behind. */
    private record End(
            VcpuExit exit,
            String registers,
            String xmm,
            long rip,
            int flags,
            int mxcsr,
            long cr2,
            long executed,
            int memory) {}

    HostGuest() {
        this(new TestGuest());
    }

    HostGuest(TestGuest guest) {
        g = guest.long64().withHandlers();
        c = g.c;
        code = c.board.code.hostCode();
        c.cr4 |= ControlBits.CR4_OSFXSR | ControlBits.CR4_OSXMMEXCPT;
    }

    // ---- regions ----

    Block block(long address) {
        Block block = c.mem.slow.fetch(address).block((int) address & 0xfff);
        if (block == null) {
            throw new AssertionError("nothing was executed at %#x".formatted(address));
        }
        return block;
    }

    /** Makes regions of all blocks known, as many instructions in each as there may be. */
    void translate() {
        translate(RegionPlan.MAX_HOST_INSNS);
    }

    /** Makes regions of all blocks known, of one block each if {@code limit} is 1. */
    void translate(int limit) {
        for (long page = CODE; page < CODE + 0x1000 * PAGES; page += 0x1000) {
            CodePage known = c.mem.slow.fetch(page);
            for (int offset = 0; offset < 4096; offset++) {
                Block block = known.block(offset);
                if (block != null && block.second == null && block.region == null) {
                    install(RegionPlan.around(block, limit, RegionPlan.Access.HOST));
                }
            }
        }
    }

    /** Makes a region of one block alone, if it has none. */
    void translateOnly(long address) {
        Block block = block(address);
        if (block.region == null) {
            install(RegionPlan.around(block, 1, RegionPlan.Access.HOST));
        }
    }

    private void install(RegionPlan plan) {
        HostRegion made = Objects.requireNonNull(compiler.compile(plan, code));
        Region region = new Counted(made);
        for (int i = 0; i < plan.blocks.length; i++) {
            if (plan.deltas[i] == 0 && plan.blocks[i].region == null) {
                plan.blocks[i].entry = i;
                plan.blocks[i].region = region;
            }
        }
        regions++;
    }

    // ---- programs ----

    /** Runs from {@link TestGuest#CODE} on with all registers 0 but for what {@code with} sets. */
    VcpuExit run(Consumer<TestGuest> with) {
        Arrays.fill(c.r, 0, 16, 0);
        Arrays.fill(c.sse.xmm, 0);
        c.sse.setMxcsr(0x1f80);
        c.setFlags(2);
        c.cr2 = 0;
        g.reg(Cpu.RSP, STACK).at(CODE);
        with.accept(g);
        return g.run();
    }

    /**
     * Runs a program in all ways and compares its ends, but for flags that are undefined.
     *
     * @param limit instructions in a region
     */
    void agrees(String hex, int limit, int undefined, Consumer<TestGuest> with) {
        g.code(hex);
        End interpreted = end(undefined, with);
        translate(limit);
        assertThat(regions).isPositive();
        long before = c.counters.interpreted;
        assertThat(end(undefined, with)).isEqualTo(interpreted);
        // a handler's HLT, and what goes on after a fault
        assertThat(c.counters.interpreted - before).isLessThanOrEqualTo(2);
        c.mem.flushAll();
        assertThat(end(undefined, with)).isEqualTo(interpreted);
    }

    private End end(int undefined, Consumer<TestGuest> with) {
        g.memory.write(DATA, new byte[COMPARED]);
        long before = c.executed;
        VcpuExit exit = run(with);
        byte[] memory = g.memory.read(DATA, COMPARED);
        return new End(
                exit,
                hex(c.r, 16),
                hex(c.sse.xmm, 32),
                c.rip,
                c.flags() & ~undefined,
                c.sse.mxcsr,
                c.cr2,
                c.executed - before,
                Arrays.hashCode(memory));
    }

    private static String hex(long[] values, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : " ").append(Long.toHexString(values[i]));
        }
        return text.toString();
    }

    @Override
    public void close() {
        g.close();
    }
}
