package org.jvisor.emulator;

import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;

/** What all CPUs of one machine share: memory, buses, time and the decoded code. */
final class Board {
    final PhysMemory memory;
    final Bus ports;
    final Bus mmio;
    final Clock clock;
    final CodeCache code;
    final CpuIdentification cpuid;

    /** The CPUs, by index; filled once while the machine is made. */
    final Cpu[] cpus;

    Board(
            PhysMemory memory,
            Bus ports,
            Bus mmio,
            Clock clock,
            CpuIdentification cpuid,
            int cpuCount) {
        this.memory = memory;
        this.ports = ports;
        this.mmio = mmio;
        this.clock = clock;
        this.cpuid = cpuid;
        this.cpus = new Cpu[cpuCount];
        this.code = new CodeCache(memory, cpus);
        for (int i = 0; i < cpuCount; i++) {
            cpus[i] = new Cpu(this, i);
        }
    }
}
