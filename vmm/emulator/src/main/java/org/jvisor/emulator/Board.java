package org.jvisor.emulator;

import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;

/** What all CPUs of one machine share: memory, buses, time and the decoded code. */
final class Board {
    final PhysMemory memory;
    private final Bus ports;
    private final Bus mmio;
    final Clock clock;
    final CodeCache code;
    final Rendezvous rendezvous;
    final CpuIdentification cpuid;

    final RegionService regions;

    /** Whether {@link Cpu#executed} must be exact wherever the clock is looked at. */
    final boolean counted;

    /** The CPUs, by index; filled once while the machine is made. */
    final Cpu[] cpus;

    Board(
            PhysMemory memory,
            Bus ports,
            Bus mmio,
            Clock clock,
            CpuIdentification cpuid,
            int cpuCount,
            boolean parallel,
            boolean counted) {
        this.memory = memory;
        this.ports = ports;
        this.mmio = mmio;
        this.clock = clock;
        this.counted = counted;
        this.cpuid = cpuid;
        this.cpus = new Cpu[cpuCount];
        this.rendezvous = new Rendezvous(parallel && cpuCount > 1);
        this.code = new CodeCache(memory, cpus, rendezvous);
        this.regions = new RegionService(rendezvous, code);
        for (int i = 0; i < cpuCount; i++) {
            cpus[i] = new Cpu(this, i);
        }
    }

    // ---- the buses: a device may make its caller wait, so nobody waits for the caller ----

    long readPort(Cpu c, int port, int size) {
        c.counters.ports++;
        rendezvous.leave(c);
        try {
            return ports.read(port, size);
        } finally {
            rendezvous.enter(c);
        }
    }

    void writePort(Cpu c, int port, int size, long value) {
        c.counters.ports++;
        rendezvous.leave(c);
        try {
            ports.write(port, size, value);
        } finally {
            rendezvous.enter(c);
        }
    }

    long readMmio(Cpu c, long physical, int size) {
        c.counters.mmio++;
        rendezvous.leave(c);
        try {
            return mmio.read(physical, size);
        } finally {
            rendezvous.enter(c);
        }
    }

    void writeMmio(Cpu c, long physical, int size, long value) {
        c.counters.mmio++;
        rendezvous.leave(c);
        try {
            mmio.write(physical, size, value);
        } finally {
            rendezvous.enter(c);
        }
    }
}
