package org.jvisor.machine.device;

import org.jvisor.vmm.api.pci.PciFunction;

/**
 * The ISA bridge, with the identity of Intel's ICH9 and those of its registers that firmware and
 * drivers read: the ACPI block is where {@link AcpiPm} has it, fixed; interrupt routing and RCBA
 * are stored only.
 */
final class IsaBridge extends PciFunction {
    private static final int PMBASE = 0x40, ACPI_CONTROL = 0x44, GPIO_BASE = 0x48;
    private static final int PIRQ_A = 0x60, PIRQ_E = 0x68, RCBA = 0xf0;

    private static final int ACPI_ENABLE = 0x80;

    /** A PIRQ that is routed nowhere. */
    private static final long PIRQ_OFF = 0x8080_8080L;

    IsaBridge() {
        super(0x8086, 0x2918, 0x06_0100, 2);
        put(PMBASE, 4, AcpiPm.BASE | 1);
        put(ACPI_CONTROL, 1, ACPI_ENABLE);
        put(GPIO_BASE, 4, 1);
        put(PIRQ_A, 4, PIRQ_OFF);
        allowWrites(PIRQ_A, 4, 0x8f8f_8f8fL);
        put(PIRQ_E, 4, PIRQ_OFF);
        allowWrites(PIRQ_E, 4, 0x8f8f_8f8fL);
        allowWrites(RCBA, 4, 0xffff_c001L);
    }
}
