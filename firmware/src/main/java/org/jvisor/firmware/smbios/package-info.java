/**
 * The SMBIOS tables by which a guest learns what machine it runs on (DMTF DSP0134 3.3): {@link
 * org.jvisor.firmware.smbios.SmbiosTables}.
 */
@NullMarked
package org.jvisor.firmware.smbios;

import org.jspecify.annotations.NullMarked;
