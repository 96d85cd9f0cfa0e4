package org.jvisor.firmware.layout;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A device that the guest can only find by being told of it, such as virtio-mmio ({@code
 * LNRO0005}). It becomes a {@code Device} object below {@code \_SB} in the DSDT.
 *
 * @param name the four-character ACPI name, unique on the board: a letter, then letters and digits
 *     (upper case)
 * @param hid the hardware ID: {@code ABC0123} (EISA) or {@code ABCD0123} (ACPI)
 * @param uid the unique ID among devices of this hardware ID
 * @param resources what it decodes and how it interrupts
 */
public record AcpiDevice(String name, String hid, int uid, List<Resource> resources) {
    private static final Pattern NAME = Pattern.compile("[A-Z_][A-Z0-9_]{3}");
    private static final Pattern HID =
            Pattern.compile("[A-Z]{3}[0-9A-F]{4}|[A-Z0-9]{4}[0-9A-F]{4}");

    /** Something a device occupies. */
    public sealed interface Resource {}

    /**
     * Memory-mapped registers below 4 GiB.
     *
     * @param base guest-physical address
     * @param size bytes
     */
    public record Memory(long base, long size) implements Resource {
        /** Checks that it lies below 4 GiB. */
        public Memory {
            if (base < 0 || size <= 0 || base + size > 1L << 32) {
                throw new IllegalArgumentException(
                        "an ACPI device's memory %#x + %#x does not lie below 4 GiB"
                                .formatted(base, size));
            }
        }
    }

    /**
     * Registers in port space.
     *
     * @param port the first port
     * @param length ports, 1 to 255
     */
    public record Ports(int port, int length) implements Resource {
        /** Checks that they exist. */
        public Ports {
            if (port < 0 || length < 1 || length > 255 || port + length > 1 << 16) {
                throw new IllegalArgumentException(
                        "an ACPI device's ports %#x + %d do not exist".formatted(port, length));
            }
        }
    }

    /**
     * An interrupt, active high.
     *
     * @param gsi global system interrupt
     * @param edge edge-triggered, otherwise level-triggered
     */
    public record Interrupt(int gsi, boolean edge) implements Resource {}

    /** Checks the names and copies the list. */
    public AcpiDevice {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is not an ACPI name");
        }
        if (!HID.matcher(hid).matches()) {
            throw new IllegalArgumentException("'" + hid + "' is not an ACPI hardware ID");
        }
        resources = List.copyOf(resources);
    }
}
