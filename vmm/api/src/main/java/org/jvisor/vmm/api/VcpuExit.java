package org.jvisor.vmm.api;

/**
 * Why {@link Vcpu#run} came back. Port I/O and MMIO are not among the reasons: both accelerators
 * serve them through the buses and go on.
 */
public enum VcpuExit {
    /** Its share of instructions is used up; run it again. */
    SLICE,
    /** {@link Vcpu#kick} was called. */
    KICKED,
    /** HLT with nothing to deliver, or waiting for a start-up IPI. */
    HALTED,
    /** A triple fault, or another condition that stops a CPU for good. */
    SHUTDOWN,
    /** A breakpoint or a single step set by the host. */
    DEBUG,
    /** The accelerator cannot go on: {@link Vcpu#failure} tells why. */
    FAILED
}
