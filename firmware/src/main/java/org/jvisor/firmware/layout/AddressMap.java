package org.jvisor.firmware.layout;

import java.util.ArrayList;
import java.util.List;

/**
 * The guest-physical address map of the PC board. RAM starts at 0 and runs to at most 3 GiB; the
 * rest of it starts at 4 GiB; between the two lie PCI memory, ECAM and the chipset.
 *
 * <pre>
 *     0000_0000  low RAM                    (E820: up to 0009_fc00, then from 0010_0000)
 *     000e_0000  firmware tables, BIOS shadow
 *     c000_0000  PCI memory window          512 MiB
 *     e000_0000  PCI configuration (ECAM)   256 MiB, buses 0 to 255
 *     f000_0000  PCI memory window          235 MiB
 *     feb0_0000  platform devices (virtio-mmio)  1 MiB
 *     fec0_0000  IOAPIC, HPET at fed0_0000, local APIC at fee0_0000
 *     ....       BIOS ROM, ending at 1_0000_0000
 *   1_0000_0000  high RAM, and above it the 64-bit PCI memory window
 * </pre>
 *
 * @param memory RAM in bytes, a positive multiple of 4 KiB of at most {@link #MAX_MEMORY}
 */
public record AddressMap(long memory) {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /** The most RAM a guest may have, in bytes: with the 64-bit PCI window it fits 39 bits. */
    public static final long MAX_MEMORY = 448 * GIB;

    /** Where RAM below 4 GiB ends at the latest, and PCI memory starts. */
    public static final long LOW_RAM_LIMIT = 3 * GIB;

    /** Where RAM beyond {@link #LOW_RAM_LIMIT} continues. */
    public static final long HIGH_RAM_BASE = 4 * GIB;

    /** The extended BIOS data area: end of conventional memory, up to {@link #VIDEO_BASE}. */
    public static final long EBDA_BASE = 0x9_fc00;

    /** The legacy video window, where conventional memory ends. */
    public static final long VIDEO_BASE = 0xa_0000;

    /** ACPI tables of a direct boot, and the lower half of a BIOS shadow. */
    public static final long ACPI_BASE = 0xe_0000;

    /** SMBIOS tables of a direct boot, and the upper half of a BIOS shadow. */
    public static final long SMBIOS_BASE = 0xf_0000;

    /** Where the first MiB ends and extended memory starts. */
    public static final long EXTENDED_BASE = MIB;

    /** The first PCI memory window below 4 GiB. */
    public static final long PCI_MMIO_BASE = LOW_RAM_LIMIT;

    /** Bytes in the first PCI memory window. */
    public static final long PCI_MMIO_SIZE = 512 * MIB;

    /** PCI configuration space, 4 KiB for each function (PCI Express 7.2.2). */
    public static final long ECAM_BASE = 0xe000_0000L;

    /** Bytes of configuration space: 256 buses. */
    public static final long ECAM_SIZE = 256 * MIB;

    /**
     * How many of ECAM's buses the firmware tables tell of. Linux reads the vendor ID of every
     * device on each of them: for all 256 that is 16,000 exits.
     */
    public static final int PCI_BUSES = 32;

    /** The second PCI memory window below 4 GiB. */
    public static final long PCI_MMIO2_BASE = 0xf000_0000L;

    /** Bytes in the second PCI memory window. */
    public static final long PCI_MMIO2_SIZE = 0xeb0_0000;

    /** Devices described in ACPI rather than found on PCI, such as virtio-mmio. */
    public static final long PLATFORM_BASE = 0xfeb0_0000L;

    /** Bytes for platform devices. */
    public static final long PLATFORM_SIZE = MIB;

    /** I/O APIC registers, 4 KiB. */
    public static final long IOAPIC_BASE = 0xfec0_0000L;

    /** HPET registers, 1 KiB. */
    public static final long HPET_BASE = 0xfed0_0000L;

    /** Local APIC registers, 4 KiB. */
    public static final long LAPIC_BASE = 0xfee0_0000L;

    /** Where the BIOS ROM ends: it is placed so that the reset vector is its last 16 bytes. */
    public static final long ROM_END = 4 * GIB;

    /**
     * One run of addresses.
     *
     * @param base guest-physical address of the first byte
     * @param size bytes
     */
    public record Range(long base, long size) {
        /** The address one past the last byte. */
        public long end() {
            return base + size;
        }
    }

    /**
     * Checks the size.
     *
     * @throws IllegalArgumentException if {@code memory} is out of range or not whole pages
     */
    public AddressMap {
        if (memory <= 0 || memory > MAX_MEMORY || memory % (4 * KIB) != 0) {
            throw new IllegalArgumentException(
                    "guest memory of "
                            + memory
                            + " bytes is not possible: it must be a multiple of 4096 bytes, at least"
                            + " 4 KiB and at most "
                            + MAX_MEMORY / GIB
                            + " GiB");
        }
    }

    /** Bytes of RAM from address 0. */
    public long lowSize() {
        return Math.min(memory, LOW_RAM_LIMIT);
    }

    /** Bytes of RAM from {@link #HIGH_RAM_BASE}; 0 if all of it lies low. */
    public long highSize() {
        return memory - lowSize();
    }

    /** The address one past the last byte of RAM. */
    public long end() {
        return highSize() > 0 ? HIGH_RAM_BASE + highSize() : lowSize();
    }

    /** The RAM a machine provides, by ascending base: one range, or two. */
    public List<Range> ram() {
        List<Range> ranges = new ArrayList<>();
        ranges.add(new Range(0, lowSize()));
        if (highSize() > 0) {
            ranges.add(new Range(HIGH_RAM_BASE, highSize()));
        }
        return List.copyOf(ranges);
    }

    /** The PCI memory windows below 4 GiB. */
    public static List<Range> pciWindows() {
        return List.of(
                new Range(PCI_MMIO_BASE, PCI_MMIO_SIZE), new Range(PCI_MMIO2_BASE, PCI_MMIO2_SIZE));
    }

    /** The PCI memory window above RAM and above 4 GiB, 32 GiB large, on a GiB boundary. */
    public Range pciWindow64() {
        long base = Math.max(end(), HIGH_RAM_BASE);
        return new Range((base + GIB - 1) / GIB * GIB, 32 * GIB);
    }
}
