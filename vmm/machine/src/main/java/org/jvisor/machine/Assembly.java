package org.jvisor.machine;

import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootException;
import org.jvisor.firmware.BootRequest;
import org.jvisor.firmware.DirectBoot;
import org.jvisor.firmware.FlatImage;
import org.jvisor.firmware.layout.AcpiDevice;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;
import org.jvisor.machine.Machine.Blueprint;
import org.jvisor.vmm.api.Accelerator;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.GuestMemoryException;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.Vcpu;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/** The parts of one machine, put together from its blueprint, and their common end. */
final class Assembly implements AutoCloseable, Lifecycle.Parts, VcpuThread.Listener {
    private final Blueprint blueprint;
    private final List<HostMemory> hostMemory = new ArrayList<>();
    private final List<VcpuThread> threads = new ArrayList<>();
    private final GuestMemory memory;
    private final MachineClock clock;
    private final Lifecycle lifecycle;
    private final Platform platform;
    private final Board board;
    private final CrashReporter reporter;
    private boolean closed;

    /** CPU threads that have nothing left to do; guarded by this. */
    private final Set<VcpuThread> haltedThreads = new HashSet<>();

    static Assembly assemble(Blueprint blueprint) {
        MachineConfig config = blueprint.config();
        HostLimits.check(config);
        Assembly assembly = new Assembly(blueprint);
        try {
            assembly.boot();
            return assembly;
        } catch (RuntimeException | Error e) {
            assembly.close();
            throw e;
        }
    }

    private Assembly(Blueprint blueprint) {
        this.blueprint = blueprint;
        MachineConfig config = blueprint.config();
        AddressMap layout = new AddressMap(config.memory());
        List<GuestMemory.Region> regions = new ArrayList<>();
        for (AddressMap.Range range : layout.ram()) {
            HostMemory backing = HostMemory.anonymous(range.size(), HugePages.TRANSPARENT);
            hostMemory.add(backing);
            regions.add(new GuestMemory.Region(range.base(), backing.segment(), false));
        }
        memory = new GuestMemory(regions);
        clock =
                switch (config.clock()) {
                    case HOST -> new HostClock(config.name());
                    case INSTRUCTIONS -> new InstructionClock();
                };
        lifecycle = new Lifecycle(config.name(), config.stopOnReset(), this);
        Platform made;
        try {
            made =
                    Platform.create(
                            config,
                            memory,
                            clock,
                            !blueprint.bare(),
                            this::wake,
                            this::brokenDevice);
        } catch (RuntimeException | Error e) {
            freeHost();
            throw e;
        }
        platform = made;
        try {
            board =
                    blueprint.bare()
                            ? new BareBoard(platform, lifecycle)
                            : new PcBoard(platform, memory, clock, layout, lifecycle, blueprint);
        } catch (RuntimeException | Error e) {
            platform.accelerator().close();
            freeHost();
            throw e;
        }
        reporter =
                new CrashReporter(
                        memory, List.of(platform.ports(), platform.mmio()), Platform::disassemble);
        makeThreads();
    }

    private void makeThreads() {
        List<? extends Vcpu> vcpus = platform.accelerator().vcpus();
        String name = blueprint.config().name();
        if (platform.accelerator().singleThreaded()) {
            threads.add(new VcpuThread(name + "-vcpu", vcpus, clock, this));
        } else {
            for (Vcpu vcpu : vcpus) {
                threads.add(
                        new VcpuThread(name + "-vcpu-" + vcpu.index(), List.of(vcpu), clock, this));
            }
        }
    }

    /** Puts the boot image into memory and the CPUs into the state it wants. */
    private void boot() {
        VcpuState first = bootState();
        platform.prepareDirectBoot();
        for (Vcpu vcpu : platform.accelerator().vcpus()) {
            if (vcpu.index() == 0) {
                vcpu.restore(first);
            } else {
                VcpuState waiting = new VcpuState();
                waiting.activity = VcpuState.Activity.WAIT_FOR_SIPI;
                waiting.apicBase &= ~0x100L;
                vcpu.restore(waiting);
            }
        }
    }

    private VcpuState bootState() {
        MachineConfig config = blueprint.config();
        Machine.Flat flat = blueprint.flat();
        if (flat != null) {
            try {
                memory.write(flat.address(), flat.code());
            } catch (GuestMemoryException e) {
                throw new MachineException(
                        MachineException.Kind.CONFIGURATION,
                        "%d bytes of code do not fit into guest memory at %#x: give the machine more memory or the code another address"
                                .formatted(flat.code().length, flat.address()),
                        e);
            }
            VcpuState given = blueprint.initialState();
            return given != null ? given : realMode(flat.address());
        }
        java.nio.file.Path kernel = config.kernel();
        if (kernel == null) {
            throw new MachineException(
                    MachineException.Kind.CONFIGURATION,
                    "there is nothing to boot: name a kernel, or an image");
        }
        try {
            return DirectBoot.load(memory, description(), request(config, kernel)).state();
        } catch (BootException e) {
            throw new MachineException(MachineException.Kind.FILE, message(e), e);
        }
    }

    private static BootRequest request(MachineConfig config, java.nio.file.Path kernel) {
        Long flatAddress = config.flatAddress();
        if (flatAddress != null) {
            try {
                return BootRequest.flat(kernel, FlatImage.at(flatAddress, FlatImage.Mode.REAL));
            } catch (IllegalArgumentException e) {
                throw new MachineException(
                        MachineException.Kind.CONFIGURATION,
                        "a flat binary starts in real mode, below 1 MiB, not at %#x"
                                .formatted(flatAddress),
                        e);
            }
        }
        return BootRequest.of(kernel)
                .withInitrd(config.initrd())
                .withCommandLine(config.commandLine());
    }

    private BoardDescription description() {
        MachineConfig config = blueprint.config();
        BoardDescription description =
                BoardDescription.standard(config.cpus(), new AddressMap(config.memory()))
                        .withSerialPorts(PcBoard.serialPorts(blueprint))
                        .withHpet(platform.hasHpet());
        for (AcpiDevice device : board.described()) {
            description = description.withDevice(device);
        }
        return description;
    }

    private static String message(BootException e) {
        String message = e.getMessage();
        return message == null ? "the boot image cannot be loaded" : message;
    }

    private static VcpuState realMode(long address) {
        if (address > 0xffff) {
            throw new MachineException(
                    MachineException.Kind.CONFIGURATION,
                    "code at %#x cannot be entered in real mode with CS 0: give the initial state too"
                            .formatted(address));
        }
        VcpuState state = new VcpuState();
        state.segments[VcpuState.CS] = Segment.realMode(0, true);
        state.rip = address;
        return state;
    }

    Accelerator accelerator() {
        return platform.accelerator();
    }

    GuestMemory memory() {
        return memory;
    }

    Board board() {
        return board;
    }

    Lifecycle lifecycle() {
        return lifecycle;
    }

    MachineStatistics statistics() {
        return new MachineStatistics(
                accelerator().name(),
                Duration.ofNanos(lifecycle.wallNanos()),
                Duration.ofNanos(clock.nanoTime()),
                threads.stream().flatMap(thread -> thread.cpuStatistics().stream()).toList(),
                threads.stream().map(VcpuThread::statistics).toList(),
                accelerator().translation(),
                accelerator().events());
    }

    // ---- Lifecycle.Parts

    @Override
    public List<VcpuThread> threads() {
        return threads;
    }

    @Override
    public void resumeClock() {
        synchronized (this) {
            haltedThreads.clear();
        }
        clock.resume();
        board.resume();
    }

    @Override
    public void pauseClock() {
        board.pause();
        clock.pause();
    }

    @Override
    public void resetParts() {
        board.reset();
        platform.reset();
        boot();
    }

    // ---- VcpuThread.Listener

    @Override
    public void failed(Vcpu vcpu, VcpuExit exit) {
        String reason = vcpu.failure();
        if (reason.isEmpty()) {
            reason = exit == VcpuExit.SHUTDOWN ? "a triple fault" : "stopped with " + exit;
        }
        lifecycle.requestEnd(new MachineExit.Crashed(reporter.report(vcpu, reason)));
    }

    @Override
    public void halted(VcpuThread thread) {
        if (blueprint.bare()) {
            synchronized (this) {
                haltedThreads.add(thread);
                if (haltedThreads.size() < threads.size()) {
                    return;
                }
            }
            lifecycle.requestEnd(new MachineExit.Halted());
        }
    }

    private void brokenDevice(Throwable error) {
        lifecycle.requestEnd(() -> crash(platform.accelerator().vcpus().getFirst(), error));
    }

    @Override
    public void broken(Vcpu vcpu, Throwable error) {
        lifecycle.requestEnd(crash(vcpu, error));
    }

    private MachineExit crash(Vcpu vcpu, Throwable error) {
        StackTraceElement[] trace = error.getStackTrace();
        String reason =
                "an error inside jvisor: %s%s"
                        .formatted(error, trace.length > 0 ? " at " + trace[0] : "");
        return new MachineExit.Crashed(reporter.report(vcpu, reason));
    }

    private void wake(int cpu) {
        if (!threads.isEmpty()) { // none yet while the machine is put together
            threads.get(Math.min(cpu, threads.size() - 1)).wake();
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        lifecycle.close();
        board.close();
        platform.accelerator().close();
        freeHost();
    }

    private void freeHost() {
        lifecycle.close();
        clock.close();
        hostMemory.forEach(HostMemory::close);
    }

    /** Checks what can be known of the host before anything is claimed. */
    private static final class HostLimits {
        private static final java.nio.file.Path MEMINFO = java.nio.file.Path.of("/proc/meminfo");

        static void check(MachineConfig config) {
            Long total = totalMemory();
            if (total != null && config.memory() > total) {
                throw new MachineException(
                        MachineException.Kind.HOST,
                        "%s of guest memory is more than this host has (%d MiB): ask for less"
                                .formatted(Sizes.format(config.memory()), total >> 20));
            }
        }

        /** The host's memory in bytes, or null where it does not tell. */
        private static @Nullable Long totalMemory() {
            try {
                for (String line : Files.readAllLines(MEMINFO)) {
                    if (line.startsWith("MemTotal:")) {
                        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                    }
                }
            } catch (java.io.IOException | NumberFormatException e) {
                // A host without it: the mapping itself will tell.
            }
            return null;
        }
    }
}
