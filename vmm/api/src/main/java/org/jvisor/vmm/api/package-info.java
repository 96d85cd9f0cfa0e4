/**
 * The contracts between the parts of a virtual machine. An {@link org.jvisor.vmm.api.Accelerator}
 * makes {@link org.jvisor.vmm.api.Vcpu}s that run guest code against a {@link
 * org.jvisor.vmm.api.GuestMemory} and two {@link org.jvisor.vmm.api.Bus}es (port I/O and MMIO);
 * {@link org.jvisor.vmm.api.Device}s sit on the buses and interrupt through {@link
 * org.jvisor.vmm.api.IrqLine}s and a {@link org.jvisor.vmm.api.MsiSink}; all of them read one
 * {@link org.jvisor.vmm.api.Clock}. Nothing here knows which accelerator or which board is in use.
 */
@NullMarked
package org.jvisor.vmm.api;

import org.jspecify.annotations.NullMarked;
