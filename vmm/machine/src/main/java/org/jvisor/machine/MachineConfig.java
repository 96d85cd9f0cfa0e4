package org.jvisor.machine;

import java.nio.file.Path;
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
 * @param kernel a bzImage, ELF vmlinux, or Multiboot kernel; null for a machine without one
 * @param initrd an initial RAM disk, or the first Multiboot module; null for none
 * @param commandLine the kernel's command line, possibly empty
 * @param flatAddress where {@code kernel} is a flat binary: its guest-physical load address and
 *     entry; null otherwise
 * @param stopOnReset whether a reset ends the machine instead of starting it anew
 */
public record MachineConfig(
        String name,
        long memory,
        int cpus,
        AcceleratorKind accelerator,
        SmpMode smpMode,
        @Nullable Path kernel,
        @Nullable Path initrd,
        String commandLine,
        @Nullable Long flatAddress,
        boolean stopOnReset) {
    /** The least memory, in bytes: 1 MiB. */
    public static final long MIN_MEMORY = 1 << 20;

    /** The most memory, in bytes: 1 TiB. */
    public static final long MAX_MEMORY = 1L << 40;

    /** The most CPUs: APIC IDs are 8 bits wide, and 255 is the broadcast. */
    public static final int MAX_CPUS = 64;

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
        if (flatAddress != null && kernel == null) {
            throw bad("a load address is given but no flat binary: name it as the kernel");
        }
        if (initrd != null && kernel == null) {
            throw bad("an initrd is given but no kernel to hand it to: name the kernel too");
        }
        if (commandLine.indexOf('\0') >= 0) {
            throw bad("the kernel command line holds a NUL character: remove it");
        }
    }

    private static MachineException bad(String message) {
        return new MachineException(MachineException.Kind.CONFIGURATION, message);
    }

    /**
     * A builder with the defaults: 1 CPU, 512 MiB, accelerator auto, CPUs in parallel, no kernel.
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
        private @Nullable Path kernel;
        private @Nullable Path initrd;
        private @Nullable String commandLine;
        private @Nullable Long flatAddress;
        private boolean stopOnReset;

        private Builder() {}

        /** Names the machine. */
        public Builder name(String name) {
            this.name = name;
            return this;
        }

        /** Guest RAM in bytes. */
        public Builder memory(long bytes) {
            this.memory = bytes;
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
                    kernel,
                    initrd,
                    commandLine == null ? "" : commandLine,
                    flatAddress,
                    stopOnReset);
        }
    }
}
