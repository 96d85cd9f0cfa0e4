/**
 * The ACPI tables of the board (ACPI 6.5), built from a {@link
 * org.jvisor.firmware.layout.BoardDescription}: {@link org.jvisor.firmware.acpi.AcpiTables} lays
 * them out for a direct boot. The DSDT's byte code is assembled by {@link
 * org.jvisor.firmware.acpi.Aml} and {@link org.jvisor.firmware.acpi.AmlResources}, one method for
 * each grammar production used.
 */
@NullMarked
package org.jvisor.firmware.acpi;

import org.jspecify.annotations.NullMarked;
