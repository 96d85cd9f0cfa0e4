package org.jvisor.vmm.api;

/**
 * A virtual CPU. One thread at a time owns it and calls {@link #run} and the state methods; {@link
 * #kick} may be called from any thread.
 */
public interface Vcpu extends AutoCloseable {
    /** Its number, from 0: also its APIC ID. */
    int index();

    /**
     * Runs guest code until something needs its owner. Accesses to the buses are served on the way.
     * Allocates nothing in steady state.
     */
    VcpuExit run();

    /**
     * Makes a {@link #run} in progress, or else the next one, return {@link VcpuExit#KICKED} soon.
     * Kicks do not add up.
     */
    void kick();

    /**
     * Why the last {@link #run} returned {@link VcpuExit#FAILED} or {@link VcpuExit#SHUTDOWN}: what
     * happened, in a sentence; empty otherwise.
     */
    String failure();

    /** Copies the CPU's state out. Only while it does not run. */
    void save(VcpuState state);

    /** Replaces the CPU's state. Only while it does not run. */
    void restore(VcpuState state);

    /** Guest instructions executed so far, or -1 where the accelerator cannot tell. */
    long instructions();

    /** What it has done so far. From any thread, also after {@link #close}. */
    VcpuStatistics statistics();

    /** Whether {@link VcpuExit#HALTED} would be returned again at once: nothing to deliver. */
    boolean idle();

    /**
     * Sets or clears stepping: {@link #run} then returns {@link VcpuExit#DEBUG} after each
     * instruction.
     */
    void singleStep(boolean on);

    /** Releases the CPU; later calls of {@link #run} are errors. May be called twice. */
    @Override
    void close();
}
