package org.jvisor.machine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.VcpuState;

/**
 * One virtual machine. Its methods may be called from any thread but those that run its guest
 * (devices' callbacks). Close it when done: its memory and, on KVM, its kernel objects are freed
 * then, never earlier.
 */
public final class Machine implements AutoCloseable {
    private final MachineConfig config;
    private final Assembly assembly;

    private Machine(MachineConfig config, Assembly assembly) {
        this.config = config;
        this.assembly = assembly;
    }

    /**
     * A builder with the defaults of {@link MachineConfig#builder()} and no serial line connected.
     */
    public static Builder builder() {
        return new Builder(MachineConfig.builder());
    }

    /** A builder that starts from a configuration under construction, such as a file's. */
    public static Builder builder(MachineConfig.Builder config) {
        return new Builder(config);
    }

    /** What it was built from. */
    public MachineConfig config() {
        return config;
    }

    /** The accelerator in use: {@code "kvm"} or {@code "software"}. */
    public String accelerator() {
        return assembly.accelerator().name();
    }

    /** Where it is in its life. */
    public MachineState state() {
        return assembly.lifecycle().state();
    }

    /**
     * Starts the guest.
     *
     * @throws IllegalStateException if it was started before
     */
    public void start() {
        assembly.lifecycle().start();
    }

    /** Stops the vCPUs and time; nothing happens unless it runs. Returns once they stand still. */
    public void pause() {
        assembly.lifecycle().pause();
    }

    /** Goes on after {@link #pause}; nothing happens unless it is paused. */
    public void resume() {
        assembly.lifecycle().resume();
    }

    /**
     * Restarts the guest from its boot image, as the reset button does. Keeps it paused if it is.
     */
    public void reset() {
        assembly.lifecycle().reset();
    }

    /**
     * Ends the machine as pulling the plug does; {@link #await} then tells {@link
     * MachineExit.Stopped}.
     */
    public void stop() {
        assembly.lifecycle().end(new MachineExit.Stopped());
    }

    /** Presses the power button: the guest decides what to do. */
    public void powerButton() {
        assembly.board().powerButton();
    }

    /** Types Ctrl-Alt-Delete on its keyboard. */
    public void ctrlAltDelete() {
        assembly.board().ctrlAltDelete();
    }

    /**
     * Feeds a serial line of the guest. Blocks while the guest does not read, so that nothing is
     * lost.
     *
     * @param port 0 for COM1 to 3 for COM4
     * @throws InterruptedException if interrupted while it waits
     */
    public void serialInput(int port, byte[] bytes, int offset, int length)
            throws InterruptedException {
        assembly.board().serialInput(port, bytes, offset, length);
    }

    /**
     * Feeds a port of the virtio console. Blocks while the guest does not read, so that nothing is
     * lost, until the machine is closed.
     *
     * @param port counted in the order of {@link Builder#console}, from 0
     * @throws InterruptedException if interrupted while it waits
     */
    public void consoleInput(int port, byte[] bytes, int offset, int length)
            throws InterruptedException {
        assembly.board().consoleInput(port, bytes, offset, length);
    }

    /**
     * The size of a disk in bytes.
     *
     * @param disk its index in {@link MachineConfig#disks}
     * @throws IllegalArgumentException if there is no such disk
     */
    public long diskSize(int disk) {
        return assembly.board().controls().diskSize(disk);
    }

    /**
     * Makes a disk larger and tells the guest, which sees it at once; its partitions and file
     * systems are its own business. Blocks for the disk's file, not the guest. Under an overlay
     * only the overlay grows.
     *
     * @param disk its index in {@link MachineConfig#disks}
     * @param bytes the new size, a multiple of 512, not less than the old one: what a guest uses is
     *     not cut off
     * @throws IllegalArgumentException if there is no such disk or it cannot have that size
     * @throws MachineException if its file cannot grow
     */
    public void resizeDisk(int disk, long bytes) {
        assembly.board().controls().resizeDisk(disk, bytes);
    }

    /**
     * Plugs the cable of a network interface in or pulls it out. Nothing passes while it is out,
     * and the guest is told if its driver listens.
     *
     * @param network its index in {@link MachineConfig#networks}
     * @throws IllegalArgumentException if there is no such interface
     */
    public void setLink(int network, boolean up) {
        assembly.board().controls().setLink(network, up);
    }

    /**
     * Whether the cable of a network interface is plugged in, at both ends.
     *
     * @param network its index in {@link MachineConfig#networks}
     * @throws IllegalArgumentException if there is no such interface
     */
    public boolean linkUp(int network) {
        return assembly.board().controls().linkUp(network);
    }

    /**
     * Asks the guest to give up memory, which the host then has, or to take it back. It does what
     * it can, in its own time: {@link #balloonStatistics} tells how far it is.
     *
     * @param bytes the size of the balloon, 0 or more; whole pages of 4 KiB count
     * @throws IllegalStateException if the machine has no balloon
     */
    public void setBalloonTarget(long bytes) {
        assembly.board().controls().setBalloonTarget(bytes);
    }

    /**
     * What is known of the balloon and of the guest's memory. Asks the guest for news, which a
     * later call tells.
     *
     * @throws IllegalStateException if the machine has no balloon
     */
    public BalloonStatistics balloonStatistics() {
        return assembly.board().controls().balloonStatistics();
    }

    /**
     * Waits until the machine has ended.
     *
     * @return how it ended
     */
    public MachineExit await() throws InterruptedException {
        try {
            return assembly.lifecycle().exit().get();
        } catch (ExecutionException | CancellationException e) {
            throw new IllegalStateException("the machine's end was lost", e);
        }
    }

    /** Waits at most {@code time} until the machine has ended. */
    public Optional<MachineExit> await(Duration time) throws InterruptedException {
        try {
            return Optional.of(
                    assembly.lifecycle().exit().get(time.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException | CancellationException e) {
            throw new IllegalStateException("the machine's end was lost", e);
        }
    }

    /** Completed with how it ended. */
    public CompletableFuture<MachineExit> onExit() {
        return assembly.lifecycle().exit().copy();
    }

    /** The guest's memory. Valid until the machine is closed. */
    public GuestMemory memory() {
        return assembly.memory();
    }

    /**
     * The registers of a CPU.
     *
     * @param cpu its index
     * @throws IllegalStateException while the machine runs: pause it first
     */
    public VcpuState cpu(int cpu) {
        requireStill();
        VcpuState state = new VcpuState();
        assembly.accelerator().vcpus().get(cpu).save(state);
        return state;
    }

    /**
     * Replaces the registers of a CPU.
     *
     * @throws IllegalStateException while the machine runs: pause it first
     */
    public void setCpu(int cpu, VcpuState state) {
        requireStill();
        assembly.accelerator().vcpus().get(cpu).restore(state);
    }

    /** Guest instructions executed by all CPUs so far, or -1 where the accelerator cannot tell. */
    public long instructions() {
        return assembly.accelerator().vcpus().stream()
                .mapToLong(vcpu -> vcpu.instructions())
                .reduce(0, (a, b) -> a < 0 || b < 0 ? -1 : a + b);
    }

    /** What it has done so far. At any time, also after the end and after {@link #close}. */
    public MachineStatistics statistics() {
        return assembly.statistics();
    }

    /** Ends it if it has not ended and frees what it holds. May be called twice. */
    @Override
    public void close() {
        assembly.close();
    }

    private void requireStill() {
        if (state() == MachineState.RUNNING) {
            throw new IllegalStateException("the machine runs: pause it first");
        }
    }

    /** A port of the virtio console. */
    record Console(String name, SerialPort farEnd) {}

    /** Code put into guest memory by hand. */
    record Flat(long address, byte[] code) {}

    /** Collects what a machine is made of. */
    public static final class Builder {
        /** The most ports a virtio console has. */
        private static final int MAX_CONSOLE_PORTS = 31;

        private final MachineConfig.Builder config;
        private final Map<Integer, SerialPort> serial = new TreeMap<>();
        private final List<Console> consoles = new ArrayList<>();
        private @Nullable Flat flat;
        private @Nullable VcpuState initialState;
        private boolean bare;

        private Builder(MachineConfig.Builder config) {
            this.config = config;
        }

        /** The configuration being built, to be set directly. */
        public MachineConfig.Builder config() {
            return config;
        }

        /** Names the machine. */
        public Builder name(String name) {
            config.name(name);
            return this;
        }

        /** Guest RAM in bytes. */
        public Builder memory(long bytes) {
            config.memory(bytes);
            return this;
        }

        /** The number of CPUs. */
        public Builder cpus(int cpus) {
            config.cpus(cpus);
            return this;
        }

        /** The accelerator. */
        public Builder accelerator(AcceleratorKind accelerator) {
            config.accelerator(accelerator);
            return this;
        }

        /** How the software accelerator runs several CPUs. */
        public Builder smpMode(SmpMode smpMode) {
            config.smpMode(smpMode);
            return this;
        }

        /** What the guest's time goes by. */
        public Builder clock(ClockKind clock) {
            config.clock(clock);
            return this;
        }

        /** The kernel. */
        public Builder kernel(java.nio.file.Path kernel) {
            config.kernel(kernel);
            return this;
        }

        /** The initial RAM disk. */
        public Builder initrd(java.nio.file.Path initrd) {
            config.initrd(initrd);
            return this;
        }

        /** The kernel's command line. */
        public Builder commandLine(String commandLine) {
            config.commandLine(commandLine);
            return this;
        }

        /** Whether a reset ends the machine. */
        public Builder stopOnReset(boolean stop) {
            config.stopOnReset(stop);
            return this;
        }

        /** How the virtio devices reach the guest. */
        public Builder transport(TransportKind kind) {
            config.transport(kind);
            return this;
        }

        /** Adds a disk after those there are. */
        public Builder disk(DiskConfig disk) {
            config.disk(disk);
            return this;
        }

        /** Adds a network interface after those there are. */
        public Builder network(NetworkConfig network) {
            config.network(network);
            return this;
        }

        /** Adds another device, in place of one of the same kind. */
        public Builder device(DeviceConfig device) {
            config.device(device);
            return this;
        }

        /**
         * Connects a serial line; one that is not connected still exists and drops what is sent.
         *
         * @param port 0 for COM1 to 3 for COM4
         */
        public Builder serial(int port, SerialPort farEnd) {
            if (port < 0 || port > 3) {
                throw new IllegalArgumentException("there are COM1 (0) to COM4 (3), not " + port);
            }
            serial.put(port, farEnd);
            return this;
        }

        /**
         * Adds a port to the virtio console, which is there if it has one.
         *
         * @param name what a program in the guest finds the port by, such as {@code
         *     "org.example.agent"} under {@code /dev/virtio-ports}; empty for a terminal ({@code
         *     /dev/hvc0} and on)
         * @param farEnd where its output goes; input is given to {@link Machine#consoleInput}
         */
        public Builder console(String name, SerialPort farEnd) {
            if (consoles.size() == MAX_CONSOLE_PORTS) {
                throw new IllegalArgumentException(
                        "a machine's console has at most %d ports".formatted(MAX_CONSOLE_PORTS));
            }
            consoles.add(new Console(name, farEnd));
            return this;
        }

        /**
         * Puts code into memory and starts the first CPU there, instead of a kernel. Without {@link
         * #initialState} the CPU starts in real mode with CS base 0 at {@code address}, which must
         * then be below 64 KiB.
         *
         * @param address guest-physical
         */
        public Builder code(long address, byte[] code) {
            flat = new Flat(address, code.clone());
            return this;
        }

        /** The first CPU's state at the start of {@link #code}. */
        public Builder initialState(VcpuState state) {
            initialState = state;
            return this;
        }

        /**
         * Leaves out the PC board: no interrupt controllers, timers or serial lines, only CPUs,
         * memory and the debug-exit port. Such a machine ends with {@link MachineExit.Halted} when
         * every CPU halts.
         */
        public Builder bare() {
            bare = true;
            return this;
        }

        /**
         * Makes the machine: claims memory, loads the boot image, makes the vCPUs. The guest does
         * not run yet.
         *
         * @throws MachineException if the configuration, a file it names, or the host does not
         *     allow it
         */
        public Machine build() {
            MachineConfig built = config.build();
            return new Machine(
                    built,
                    Assembly.assemble(
                            new Blueprint(
                                    built,
                                    Map.copyOf(serial),
                                    List.copyOf(consoles),
                                    flat,
                                    initialState,
                                    bare)));
        }
    }

    /** All that {@link Builder} has collected. */
    record Blueprint(
            MachineConfig config,
            Map<Integer, SerialPort> serial,
            List<Console> consoles,
            @Nullable Flat flat,
            @Nullable VcpuState initialState,
            boolean bare) {}
}
