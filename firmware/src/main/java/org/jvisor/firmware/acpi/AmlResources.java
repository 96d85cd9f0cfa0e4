package org.jvisor.firmware.acpi;

import java.io.ByteArrayOutputStream;
import org.jvisor.firmware.layout.AcpiDevice;

/** Builds a resource template, the value of {@code _CRS} (ACPI 6.5 §6.4). */
final class AmlResources {
    private static final int MEMORY = 0;
    private static final int IO = 1;
    private static final int BUS = 2;

    /** Address space flags (§6.4.3.5): both ends fixed. */
    private static final int FIXED = 0x0c;

    private static final int MEMORY_WRITABLE = 1;
    private static final int IO_ENTIRE_RANGE = 3;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** I/O Port Descriptor (§6.4.2.5). */
    AmlResources ports(int port, int length) {
        return bytes(0x47, 1).field(port, 2).field(port, 2).bytes(1, length);
    }

    /** IRQ Descriptor without flags (§6.4.2.1): edge-triggered, active high. */
    AmlResources isaInterrupt(int irq) {
        return bytes(0x22).field(1L << irq, 2);
    }

    /** 32-bit Fixed Memory Range Descriptor (§6.4.3.4). */
    AmlResources memory(long base, long size) {
        return bytes(0x86).field(9, 2).bytes(1).field(base, 4).field(size, 4);
    }

    /** Extended Interrupt Descriptor (§6.4.3.6): consumer, active high, shared if a level. */
    AmlResources interrupt(int gsi, boolean edge) {
        return bytes(0x89).field(6, 2).bytes(edge ? 3 : 9, 1).field(gsi, 4);
    }

    /** Word Address Space Descriptor (§6.4.3.5.3) for bus numbers. */
    AmlResources buses(int first, int last) {
        return window(0x88, 2, BUS, 0, first, last);
    }

    /** Word Address Space Descriptor for a window of ports. */
    AmlResources portWindow(int first, int last) {
        return window(0x88, 2, IO, IO_ENTIRE_RANGE, first, last);
    }

    /** DWord Address Space Descriptor (§6.4.3.5.2) for a window of memory. */
    AmlResources memoryWindow(long base, long size) {
        return window(0x87, 4, MEMORY, MEMORY_WRITABLE, base, base + size - 1);
    }

    /** QWord Address Space Descriptor (§6.4.3.5.1) for a window of memory. */
    AmlResources memoryWindow64(long base, long size) {
        return window(0x8a, 8, MEMORY, MEMORY_WRITABLE, base, base + size - 1);
    }

    /** What a device description asks for. */
    AmlResources resource(AcpiDevice.Resource resource) {
        return switch (resource) {
            case AcpiDevice.Memory(long base, long size) -> memory(base, size);
            case AcpiDevice.Ports(int port, int length) -> ports(port, length);
            case AcpiDevice.Interrupt(int gsi, boolean edge) -> interrupt(gsi, edge);
        };
    }

    /** The finished template as a buffer object, with its End Tag (§6.4.2.9). */
    byte[] build() {
        bytes(0x79, 0);
        return Aml.buffer(out.toByteArray());
    }

    private AmlResources window(int tag, int width, int kind, int flags, long first, long last) {
        bytes(tag).field(3 + 5 * width, 2);
        bytes(kind, FIXED, flags);
        field(0, width); // granularity
        field(first, width);
        field(last, width);
        field(0, width); // translation
        return field(last - first + 1, width);
    }

    private AmlResources bytes(int... values) {
        for (int value : values) {
            out.write(value);
        }
        return this;
    }

    private AmlResources field(long value, int width) {
        out.writeBytes(Aml.little(value, width));
        return this;
    }
}
