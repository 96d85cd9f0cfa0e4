package org.jvisor.machine;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jvisor.vmm.api.EventStatistics;
import org.jvisor.vmm.api.TranslationStatistics;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuStatistics;

/**
 * What a machine has done so far, resets included. Counting costs next to nothing and is always on;
 * while the machine runs the numbers are approximate, and not all of one moment.
 *
 * @param accelerator {@code "kvm"} or {@code "software"}
 * @param wallTime time since the start, until the end if it has ended; zero before the start
 * @param guestTime how much of that the guest's clock has run
 * @param cpus the vCPUs, by index
 * @param threads the threads that run them: one for each, or one for all
 * @param translation the translator; all zero on KVM
 * @param events what went past the vCPUs' threads; all zero in software
 */
public record MachineStatistics(
        String accelerator,
        Duration wallTime,
        Duration guestTime,
        List<Cpu> cpus,
        List<CpuThread> threads,
        TranslationStatistics translation,
        EventStatistics events) {
    /** Makes one; the lists are copied. */
    public MachineStatistics {
        cpus = List.copyOf(cpus);
        threads = List.copyOf(threads);
    }

    /**
     * One vCPU.
     *
     * @param counts what its accelerator counts
     * @param exits how often it came back to its thread, by reason; reasons that never occurred are
     *     left out
     */
    public record Cpu(VcpuStatistics counts, Map<VcpuExit, Long> exits) {
        /** Makes one; the map is copied. */
        public Cpu {
            Map<VcpuExit, Long> copy = new EnumMap<>(VcpuExit.class);
            copy.putAll(exits);
            exits = Collections.unmodifiableMap(copy);
        }
    }

    /**
     * A thread that runs vCPUs.
     *
     * @param name its name
     * @param cpuNanos host CPU time in nanoseconds, or -1 where the host does not tell
     * @param idleNanos nanoseconds it slept because all its vCPUs were halted; 0 on KVM, where the
     *     kernel does that
     */
    public record CpuThread(String name, long cpuNanos, long idleNanos) {}
}
