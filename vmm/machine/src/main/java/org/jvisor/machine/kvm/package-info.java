/**
 * The KVM accelerator: {@link org.jvisor.vmm.api.Vcpu} over {@code KVM_RUN}, with the interrupt
 * controllers and the 8254 in the kernel.
 */
@NullMarked
package org.jvisor.machine.kvm;

import org.jspecify.annotations.NullMarked;
