package org.jvisor.kvm;

/** Where an interrupt goes that is raised by its GSI number. A GSI may have several routes. */
public sealed interface KvmIrqRoute {
    /** The number, 0 up to what {@code KVM_CAP_IRQ_ROUTING} says. */
    int gsi();

    /**
     * To a pin of an in-kernel interrupt controller.
     *
     * @param gsi the number
     * @param chip which controller
     * @param pin its input: 0 to 7 of a PIC, 0 to 23 of the I/O APIC
     */
    record Pin(int gsi, KvmIrqchip chip, int pin) implements KvmIrqRoute {}

    /**
     * To local APICs, as a message.
     *
     * @param gsi the number
     * @param address the message address, {@code 0xFEExxxxx} on x86
     * @param data the message data
     */
    record Msi(int gsi, long address, int data) implements KvmIrqRoute {}
}
