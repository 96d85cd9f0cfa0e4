/**
 * Finds out what this host offers a virtual machine: the CPU and its virtualisation features, the
 * hypervisor it may be in itself, the state of KVM, and, by running a guest, how fast that KVM is.
 *
 * <p>A flag in /proc/cpuinfo misleads both ways: VT may be there and switched off, and a KVM
 * without VT opens, creates machines and then interprets them tens of times slower than the CPU. So
 * {@link org.jvisor.cpucheck.CpuCheck} judges by what a probe vCPU does. {@link
 * org.jvisor.cpucheck.CpuCheck#verdict} is that judgement alone, for choosing an accelerator;
 * {@link org.jvisor.cpucheck.CpuCheck#report} is all there is to know, as a tree of records ({@link
 * org.jvisor.cpucheck.HostReport}), which {@link org.jvisor.cpucheck.CpuCheck#toText} and {@link
 * org.jvisor.cpucheck.CpuCheck#toJson} write for people and programs. The JSON is described in this
 * module's README.
 */
@NullMarked
package org.jvisor.cpucheck;

import org.jspecify.annotations.NullMarked;
