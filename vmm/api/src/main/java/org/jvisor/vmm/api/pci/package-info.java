/**
 * PCI as a device sees it (PCI Local Bus 3.0). A device extends {@link
 * org.jvisor.vmm.api.pci.PciFunction}: it describes its configuration space, BARs and capabilities
 * in its constructor and follows the guest through hooks. A host bridge plugs it into a {@link
 * org.jvisor.vmm.api.pci.PciSlot}, from which it has its buses, its interrupts and its doorbells,
 * and calls the functions under "For the host bridge"; nobody else does. {@link
 * org.jvisor.vmm.api.pci.Msix} is the MSI-X capability with its table.
 *
 * <p>The guest may place a BAR anywhere, at any time, from any CPU. A BAR that would cover a region
 * of something else answers nowhere until there is room; one over RAM is hidden by the RAM. CPUs
 * that were inside a region when it moved finish their access there.
 */
@NullMarked
package org.jvisor.vmm.api.pci;

import org.jspecify.annotations.NullMarked;
