package org.jvisor.machine.kvm;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmCap;
import org.jvisor.kvm.KvmException;
import org.jvisor.kvm.KvmIrqRoute;
import org.jvisor.kvm.KvmIrqchip;
import org.jvisor.kvm.KvmVcpu;
import org.jvisor.kvm.KvmVm;
import org.jvisor.machine.device.SharedLine;
import org.jvisor.vmm.api.Accelerator;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.EventStatistics;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.MsiSink;

/** A machine's part of KVM: one VM with its memory slots, interrupt controllers and vCPUs. */
public final class KvmAccelerator implements Accelerator {
    /** Three pages KVM needs on VT without unrestricted guest, below the BIOS ROM. */
    private static final long TSS_ADDRESS = 0xfeff_d000L;

    /** One page likewise. */
    private static final long IDENTITY_MAP_ADDRESS = 0xfeff_c000L;

    /** Inputs of the I/O APIC. */
    private static final int PINS = 24;

    private final Kvm kvm;
    private final KvmVm vm;
    private final List<KvmCpu> vcpus = new ArrayList<>();
    private final long tscFrequency;
    private final boolean board;

    /** The interrupt controllers' and the 8254's state at power-on; empty without a board. */
    private final Map<KvmIrqchip, byte[]> powerOnChips = new EnumMap<>(KvmIrqchip.class);

    private byte[] powerOnPit = new byte[0];

    /** The kernel takes all that drives a GSI from here for one driver. */
    private final SharedLine[] inputs = new SharedLine[PINS];

    /** Null without a board. */
    private @Nullable KvmRoutes routes;

    private @Nullable KvmDoorbells doorbells;

    /**
     * Makes the VM.
     *
     * @param kvm owned by the accelerator from now on, also when this throws
     * @param cpus how many vCPUs, at least 1
     * @param board whether interrupt controllers and an 8254 are put into the kernel
     * @param interpreted whether this KVM, for want of VT, interprets its guests' kernels
     * @param name the machine's, for its threads
     * @param broken told of an exception out of a device's doorbell, on that thread
     * @throws org.jvisor.kvm.KvmException if KVM refuses
     */
    public KvmAccelerator(
            Kvm kvm,
            GuestMemory memory,
            Bus ports,
            Bus mmio,
            int cpus,
            boolean board,
            boolean interpreted,
            String name,
            Consumer<Throwable> broken) {
        this.kvm = kvm;
        this.board = board;
        for (int i = 0; i < inputs.length; i++) {
            int gsi = i;
            inputs[i] = new SharedLine(asserted -> line(gsi, asserted));
        }
        KvmVm made = null;
        try {
            made = kvm.createVm();
            vm = made;
            vm.setTssAddress(TSS_ADDRESS);
            if (kvm.checkExtension(KvmCap.SET_IDENTITY_MAP_ADDR) > 0) {
                vm.setIdentityMapAddress(IDENTITY_MAP_ADDRESS);
            }
            int slot = 0;
            for (GuestMemory.Region region : memory.regions()) {
                vm.setMemoryRegion(
                        slot++,
                        region.base(),
                        region.segment(),
                        region.readOnly() ? KvmVm.READ_ONLY : 0);
            }
            if (board) {
                vm.createIrqchip();
                vm.createPit(KvmVm.PIT_SPEAKER_DUMMY);
                routes = new KvmRoutes(vm, msi(), pinRoutes(), PINS, routeLimit());
            }
            CpuidPolicy cpuid = new CpuidPolicy(kvm, cpus, board, interpreted);
            long frequency = 0;
            for (int i = 0; i < cpus; i++) {
                KvmVcpu vcpu = vm.createVcpu(i);
                vcpu.setCpuid(cpuid.entries(i));
                vcpus.add(new KvmCpu(vcpu, ports, mmio, board));
                frequency = vcpu.tscKhz() * 1000L;
            }
            tscFrequency = frequency;
            if (board) {
                for (KvmIrqchip chip : KvmIrqchip.values()) {
                    powerOnChips.put(chip, vm.irqchipState(chip));
                }
                powerOnPit = vm.pitState();
                if (vm.checkExtension(KvmCap.IOEVENTFD) > 0) {
                    doorbells = new KvmDoorbells(vm, name + "-doorbells", broken);
                }
            }
        } catch (RuntimeException | Error e) {
            if (made != null) {
                made.close();
            }
            kvm.close();
            throw e;
        }
    }

    /** ISA and PCI interrupts as the ACPI tables tell them: the PIT's GSI 0 on input 2. */
    private static List<KvmIrqRoute> pinRoutes() {
        List<KvmIrqRoute> routes = new ArrayList<>();
        for (int gsi = 0; gsi < 16; gsi++) {
            if (gsi != 2) {
                routes.add(
                        new KvmIrqRoute.Pin(
                                gsi,
                                gsi < 8 ? KvmIrqchip.PIC_MASTER : KvmIrqchip.PIC_SLAVE,
                                gsi & 7));
            }
        }
        for (int gsi = 0; gsi < PINS; gsi++) {
            if (gsi != 2) {
                routes.add(new KvmIrqRoute.Pin(gsi, KvmIrqchip.IOAPIC, gsi == 0 ? 2 : gsi));
            }
        }
        return routes;
    }

    private void line(int gsi, boolean asserted) {
        vm.irqLine(gsi, asserted);
    }

    @Override
    public EventStatistics events() {
        return new EventStatistics(
                doorbells == null ? 0 : doorbells.served(),
                routes == null ? 0 : routes.raised(),
                routes == null ? 0 : routes.sent());
    }

    /** How many routes KVM's table has room for; none for messages where it lacks irqfds. */
    private int routeLimit() {
        return vm.checkExtension(KvmCap.IRQFD) > 0 ? vm.checkExtension(KvmCap.IRQ_ROUTING) : 0;
    }

    /** A new driver of a global system interrupt; those of one are wired-OR. */
    public IrqLine gsi(int gsi) {
        return inputs[gsi].driver();
    }

    /** Where message-signalled interrupts go. */
    public MsiSink msi() {
        return this::sendMessage;
    }

    /** A message for a CPU that does not exist is an error to KVM, and the guest's business. */
    private void sendMessage(long address, int data) {
        try {
            vm.signalMsi(address, data);
        } catch (KvmException e) {
            // Lost, as on a bus where nobody claims it.
        }
    }

    /** Message-signalled interrupts as irqfds. */
    public InterruptRoutes routes() {
        return routes != null ? routes : InterruptRoutes.through(msi());
    }

    /** Doorbells in MMIO as ioeventfds. */
    public Doorbells doorbells() {
        return doorbells != null ? doorbells : Doorbells.NONE;
    }

    /** Raises an NMI on every CPU. */
    public void nmi() {
        vcpus.forEach(KvmCpu::nmi);
    }

    /** Returns the interrupt controllers and the 8254 to their power-on state; nothing runs. */
    public void resetInterrupts() {
        if (board) {
            powerOnChips.forEach(vm::setIrqchipState);
            vm.setPitState(powerOnPit);
            vcpus.forEach(KvmCpu::resetLapic);
        }
    }

    /**
     * Puts the boot processor's APIC into the virtual wire mode that firmware leaves (MP
     * specification §3.6.2.2).
     */
    public void enableVirtualWire() {
        if (board) {
            vcpus.getFirst().enableVirtualWire();
        }
    }

    @Override
    public String name() {
        return "kvm";
    }

    @Override
    public List<KvmCpu> vcpus() {
        return List.copyOf(vcpus);
    }

    @Override
    public boolean singleThreaded() {
        return false;
    }

    @Override
    public long tscFrequency() {
        return tscFrequency;
    }

    @Override
    public void close() {
        if (doorbells != null) {
            doorbells.close();
        }
        vcpus.forEach(KvmCpu::close);
        vm.close();
        kvm.close();
    }
}
