package org.jvisor.firmware.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What is fitted on the board, as far as the guest must be told.
 *
 * @param cpus number of CPUs, 1 to {@link #MAX_CPUS}; CPU n has APIC ID n and CPU 0 boots
 * @param memory where RAM and the PCI windows lie
 * @param serialPorts 16550 UARTs, 0 to 4, at the usual ports
 * @param pci a PCI host bridge with ECAM
 * @param hpet a HPET at {@link AddressMap#HPET_BASE}
 * @param keyboard an i8042 with a keyboard
 * @param uuid the machine's SMBIOS UUID
 * @param devices further devices described in ACPI
 */
public record BoardDescription(
        int cpus,
        AddressMap memory,
        int serialPorts,
        boolean pci,
        boolean hpet,
        boolean keyboard,
        UUID uuid,
        List<AcpiDevice> devices) {
    /** The most CPUs the tables can describe in the space they have. */
    public static final int MAX_CPUS = 1024;

    /** Checks the ranges. */
    public BoardDescription {
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw new IllegalArgumentException(
                    "a board with " + cpus + " CPUs is not possible: give 1 to " + MAX_CPUS);
        }
        if (serialPorts < 0 || serialPorts > 4) {
            throw new IllegalArgumentException(
                    "a board with " + serialPorts + " serial ports is not possible: give 0 to 4");
        }
        devices = List.copyOf(devices);
    }

    /**
     * The full board: COM1, PCI, HPET and keyboard, no further devices.
     *
     * @param cpus 1 to {@link #MAX_CPUS}
     * @param memory RAM
     */
    public static BoardDescription standard(int cpus, AddressMap memory) {
        return new BoardDescription(
                cpus, memory, 1, true, true, true, new UUID(0x4000L, 1L << 63), List.of());
    }

    /** The same board with other serial ports. */
    public BoardDescription withSerialPorts(int count) {
        return new BoardDescription(cpus, memory, count, pci, hpet, keyboard, uuid, devices);
    }

    /** The same board with or without PCI. */
    public BoardDescription withPci(boolean fitted) {
        return new BoardDescription(
                cpus, memory, serialPorts, fitted, hpet, keyboard, uuid, devices);
    }

    /** The same board with or without a HPET. */
    public BoardDescription withHpet(boolean fitted) {
        return new BoardDescription(
                cpus, memory, serialPorts, pci, fitted, keyboard, uuid, devices);
    }

    /** The same board with or without a keyboard. */
    public BoardDescription withKeyboard(boolean fitted) {
        return new BoardDescription(cpus, memory, serialPorts, pci, hpet, fitted, uuid, devices);
    }

    /** The same board under another UUID. */
    public BoardDescription withUuid(UUID other) {
        return new BoardDescription(cpus, memory, serialPorts, pci, hpet, keyboard, other, devices);
    }

    /** The same board with one more device described in ACPI. */
    public BoardDescription withDevice(AcpiDevice device) {
        List<AcpiDevice> all = new ArrayList<>(devices);
        all.add(device);
        return new BoardDescription(cpus, memory, serialPorts, pci, hpet, keyboard, uuid, all);
    }
}
