package org.jvisor.kvm;

/**
 * What a linear address means to a vCPU now ({@code KVM_TRANSLATE}).
 *
 * @param physical the guest-physical address; meaningless unless {@code valid}
 * @param valid whether the guest maps it
 */
public record KvmTranslation(long physical, boolean valid) {}
