package org.jvisor.firmware.layout;

import java.util.ArrayList;
import java.util.List;

/**
 * The memory map a PC's firmware reports (ACPI 6.5 §15): which addresses are RAM the guest may use,
 * and which it must leave alone.
 *
 * @param entries by ascending address, not overlapping
 */
public record E820Map(List<Entry> entries) {
    /** What a range is. */
    public enum Type {
        /** RAM, free to use. */
        USABLE(1),
        /** Not to be used: firmware, chipset, devices. */
        RESERVED(2);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        /** The number that INT 15h E820h, Linux and Multiboot use. */
        public int code() {
            return code;
        }
    }

    /**
     * One range.
     *
     * @param base guest-physical address
     * @param size bytes, at least 1
     * @param type what it is
     */
    public record Entry(long base, long size, Type type) {
        /** The address one past the last byte. */
        public long end() {
            return base + size;
        }
    }

    /** Copies the list. */
    public E820Map {
        entries = List.copyOf(entries);
    }

    /**
     * The map of a board.
     *
     * @param memory its memory
     */
    public static E820Map of(AddressMap memory) {
        List<Entry> entries = new ArrayList<>();
        long low = memory.lowSize();
        add(entries, 0, Math.min(low, AddressMap.EBDA_BASE), Type.USABLE);
        add(entries, AddressMap.EBDA_BASE, AddressMap.VIDEO_BASE, Type.RESERVED);
        add(entries, AddressMap.ACPI_BASE, AddressMap.EXTENDED_BASE, Type.RESERVED);
        add(entries, AddressMap.EXTENDED_BASE, low, Type.USABLE);
        // Linux believes MCFG only if the window is reserved here or by a PNP0C02 device.
        add(
                entries,
                AddressMap.ECAM_BASE,
                AddressMap.ECAM_BASE + AddressMap.ECAM_SIZE,
                Type.RESERVED);
        add(entries, AddressMap.IOAPIC_BASE, AddressMap.ROM_END, Type.RESERVED);
        add(
                entries,
                AddressMap.HIGH_RAM_BASE,
                AddressMap.HIGH_RAM_BASE + memory.highSize(),
                Type.USABLE);
        return new E820Map(entries);
    }

    private static void add(List<Entry> entries, long base, long end, Type type) {
        if (end > base) {
            entries.add(new Entry(base, end - base, type));
        }
    }

    /** The usable ranges, by ascending address. */
    public List<Entry> usable() {
        return entries.stream().filter(entry -> entry.type() == Type.USABLE).toList();
    }
}
