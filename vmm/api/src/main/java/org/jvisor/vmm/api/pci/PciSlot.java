package org.jvisor.vmm.api.pci;

import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IrqLine;

/** What a function finds in the slot it is plugged into. */
public interface PciSlot {
    /** Where I/O BARs are mapped. */
    Bus ports();

    /** Where memory BARs are mapped. */
    Bus mmio();

    /**
     * The line an interrupt pin is wired to, a driver of the function's own.
     *
     * @param pin 1 for INTA# to 4 for INTD#
     */
    IrqLine intx(int pin);

    /** Where the vectors of MSI-X come from. */
    InterruptRoutes interrupts();

    /** Short cuts for doorbells in memory BARs, by guest-physical address. */
    Doorbells doorbells();
}
