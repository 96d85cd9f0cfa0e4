package org.jvisor.emulator;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.ManualClock;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/**
 * The software CPU set up like a process beside {@link NativeCpu}: user mode, with its own copies
 * of the code and the data at the same linear addresses.
 */
final class EmulatedCpu implements AutoCloseable {
    private static final long CODE = 0x4_0000;
    private static final long DATA = 0x8_0000;
    private static final long MEMORY_SIZE = 0x10_0000;

    /** More than the repetitions of any case. */
    private static final int MOST_RUNS = 100;

    private final Arena arena = Arena.ofShared();
    private final GuestMemory memory;
    private final SoftwareAccelerator accelerator;
    private final SoftwareVcpu vcpu;
    private final Cpu cpu;
    private final VcpuState base = GuestTables.userState();

    /** Translations of what is loaded, by address. */
    private final Map<Long, Region> regions = new HashMap<>();

    /** Those that can do what the first ones leave to the interpreter. */
    private final Map<Long, Region> calling = new HashMap<>();

    /** What happened in the last {@link #run} if it was not the instruction's normal end. */
    private String trouble = "";

    EmulatedCpu(long codeAddress, long dataAddress) {
        MemorySegment ram = arena.allocate(MEMORY_SIZE, 4096);
        memory = new GuestMemory(List.of(new GuestMemory.Region(0, ram, false)));
        GuestTables tables = new GuestTables(memory);
        for (int at = 0; at < NativeCpu.CODE_SIZE; at += 4096) {
            tables.map(codeAddress + at, CODE + at, GuestTables.PRESENT | GuestTables.USER);
        }
        for (int at = 0; at < NativeCpu.DATA_SIZE; at += 4096) {
            tables.map(
                    dataAddress + at,
                    DATA + at,
                    GuestTables.PRESENT | GuestTables.USER | GuestTables.WRITABLE);
        }
        accelerator =
                SoftwareAccelerator.builder()
                        .memory(memory)
                        .ports(new Bus("ports"))
                        .mmio(new Bus("mmio"))
                        .clock(new ManualClock())
                        .sliceLength(1)
                        .build();
        vcpu = accelerator.vcpus().getFirst();
        cpu = vcpu.cpu();
        vcpu.restore(base);
    }

    /** Replaces the code. */
    void load(byte[] code) {
        memory.write(CODE, code);
        regions.clear();
        calling.clear();
    }

    /** Its copy of the area memory operands lie in. */
    MemorySegment data() {
        return memory.slice(DATA, NativeCpu.DATA_SIZE);
    }

    /**
     * Runs one instruction: as part of a block if it ends one, else as a single step. A string
     * instruction may take several runs.
     *
     * @return whether it ended normally; {@link #trouble} tells what happened otherwise
     */
    boolean run(Form form, UserState in, UserState out) {
        System.arraycopy(in.gpr, 0, cpu.r, 0, 16);
        cpu.rip = in.rip;
        cpu.setFlags((int) in.flags);
        FpState.restore(cpu, in.fx);
        boolean block = form.is(Form.Attr.END);
        vcpu.singleStep(!block);
        VcpuExit exit = vcpu.run();
        for (int i = 0; i < MOST_RUNS && exit == normal(block) && cpu.rip == in.rip; i++) {
            exit = vcpu.run();
        }
        System.arraycopy(cpu.r, 0, out.gpr, 0, 16);
        out.rip = cpu.rip;
        out.flags = cpu.flags();
        FpState.save(cpu, out.fx);
        if (exit == normal(block) && cpu.cpl == 3 && cpu.pending() == 0 && !cpu.shadow) {
            return true;
        }
        int vector = GuestTables.vectorAt(cpu.rip);
        trouble =
                exit == VcpuExit.FAILED || !vcpu.failure().isEmpty()
                        ? vcpu.failure()
                        : cpu.cpl == 3
                                ? exit + ", pending %#x".formatted(cpu.pending())
                                : "exception %d".formatted(vector);
        vcpu.restore(base);
        return false;
    }

    /**
     * Runs the instruction of the last {@link #run} again, as a translated region of its own.
     *
     * @return whether it ended normally; {@link #trouble} tells what happened otherwise
     */
    boolean runTranslated(UserState in, UserState out) {
        System.arraycopy(in.gpr, 0, cpu.r, 0, 16);
        cpu.rip = in.rip;
        cpu.setFlags((int) in.flags);
        FpState.restore(cpu, in.fx);
        CodePage page = cpu.mem.slow.fetch(in.rip);
        cpu.r[Cpu.PAGE_RIP] = in.rip & ~0xfffL;
        Region region =
                regions.computeIfAbsent(
                        in.rip, rip -> translate(page, rip, RegionPlan.Access.LEAVING));
        int how = Region.LEFT;
        for (int i = 0; i <= MOST_RUNS && how == Region.LEFT && cpu.rip == in.rip; i++) {
            cpu.quota = 1;
            cpu.codeDropped = false;
            how = region.run(cpu, 0);
            if (how == Region.MISSED) {
                region =
                        calling.computeIfAbsent(
                                in.rip, rip -> translate(page, rip, RegionPlan.Access.CALLING));
                how = region.run(cpu, 0);
            }
        }
        System.arraycopy(cpu.r, 0, out.gpr, 0, 16);
        out.rip = cpu.rip;
        out.flags = cpu.flags();
        FpState.save(cpu, out.fx);
        trouble = "translated, exception %d".formatted(cpu.fault.vector);
        return how == Region.LEFT;
    }

    private static Region translate(CodePage page, long rip, RegionPlan.Access access) {
        int offset = (int) (rip & 0xfff);
        Block block = page.block(offset);
        if (block == null) {
            throw new IllegalStateException("the instruction at %#x was not run".formatted(offset));
        }
        Insn[] first = {block.code[0]};
        Block alone = new Block(page, offset, first, first[0].end, block.second);
        RegionPlan plan = RegionPlan.around(alone, 1, access);
        return RegionCompiler.define(plan, new RegionCompiler().translate(plan));
    }

    private static VcpuExit normal(boolean block) {
        return block ? VcpuExit.SLICE : VcpuExit.DEBUG;
    }

    String trouble() {
        return trouble;
    }

    @Override
    public void close() {
        accelerator.close();
        arena.close();
    }
}
