package org.jvisor.emulator;

import java.util.List;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.ManualClock;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/** A {@link ProgramMachine} on the software CPU. */
final class SoftwareMachine implements ProgramMachine {
    private static final int MOST_SLICES = 20;

    private final HostMemory ram = HostMemory.anonymous(MEMORY_SIZE, HugePages.NONE);
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

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public String run(VcpuState start, VcpuState end) {
        vcpu.restore(start);
        VcpuExit exit = vcpu.run();
        for (int i = 0; i < MOST_SLICES && exit == VcpuExit.SLICE; i++) {
            exit = vcpu.run();
        }
        vcpu.save(end);
        return exit == VcpuExit.HALTED ? HALTED : exit + " " + vcpu.failure();
    }

    @Override
    public void close() {
        accelerator.close();
        ram.close();
    }
}
