package org.jvisor.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one description of a virtual machine: the command line, a configuration file and the library
 * all produce it. Checked when made; whether the host can provide it shows when the machine is
 * built.
 *
 * @param name 1 to 64 letters, digits, {@code . _ -}
 * @param memory guest RAM in bytes, a multiple of 1 MiB, at least {@link #MIN_MEMORY}
 * @param cpus 1 to {@link #MAX_CPUS}
 * @param accelerator which accelerator to use
 * @param smpMode how the software accelerator runs several CPUs
 * @param clock what the guest's time goes by
 * @param kernel a bzImage, ELF vmlinux, or Multiboot kernel; null for a machine without one
 * @param initrd an initial RAM disk, or the first Multiboot module; null for none
 * @param commandLine the kernel's command line, possibly empty
 * @param flatAddress where {@code kernel} is a flat binary: its guest-physical load address and
 *     entry; null otherwise
 * @param stopOnReset whether a reset ends the machine instead of starting it anew
 * @param transport how the virtio devices reach the guest
 * @param disks the disks, in the order the guest finds them
 * @param networks the network interfaces, in the order the guest finds them
 * @param devices the other devices, each kind at most once
 */
public record MachineConfig(
        String name,
        long memory,
        int cpus,
        AcceleratorKind accelerator,
        SmpMode smpMode,
        ClockKind clock,
        @Nullable Path kernel,
        @Nullable Path initrd,
        String commandLine,
        @Nullable Long flatAddress,
        boolean stopOnReset,
        TransportKind transport,
        List<DiskConfig> disks,
        List<NetworkConfig> networks,
        List<DeviceConfig> devices) {
    /** The least memory, in bytes: 1 MiB. */
    public static final long MIN_MEMORY = 1 << 20;

    /** The most memory, in bytes: 1 TiB. */
    public static final long MAX_MEMORY = 1L << 40;

    /** The most CPUs: APIC IDs are 8 bits wide, and 255 is the broadcast. */
    public static final int MAX_CPUS = 64;

    /**
     * The most virtio devices of all kinds: there is a PCI slot for each, and one for a console.
     */
    public static final int MAX_DEVICES = 29;

    /** Memory when none is asked for: 512 MiB. */
    public static final long DEFAULT_MEMORY = 512L << 20;

    /** Checks each part. */
    public MachineConfig {
        if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
            throw bad(
                    "the name '%s' is not usable: take 1 to 64 letters, digits, '.', '_' or '-'"
                            .formatted(name));
        }
        if (memory < MIN_MEMORY || memory > MAX_MEMORY) {
            throw bad(
                    "%s of memory cannot be given to a machine: ask for 1M to 1T"
                            .formatted(Sizes.format(memory)));
        }
        if (memory % MIN_MEMORY != 0) {
            throw bad(
                    "%d bytes of memory are not whole MiB: ask for %dM or %dM"
                            .formatted(memory, memory >> 20, (memory >> 20) + 1));
        }
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw bad(
                    "%d CPUs cannot be given to a machine: ask for 1 to %d"
                            .formatted(cpus, MAX_CPUS));
        }
        if (clock == ClockKind.INSTRUCTIONS) {
            if (accelerator == AcceleratorKind.KVM) {
                throw bad(
                        "KVM's CPUs cannot be timed by their instructions: take the accelerator software, or the clock host");
            }
            if (cpus > 1 && smpMode == SmpMode.PARALLEL) {
                throw bad(
                        "%d CPUs that run at the same time cannot be timed by their instructions: take the SMP mode deterministic, or the clock host"
                                .formatted(cpus));
            }
        }
        if (flatAddress != null && kernel == null) {
            throw bad("a load address is given but no flat binary: name it as the kernel");
        }
        if (initrd != null && kernel == null) {
            throw bad("an initrd is given but no kernel to hand it to: name the kernel too");
        }
        if (commandLine.indexOf('\0') >= 0) {
            throw bad("the kernel command line holds a NUL character: remove it");
        }
        disks = List.copyOf(disks);
        networks = List.copyOf(networks);
        devices = List.copyOf(devices);
        int count = disks.size() + networks.size() + devices.size();
        if (count > MAX_DEVICES) {
            throw bad(
                    "%d virtio devices are too many: a machine has room for %d"
                            .formatted(count, MAX_DEVICES));
        }
        Set<Class<?>> kinds = new HashSet<>();
        for (DeviceConfig device : devices) {
            if (!kinds.add(device.getClass())) {
                throw bad(
                        "there are two devices of the kind %s: a machine has at most one"
                                .formatted(
                                        device.getClass()
                                                .getSimpleName()
                                                .toLowerCase(Locale.ROOT)));
            }
        }
    }

    private static MachineException bad(String message) {
        return new MachineException(MachineException.Kind.CONFIGURATION, message);
    }

    /**
     * A builder with the defaults: 1 CPU, 512 MiB, accelerator auto, CPUs in parallel, no kernel,
     * devices on PCI, of which there is an entropy source.
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects the parts of a configuration; a later call replaces an earlier one. */
    public static final class Builder {
        private String name = "vm";
        private long memory = DEFAULT_MEMORY;
        private int cpus = 1;
        private AcceleratorKind accelerator = AcceleratorKind.AUTO;
        private SmpMode smpMode = SmpMode.PARALLEL;
        private ClockKind clock = ClockKind.HOST;
        private @Nullable Path kernel;
        private @Nullable Path initrd;
        private @Nullable String commandLine;
        private @Nullable Long flatAddress;
        private boolean stopOnReset;
        private TransportKind transport = TransportKind.PCI;
        private boolean memoryGiven;
        private final List<DiskConfig> disks = new ArrayList<>();
        private final List<NetworkConfig> networks = new ArrayList<>();
        private final Map<Class<?>, DeviceConfig> devices = new LinkedHashMap<>();

        private Builder() {
            device(new DeviceConfig.Rng());
        }

        /** Names the machine. */
        public Builder name(String name) {
            this.name = name;
            return this;
        }

        /** Guest RAM in bytes. */
        public Builder memory(long bytes) {
            this.memory = bytes;
            memoryGiven = true;
            return this;
        }

        /** The number of CPUs. */
        public Builder cpus(int cpus) {
            this.cpus = cpus;
            return this;
        }

        /** The accelerator. */
        public Builder accelerator(AcceleratorKind accelerator) {
            this.accelerator = accelerator;
            return this;
        }

        /** How the software accelerator runs several CPUs. */
        public Builder smpMode(SmpMode smpMode) {
            this.smpMode = smpMode;
            return this;
        }

        /** What the guest's time goes by. */
        public Builder clock(ClockKind clock) {
            this.clock = clock;
            return this;
        }

        /** The kernel. */
        public Builder kernel(Path kernel) {
            this.kernel = kernel;
            return this;
        }

        /** The initial RAM disk. */
        public Builder initrd(Path initrd) {
            this.initrd = initrd;
            return this;
        }

        /** The kernel's command line. */
        public Builder commandLine(String commandLine) {
            this.commandLine = commandLine;
            return this;
        }

        /** Takes the kernel as a flat binary, loaded and entered at this guest-physical address. */
        public Builder flatAddress(long address) {
            this.flatAddress = address;
            return this;
        }

        /** Whether a reset ends the machine. */
        public Builder stopOnReset(boolean stop) {
            this.stopOnReset = stop;
            return this;
        }

        /** How the virtio devices reach the guest. */
        public Builder transport(TransportKind kind) {
            this.transport = kind;
            return this;
        }

        /** Adds a disk after those there are. */
        public Builder disk(DiskConfig disk) {
            disks.add(disk);
            return this;
        }

        /** Puts these disks in place of those there are. */
        public Builder disks(List<DiskConfig> all) {
            disks.clear();
            disks.addAll(all);
            return this;
        }

        /** Adds a network interface after those there are. */
        public Builder network(NetworkConfig network) {
            networks.add(network);
            return this;
        }

        /** Puts these network interfaces in place of those there are. */
        public Builder networks(List<NetworkConfig> all) {
            networks.clear();
            networks.addAll(all);
            return this;
        }

        /** Adds another device, in place of one of the same kind. */
        public Builder device(DeviceConfig device) {
            devices.put(device.getClass(), device);
            return this;
        }

        /** Leaves out the device of a kind, such as {@link DeviceConfig.Rng}. */
        public Builder without(Class<? extends DeviceConfig> kind) {
            devices.remove(kind);
            return this;
        }

        /** Adds a disk in front of all others. */
        public Builder firstDisk(DiskConfig disk) {
            disks.addFirst(disk);
            return this;
        }

        /** Whether the size of the RAM has been given. */
        public boolean hasMemory() {
            return memoryGiven;
        }

        /** Whether a kernel has been named. */
        public boolean hasKernel() {
            return kernel != null;
        }

        /** Whether an initial RAM disk has been named. */
        public boolean hasInitrd() {
            return initrd != null;
        }

        /** Whether the kernel is to be taken as a flat binary. */
        public boolean hasFlatAddress() {
            return flatAddress != null;
        }

        /** Whether a command line has been given. */
        public boolean hasCommandLine() {
            return commandLine != null;
        }

        /**
         * Makes the configuration.
         *
         * @throws MachineException if a part is out of range
         */
        public MachineConfig build() {
            return new MachineConfig(
                    name,
                    memory,
                    cpus,
                    accelerator,
                    smpMode,
                    clock,
                    kernel,
                    initrd,
                    commandLine == null ? "" : commandLine,
                    flatAddress,
                    stopOnReset,
                    transport,
                    disks,
                    networks,
                    List.copyOf(devices.values()));
        }
    }
}
