/**
 * The {@code jvisor bench} command: boots the same guests in jvisor and in QEMU's software
 * emulation, alternating, and compares what they measure. {@link org.jvisor.benchmarks.Suite} names
 * the programs, {@link org.jvisor.benchmarks.Vmm} the two machines, {@link
 * org.jvisor.benchmarks.VmProcess} runs one of them to its end, {@link
 * org.jvisor.benchmarks.GuestOutput} reads what the guest printed, and {@link
 * org.jvisor.benchmarks.Comparison} makes ratios of it. All of it is for one thread.
 */
@NullMarked
package org.jvisor.benchmarks;

import org.jspecify.annotations.NullMarked;
