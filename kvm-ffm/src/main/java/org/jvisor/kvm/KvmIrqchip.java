package org.jvisor.kvm;

import org.jvisor.kvm.bindings.kvm_h;

/** The interrupt controllers that {@link KvmVm#createIrqchip} makes. */
public enum KvmIrqchip {
    /** The first 8259. */
    PIC_MASTER(kvm_h.KVM_IRQCHIP_PIC_MASTER()),
    /** The second 8259, behind input 2 of the first. */
    PIC_SLAVE(kvm_h.KVM_IRQCHIP_PIC_SLAVE()),
    /** The I/O APIC. */
    IOAPIC(kvm_h.KVM_IRQCHIP_IOAPIC());

    private final int number;

    KvmIrqchip(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
