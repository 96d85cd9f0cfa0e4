package org.jvisor.emulator;

import java.util.Map;
import org.jvisor.vmm.api.Tally;
import org.jvisor.vmm.api.TlbFlush;
import org.jvisor.vmm.api.VcpuStatistics;

/**
 * What a CPU has done, counted where it is slow anyway: nothing here is touched by translated code,
 * and by the interpreter once a block. Plain fields, written by the CPU's thread; whoever else
 * reads them sees about what they are.
 */
final class CpuCounters {
    /** Instructions interpreted in blocks. */
    long interpreted;

    /** Instructions executed one at a time. */
    long stepped;

    /** Translated code left for the interpreter. */
    long missed;

    /** Instructions that host code left to Java. */
    long executed;

    long dataFills;
    long codeFills;
    long walks;
    long interrupts;
    long pageFaults;
    long exceptions;
    long ports;
    long mmio;
    final Tally<TlbFlush> flushes = new Tally<>(TlbFlush.class);

    /** An event was delivered; {@code kind} as in {@link Exceptions}. */
    void delivered(int kind, int vector) {
        if (kind == Exceptions.EXTERNAL) {
            interrupts++;
        } else if (vector == Cpu.PAGE_FAULT) {
            pageFaults++;
        } else {
            exceptions++;
        }
    }

    VcpuStatistics statistics(long executed) {
        return new VcpuStatistics(
                new VcpuStatistics.Instructions(executed, interpreted, stepped, missed),
                new VcpuStatistics.Tlb(dataFills, codeFills, walks, flushes.toMap()),
                new VcpuStatistics.Events(interrupts, pageFaults, exceptions),
                new VcpuStatistics.Io(ports, mmio),
                Map.of());
    }
}
