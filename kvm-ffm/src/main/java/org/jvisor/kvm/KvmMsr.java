package org.jvisor.kvm;

/**
 * A model-specific register.
 *
 * @param index its number, as in ECX of RDMSR
 * @param data its value
 */
public record KvmMsr(int index, long data) {}
