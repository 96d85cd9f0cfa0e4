package org.jvisor.emulator;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Accelerator;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.CpuidEntry;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.TranslationStatistics;

/**
 * The software accelerator: x86-64 CPUs interpreted in Java. Deterministic given the clock while
 * one thread runs the CPUs in turn; or a thread for each CPU, with x86's memory ordering.
 */
public final class SoftwareAccelerator implements Accelerator {
    /** The time-stamp counter counts nanoseconds of the machine's clock. */
    private static final long TSC_HZ = 1_000_000_000;

    private final List<SoftwareVcpu> vcpus;
    private final boolean parallel;
    private final RegionService regions;

    private SoftwareAccelerator(Builder b) {
        PhysMemory memory = new PhysMemory(need(b.memory, "memory"));
        Board board =
                new Board(
                        memory,
                        need(b.ports, "ports"),
                        need(b.mmio, "mmio"),
                        need(b.clock, "clock"),
                        new CpuIdentification(
                                b.cpuid == null ? SoftwareCpuid.entries(b.cpus) : b.cpuid),
                        b.cpus,
                        b.parallel,
                        b.countedUntil != null);
        parallel = board.rendezvous.parallel;
        regions = board.regions;
        vcpus =
                Stream.of(board.cpus)
                        .map(c -> new SoftwareVcpu(c, b.slice, b.countedUntil))
                        .toList();
        for (Cpu c : board.cpus) {
            Reset.reset(c);
        }
    }

    private static <T> T need(@Nullable T value, String what) {
        if (value == null) {
            throw new IllegalStateException("a software accelerator needs " + what);
        }
        return value;
    }

    /** Starts describing an accelerator: memory, buses and clock are required. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "software";
    }

    @Override
    public List<SoftwareVcpu> vcpus() {
        return vcpus;
    }

    @Override
    public boolean singleThreaded() {
        return !parallel;
    }

    @Override
    public long tscFrequency() {
        return TSC_HZ;
    }

    @Override
    public TranslationStatistics translation() {
        return regions.statistics();
    }

    @Override
    public void close() {
        vcpus.forEach(SoftwareVcpu::close);
        regions.close();
        for (SoftwareVcpu vcpu : vcpus) {
            Lockstep lockstep = vcpu.cpu().lockstep;
            if (lockstep != null && lockstep.hasCompared()) {
                System.getLogger("org.jvisor.emulator").log(System.Logger.Level.INFO, lockstep);
            }
        }
    }

    /** Describes a {@link SoftwareAccelerator}. */
    public static final class Builder {
        private int cpus = 1;
        private long slice = 100_000;
        private boolean parallel;
        private @Nullable GuestMemory memory;
        private @Nullable Bus ports;
        private @Nullable Bus mmio;
        private @Nullable Clock clock;
        private @Nullable List<CpuidEntry> cpuid;
        private @Nullable LongSupplier countedUntil;

        private Builder() {}

        /** The number of CPUs, 1 to 255; 1 unless set. */
        public Builder cpus(int count) {
            if (count < 1 || count > 255) {
                throw new IllegalArgumentException("1 to 255 CPUs, not " + count);
            }
            cpus = count;
            return this;
        }

        /**
         * Whether each CPU is run by a thread of its own, in place of one thread that runs them in
         * turn; false unless set. Nothing changes for a single CPU.
         */
        public Builder parallel(boolean threadForEachCpu) {
            parallel = threadForEachCpu;
            return this;
        }

        /** Guest-physical memory; its backing must outlive the accelerator. */
        public Builder memory(GuestMemory guestMemory) {
            memory = guestMemory;
            return this;
        }

        /** The port I/O bus. */
        public Builder ports(Bus bus) {
            ports = bus;
            return this;
        }

        /** The bus of physical addresses that are not memory. */
        public Builder mmio(Bus bus) {
            mmio = bus;
            return this;
        }

        /** The source of the time-stamp counter. */
        public Builder clock(Clock source) {
            clock = source;
            return this;
        }

        /**
         * What CPUID answers; {@link SoftwareCpuid#entries} unless set. Announcing what is not
         * implemented does not make it so: entries are meant to hide features.
         */
        public Builder cpuid(List<CpuidEntry> entries) {
            cpuid = List.copyOf(entries);
            return this;
        }

        /**
         * Instructions after which {@link SoftwareVcpu#run} returns SLICE, at least 1; 100,000
         * unless set.
         */
        public Builder sliceLength(long instructions) {
            if (instructions < 1) {
                throw new IllegalArgumentException("a slice of " + instructions);
            }
            slice = instructions;
            return this;
        }

        /**
         * Has CPUs that one thread runs count their instructions one by one, for a clock that goes
         * by {@link SoftwareVcpu#instructions}, and each {@link SoftwareVcpu#run} end exactly
         * there.
         *
         * @param most tells at the beginning of a run how many instructions it may have at most, at
         *     least 1
         */
        public Builder countedUntil(LongSupplier most) {
            countedUntil = most;
            return this;
        }

        /** Makes the CPUs, in their state after RESET. */
        public SoftwareAccelerator build() {
            return new SoftwareAccelerator(this);
        }
    }
}
