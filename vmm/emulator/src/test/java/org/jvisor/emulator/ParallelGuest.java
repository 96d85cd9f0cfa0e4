package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/**
 * A {@link TestGuest} in long mode with several CPUs, each on a thread of its own. A write to port
 * 0x80 sends an NMI to CPU 1. The CPUs start alike but for their stacks and {@link #cpu}'s changes.
 */
final class ParallelGuest implements AutoCloseable {
    final TestGuest g;
    private final List<SoftwareVcpu> vcpus;

    ParallelGuest(int cpus) {
        g = new TestGuest(cpus, 20_000, true).long64().withHandlers();
        vcpus = g.accelerator.vcpus();
        VcpuState state = new VcpuState();
        g.vcpu.save(state);
        for (SoftwareVcpu vcpu : vcpus) {
            state.gpr[Cpu.RSP] = 0x60000 + 0x1000L * vcpu.index();
            vcpu.restore(state);
        }
        g.ports.map(
                0x80,
                1,
                new IoRegion() {
                    @Override
                    public long read(long offset, int size) {
                        return 0;
                    }

                    @Override
                    public void write(long offset, int size, long value) {
                        vcpus.get(1).nmi();
                    }
                });
    }

    /** A CPU, to set its registers before {@link #run}. */
    Cpu cpu(int index) {
        return vcpus.get(index).cpu();
    }

    /** Puts code where CPU {@code index} starts. */
    ParallelGuest start(int index, long at, String hex) {
        g.code(at, hex);
        cpu(index).rip = at;
        return this;
    }

    /** Sets a register of every CPU. */
    ParallelGuest all(int register, long value) {
        vcpus.forEach(vcpu -> vcpu.cpu().r[register] = value);
        return this;
    }

    /** Runs every CPU until it halts. */
    void run() {
        List<String> exits = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads =
                vcpus.stream().map(v -> new Thread(() -> exits.add(toEnd(v)))).toList();
        threads.forEach(Thread::start);
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            vcpus.forEach(SoftwareVcpu::kick); // the test's time is up
            throw new AssertionError("the CPUs did not halt in time", e);
        }
        assertThat(exits).hasSize(threads.size()).containsOnly("HALTED");
    }

    private static String toEnd(SoftwareVcpu vcpu) {
        VcpuExit exit = VcpuExit.SLICE;
        while (exit == VcpuExit.SLICE) {
            exit = vcpu.run();
        }
        return exit + vcpu.failure();
    }

    @Override
    public void close() {
        g.close();
    }
}
