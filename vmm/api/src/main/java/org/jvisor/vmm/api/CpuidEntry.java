package org.jvisor.vmm.api;

/**
 * One answer of CPUID.
 *
 * @param leaf EAX going in
 * @param subleaf ECX going in, where {@code indexed}
 * @param indexed whether ECX selects among several answers for this leaf
 */
public record CpuidEntry(
        int leaf, int subleaf, boolean indexed, int eax, int ebx, int ecx, int edx) {}
