package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.ManualClock;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/**
 * Random programs, interpreted and then translated in each of the ways: their ends must agree, and
 * in lockstep every exit of every region on the way.
 */
final class TranslatedPrograms implements AutoCloseable {
    private static final int MOST_SLICES = 20;

    /** Instructions in a region of host code: the smaller, the more links. */
    private static final int[] HOST_LIMITS = {1, 5, 80, RegionPlan.MAX_HOST_INSNS};

    private final HostMemory ram = HostMemory.anonymous(ProgramMachine.MEMORY_SIZE, HugePages.NONE);
    private final GuestMemory memory =
            new GuestMemory(List.of(new GuestMemory.Region(0, ram.segment(), false)));
    private final SoftwareAccelerator accelerator =
            SoftwareAccelerator.builder()
                    .memory(memory)
                    .ports(new Bus("ports"))
                    .mmio(new Bus("mmio"))
                    .clock(new ManualClock())
                    .build();
    private final SoftwareVcpu vcpu = accelerator.vcpus().getFirst();
    private final Cpu c = vcpu.cpu();
    private final UserGuest guest = new UserGuest(memory);
    private final DataArea area = new DataArea(UserGuest.DATA, UserGuest.DATA_SIZE);

    /** Beside it are pages that fault in every way. */
    private final DataArea hostile =
            new DataArea(UserGuest.DATA, UserGuest.DATA_SIZE, UserGuest.TRAPS);

    private final List<String> reports = new ArrayList<>();
    private final @Nullable HostCode hostCode = HostSupport.PRESENT ? new HostCode() : null;
    private final Lockstep lockstep;
    private int regions;

    TranslatedPrograms() {
        lockstep = new Lockstep(c);
    }

    /** Runs a program in all ways. */
    void run(long seed) {
        for (RegionPlan.Access access : RegionPlan.Access.values()) {
            if (access == RegionPlan.Access.HOST && hostCode == null) {
                continue; // the host does not execute it
            }
            compareExits(access == RegionPlan.Access.LOGGED);
            if (access != RegionPlan.Access.HOST) {
                run(seed, access, RegionPlan.MAX_INSNS);
                continue;
            }
            for (int limit : HOST_LIMITS) {
                run(seed, access, limit);
            }
            compareExits(true);
            run(seed, access, RegionPlan.MAX_HOST_INSNS);
        }
    }

    private void compareExits(boolean on) {
        c.lockstep = on ? lockstep : null;
        c.mem.flushAll();
    }

    private void run(long seed, RegionPlan.Access access, int limit) {
        SplittableRandom random = new SplittableRandom(seed);
        long address = UserGuest.CODE + random.nextInt(0x100, 0x1800);
        DataArea operands = random.nextBoolean() ? area : hostile;
        Program program = ProgramGenerator.generate(random, address, operands);
        TestCase test = new TestCase(program, address, area, random.nextLong());
        guest.putCode(address, program.code());
        UserOutcome interpreted = new UserOutcome();
        UserOutcome translated = new UserOutcome();
        byte[] memoryInterpreted = run(test, interpreted);
        vcpu.restore(start(test));
        translate(address, program.code().length, access, limit);
        byte[] memoryTranslated = run(test, translated);
        guest.clearCode(address, program.code().length + 10);
        List<String> lines = new ArrayList<>();
        if (!interpreted.stop.equals(translated.stop)) {
            lines.add(translated.stop + ", should be " + interpreted.stop);
        } else if (interpreted.stop.equals(ProgramMachine.HALTED)) {
            lines.addAll(
                    Comparison.ofPrograms(
                            new AllowedDeviations(),
                            test,
                            interpreted,
                            MemorySegment.ofArray(memoryInterpreted),
                            translated,
                            MemorySegment.ofArray(memoryTranslated)));
        }
        if (!lines.isEmpty()) {
            reports.add(
                    "program %#x, %s in regions of %d%n%s%s"
                            .formatted(
                                    seed,
                                    access,
                                    limit,
                                    program.listing(address),
                                    String.join("\n", lines)));
        }
    }

    private static VcpuState start(TestCase test) {
        VcpuState start = GuestTables.userState();
        System.arraycopy(test.in.gpr, 0, start.gpr, 0, 16);
        start.rip = test.encoding.address();
        start.rflags = test.in.flags;
        System.arraycopy(test.in.fx, 0, start.fxsave, 0, 512);
        return start;
    }

    /** Runs it from the start to its end. */
    private byte[] run(TestCase test, UserOutcome outcome) {
        MemorySegment data = guest.data();
        data.fill((byte) 0x5a);
        byte[] background = test.background();
        data.asSlice(0, background.length).copyFrom(MemorySegment.ofArray(background));
        test.place(data);
        guest.dataChanged();
        guest.clearFrame();
        vcpu.restore(start(test));
        VcpuExit exit = vcpu.run();
        for (int i = 0; i < MOST_SLICES && exit == VcpuExit.SLICE; i++) {
            exit = vcpu.run();
        }
        VcpuState end = new VcpuState();
        vcpu.save(end);
        String how = exit == VcpuExit.HALTED ? ProgramMachine.HALTED : exit + " " + vcpu.failure();
        outcome.take(how, end, guest);
        return data.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    /** Puts every block that was run into a region, alone or with those around it. */
    private void translate(long address, int length, RegionPlan.Access access, int limit) {
        for (long page = address & ~0xfffL; page < address + length; page += 0x1000) {
            CodePage code = c.mem.slow.fetch(page);
            for (int offset = 0; offset < 4096; offset++) {
                Block block = code.block(offset);
                if (block != null && block.region == null && !block.alone && block.second == null) {
                    translate(block, access, limit);
                }
            }
        }
    }

    private void translate(Block block, RegionPlan.Access access, int limit) {
        RegionPlan plan = RegionPlan.around(block, limit, access);
        Region region =
                access == RegionPlan.Access.HOST
                        ? host(plan)
                        : RegionCompiler.define(plan, new RegionCompiler().translate(plan));
        for (int i = 0; i < plan.blocks.length; i++) {
            if (plan.deltas[i] == 0 && plan.blocks[i].region == null) {
                plan.blocks[i].entry = i;
                plan.blocks[i].region = region;
            }
        }
        regions++;
    }

    private HostRegion host(RegionPlan plan) {
        HostCode space = Objects.requireNonNull(hostCode);
        if (space.isFull()) {
            space.clear(); // regions of earlier programs are gone
        }
        return Objects.requireNonNull(new HostCompiler().compile(plan, space));
    }

    /** What differed; empty if nothing did. */
    List<String> reports() {
        return reports;
    }

    /** Regions made. */
    int regions() {
        return regions;
    }

    @Override
    public String toString() {
        return "%d regions; %s".formatted(regions, lockstep);
    }

    @Override
    public void close() {
        accelerator.close();
        ram.close();
    }
}
