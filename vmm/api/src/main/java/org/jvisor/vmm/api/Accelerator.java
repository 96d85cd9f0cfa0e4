package org.jvisor.vmm.api;

import java.util.List;

/**
 * What runs guest code for one machine: its vCPUs and, where the accelerator brings them, its
 * interrupt controllers.
 */
public interface Accelerator extends AutoCloseable {
    /** {@code "kvm"} or {@code "software"}. */
    String name();

    /** The vCPUs, by index. */
    List<? extends Vcpu> vcpus();

    /**
     * Whether one thread must run all vCPUs in turn (deterministic round-robin), rather than a
     * thread for each.
     */
    boolean singleThreaded();

    /** The time-stamp counter's frequency in Hz, as CPUID tells the guest. */
    long tscFrequency();

    /** What became of translated guest code. From any thread, also after {@link #close}. */
    default TranslationStatistics translation() {
        return TranslationStatistics.NONE;
    }

    /** What went past the vCPUs' threads. From any thread, also after {@link #close}. */
    default EventStatistics events() {
        return EventStatistics.NONE;
    }

    /** Stops nothing by itself: call once no thread runs a vCPU. May be called twice. */
    @Override
    void close();
}
