package org.jvisor.machine;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jvisor.cpucheck.CpuCheck;
import org.jvisor.emulator.Disassembler;
import org.jvisor.emulator.SoftwareAccelerator;
import org.jvisor.emulator.SoftwareVcpu;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmException;
import org.jvisor.machine.device.SoftwareInterrupts;
import org.jvisor.machine.kvm.KvmAccelerator;
import org.jvisor.vmm.api.Accelerator;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.CpuSignals;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.MsiSink;

/**
 * The accelerator with its buses and interrupt controllers: the one place that knows whether the
 * kernel's or our own answer.
 */
sealed interface Platform {
    /** Its vCPUs. */
    Accelerator accelerator();

    /** The port I/O bus. */
    Bus ports();

    /** The MMIO bus. */
    Bus mmio();

    /** A new driver of a global system interrupt. */
    IrqLine gsi(int gsi);

    /** Where message-signalled interrupts go. */
    MsiSink msi();

    /** Where devices get their message-signalled interrupts. */
    default InterruptRoutes routes() {
        return InterruptRoutes.through(msi());
    }

    /** Short cuts for doorbells in MMIO. */
    default Doorbells doorbells() {
        return Doorbells.NONE;
    }

    /** Raises the board's NMI. */
    void nmi();

    /** Whether the board must bring its own 8254. */
    boolean needsPit();

    /** Whether the board has a HPET: beside the kernel's 8254 it could not replace that one. */
    default boolean hasHpet() {
        return needsPit();
    }

    /** Leaves the interrupt controllers as firmware would leave them. */
    void prepareDirectBoot();

    /** Returns the interrupt controllers to their power-on state. */
    void reset();

    /**
     * Makes the platform a configuration asks for.
     *
     * @param board whether there are interrupt controllers at all
     * @param wake called with a CPU's index when that software CPU may have something to do
     * @param broken told of an exception out of a device that no vCPU caused
     */
    static Platform create(
            MachineConfig config,
            GuestMemory memory,
            MachineClock clock,
            boolean board,
            IntConsumer wake,
            Consumer<Throwable> broken) {
        Bus ports = new Bus("port I/O");
        Bus mmio = new Bus("MMIO");
        boolean kvm =
                switch (config.accelerator()) {
                    case KVM -> true;
                    case SOFTWARE -> false;
                    case AUTO ->
                            config.clock() == ClockKind.HOST
                                    && CpuCheck.ofThisHost().verdict().preferKvm();
                };
        if (kvm) {
            try {
                return new OnKvm(
                        new KvmAccelerator(
                                Kvm.open(),
                                memory,
                                ports,
                                mmio,
                                config.cpus(),
                                board,
                                !CpuCheck.ofThisHost().hasVtFlag(),
                                config.name(),
                                broken),
                        ports,
                        mmio);
            } catch (KvmException e) {
                throw new MachineException(
                        MachineException.Kind.HOST,
                        "KVM cannot be used: %s Use --accel software, or see what jvisor cpu-check advises"
                                .formatted(e.getMessage()),
                        e);
            }
        }
        return InSoftware.create(config, memory, clock, ports, mmio, board, wake);
    }

    /** Disassembles one instruction for a report. */
    static CrashReporter.Disassembler.Line disassemble(
            byte[] code, int offset, int bits, long rip) {
        Disassembler.Line line = Disassembler.disassemble(code, offset, bits, rip);
        return new CrashReporter.Disassembler.Line(line.length(), line.text());
    }

    /** Interrupt controllers in the kernel. */
    record OnKvm(KvmAccelerator accelerator, Bus ports, Bus mmio) implements Platform {
        @Override
        public IrqLine gsi(int gsi) {
            return accelerator.gsi(gsi);
        }

        @Override
        public MsiSink msi() {
            return accelerator.msi();
        }

        @Override
        public InterruptRoutes routes() {
            return accelerator.routes();
        }

        @Override
        public Doorbells doorbells() {
            return accelerator.doorbells();
        }

        @Override
        public void nmi() {
            accelerator.nmi();
        }

        @Override
        public boolean needsPit() {
            return false;
        }

        @Override
        public void prepareDirectBoot() {
            accelerator.enableVirtualWire();
        }

        @Override
        public void reset() {
            accelerator.resetInterrupts();
        }
    }

    /** Our own CPU and interrupt controllers. */
    record InSoftware(
            SoftwareAccelerator accelerator,
            Bus ports,
            Bus mmio,
            List<SoftwareInterrupts> interrupts)
            implements Platform {
        /** Instructions a CPU runs before it is another's turn. */
        private static final long SLICE = 20_000;

        static InSoftware create(
                MachineConfig config,
                GuestMemory memory,
                MachineClock clock,
                Bus ports,
                Bus mmio,
                boolean board,
                IntConsumer wake) {
            SoftwareAccelerator.Builder builder =
                    SoftwareAccelerator.builder()
                            .cpus(config.cpus())
                            .memory(memory)
                            .ports(ports)
                            .mmio(mmio)
                            .clock(clock)
                            .sliceLength(SLICE)
                            .parallel(config.smpMode() == SmpMode.PARALLEL);
            if (clock instanceof InstructionClock counting) {
                builder.countedUntil(counting::untilNextTimer);
            }
            SoftwareAccelerator accelerator = builder.build();
            if (clock instanceof InstructionClock counting) {
                counting.count(accelerator.vcpus());
            }
            if (!board) {
                return new InSoftware(accelerator, ports, mmio, List.of());
            }
            List<SoftwareVcpu> vcpus = accelerator.vcpus();
            CpuSignals[] signals =
                    vcpus.stream()
                            .map(vcpu -> new WakingSignals(vcpu, () -> wake.accept(vcpu.index())))
                            .toArray(CpuSignals[]::new);
            SoftwareInterrupts interrupts =
                    new SoftwareInterrupts(
                            signals,
                            clock,
                            accelerator.tscFrequency(),
                            accelerator.tscFrequency(),
                            ports,
                            mmio);
            for (SoftwareVcpu vcpu : vcpus) {
                vcpu.attach(interrupts.apic(vcpu.index()));
            }
            return new InSoftware(accelerator, ports, mmio, List.of(interrupts));
        }

        @Override
        public IrqLine gsi(int gsi) {
            return interrupts.isEmpty() ? IrqLine.NONE : interrupts.getFirst().gsi(gsi);
        }

        @Override
        public MsiSink msi() {
            return interrupts.isEmpty() ? (address, data) -> {} : interrupts.getFirst().msi();
        }

        @Override
        public void nmi() {
            interrupts.forEach(SoftwareInterrupts::nmi);
        }

        @Override
        public boolean needsPit() {
            return true;
        }

        @Override
        public void prepareDirectBoot() {
            interrupts.forEach(SoftwareInterrupts::enableVirtualWire);
        }

        @Override
        public void reset() {
            accelerator.vcpus().forEach(SoftwareVcpu::reset);
            interrupts.forEach(SoftwareInterrupts::reset);
        }
    }

    /** Passes signals on and ends the idle wait of the thread that runs the CPU. */
    record WakingSignals(CpuSignals cpu, Runnable wake) implements CpuSignals {
        @Override
        public void interrupt() {
            cpu.interrupt();
            wake.run();
        }

        @Override
        public void nmi() {
            cpu.nmi();
            wake.run();
        }

        @Override
        public void init() {
            cpu.init();
            wake.run();
        }

        @Override
        public void startup(int vector) {
            cpu.startup(vector);
            wake.run();
        }
    }
}
