package org.jvisor.benchmarks.jmh;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jvisor.emulator.SoftwareAccelerator;
import org.jvisor.emulator.SoftwareVcpu;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.ManualClock;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/**
 * The same {@link GuestLoop}s on the software accelerator. A device access is no exit there: the
 * CPU calls the bus and goes on. To have a round as on KVM the device can kick the CPU, so that its
 * thread gets it back after each access.
 */
final class SoftwareGuest implements AutoCloseable {
    private static final long CR0_PE = 1, CR0_ET = 1 << 4, CR0_NE = 1 << 5;
    private static final int FLAT_CODE = 0xc09b, FLAT_DATA = 0xc093;

    final SoftwareVcpu cpu;

    /** Accesses so far. */
    long accesses;

    private final SoftwareAccelerator accelerator;
    private final HostMemory memory = HostMemory.anonymous(GuestLoop.MEMORY, HugePages.NONE);
    private final OneInterrupt apic = new OneInterrupt();
    private final VcpuState state = new VcpuState();
    private final GuestLoop loop;
    private final int each;

    /**
     * Makes it ready to run.
     *
     * @param each after how many accesses the CPU is kicked; 0 for never
     */
    SoftwareGuest(GuestLoop loop, int each) {
        this.loop = loop;
        this.each = each;
        Bus ports = new Bus("port I/O");
        Bus mmio = new Bus("MMIO");
        ports.map(GuestLoop.PORT, 4, new Device());
        ports.map(GuestLoop.HANDLER_PORT, 1, new Device());
        mmio.map(GuestLoop.MMIO, GuestMemory.PAGE_SIZE, new Device());
        accelerator =
                SoftwareAccelerator.builder()
                        .memory(
                                new GuestMemory(
                                        List.of(
                                                new GuestMemory.Region(
                                                        0, memory.segment(), false))))
                        .ports(ports)
                        .mmio(mmio)
                        .clock(new ManualClock())
                        .build();
        cpu = accelerator.vcpus().getFirst();
        put(GuestLoop.CODE, loop.codeBytes());
        if (loop.vector() != 0) {
            put(GuestLoop.HANDLER, loop.handlerBytes());
            memory.segment()
                    .set(ValueLayout.JAVA_INT_UNALIGNED, loop.vector() * 4L, GuestLoop.HANDLER);
            cpu.attach(apic);
        }
        start();
    }

    private void put(int address, byte[] bytes) {
        memory.segment().asSlice(address).copyFrom(MemorySegment.ofArray(bytes));
    }

    private void start() {
        cpu.save(state);
        boolean flat = loop.protectedMode();
        state.segments[VcpuState.CS] =
                flat ? new Segment(8, 0, -1, FLAT_CODE) : Segment.realMode(0, true);
        for (int data : new int[] {VcpuState.DS, VcpuState.ES, VcpuState.SS}) {
            state.segments[data] =
                    flat ? new Segment(16, 0, -1, FLAT_DATA) : Segment.realMode(0, false);
        }
        state.cr0 = flat ? CR0_PE | CR0_ET | CR0_NE : CR0_ET;
        state.rip = GuestLoop.CODE;
        state.gpr[4] = GuestLoop.STACK;
        cpu.restore(state);
        if (loop == GuestLoop.INTERRUPT) {
            expect(VcpuExit.HALTED);
        }
    }

    /** Does one round; returns something that depends on it. */
    long round() {
        switch (loop) {
            case INTERRUPT -> {
                apic.vector = loop.vector();
                cpu.interrupt();
                expect(VcpuExit.HALTED);
            }
            case IMMEDIATE -> {
                cpu.kick();
                expect(VcpuExit.KICKED);
            }
            case REGISTERS -> {
                cpu.save(state);
                cpu.restore(state);
            }
            default -> expect(VcpuExit.KICKED);
        }
        return accesses;
    }

    /** Has the CPU make this many accesses or a few more. */
    long serve(int count) {
        long end = accesses + count;
        while (accesses < end) {
            expect(VcpuExit.SLICE);
        }
        return accesses;
    }

    private void expect(VcpuExit wanted) {
        VcpuExit got = cpu.run();
        while (got == VcpuExit.SLICE && got != wanted) {
            got = cpu.run();
        }
        if (got != wanted) {
            throw new IllegalStateException(
                    "the CPU came back for %s and not for %s: %s"
                            .formatted(got, wanted, cpu.failure()));
        }
    }

    @Override
    public void close() {
        accelerator.close();
        memory.close();
    }

    /** A device that counts. */
    private final class Device implements IoRegion {
        @Override
        public long read(long offset, int size) {
            count();
            return accesses;
        }

        @Override
        public void write(long offset, int size, long value) {
            count();
        }

        private void count() {
            accesses++;
            if (each != 0 && accesses % each == 0) {
                cpu.kick();
            }
        }
    }
}
