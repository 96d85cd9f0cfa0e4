/**
 * Where things lie in the guest-physical address space and what the board consists of. The machine
 * that maps RAM and devices, the boot loaders that fill RAM and the tables that describe both to
 * the guest all take their addresses from here, so they cannot disagree. {@link
 * org.jvisor.firmware.layout.AddressMap} is the map, {@link org.jvisor.firmware.layout.BoardPorts}
 * the fixed I/O ports, {@link org.jvisor.firmware.layout.BoardDescription} the list of what is
 * fitted, and {@link org.jvisor.firmware.layout.E820Map} the guest's view of the memory.
 */
@NullMarked
package org.jvisor.firmware.layout;

import org.jspecify.annotations.NullMarked;
