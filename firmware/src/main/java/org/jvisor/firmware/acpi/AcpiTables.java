package org.jvisor.firmware.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;

/**
 * All ACPI tables of a board, laid out for one guest-physical address: RSDP first, then FACS, DSDT,
 * FADT, MADT, MCFG, HPET and the XSDT that points to them (ACPI 6.5 §5.2).
 */
public final class AcpiTables {
    private static final int RSDP_SIZE = 36;
    private static final int RSDP_V1_SIZE = 20;
    private static final int FACS_SIZE = 64;

    /** The HPET's ID as its capability register shows it: revision 1, 3 timers, 64 bits. */
    private static final int HPET_ID = 0x8086_a201;

    private final long base;
    private final byte[] image;
    private final Map<String, Long> addresses;

    private AcpiTables(long base, byte[] image, Map<String, Long> addresses) {
        this.base = base;
        this.image = image;
        this.addresses = addresses;
    }

    /**
     * Builds the tables.
     *
     * @param board what they describe
     * @param base guest-physical address, a multiple of 64 below 4 GiB
     * @param limit the address they must end before
     * @throws IllegalArgumentException if they do not: the board has too many devices
     */
    public static AcpiTables build(BoardDescription board, long base, long limit) {
        Map<String, byte[]> tables = new LinkedHashMap<>();
        Map<String, Long> addresses = new LinkedHashMap<>();
        addresses.put("RSDP", base);
        long at = base + RSDP_SIZE;
        at = place(tables, addresses, at, "FACS", facs());
        at = place(tables, addresses, at, "DSDT", SystemTable.of("DSDT", 2, Dsdt.build(board)));
        byte[] fadt = Fadt.build(board, address(addresses, "FACS"), address(addresses, "DSDT"));
        at = place(tables, addresses, at, "FACP", SystemTable.of("FACP", Fadt.REVISION, fadt));
        byte[] madt = Madt.build(board);
        at = place(tables, addresses, at, "APIC", SystemTable.of("APIC", Madt.REVISION, madt));
        if (board.pci()) {
            at = place(tables, addresses, at, "MCFG", SystemTable.of("MCFG", 1, mcfg()));
        }
        if (board.hpet()) {
            at = place(tables, addresses, at, "HPET", SystemTable.of("HPET", 1, hpet()));
        }
        byte[] xsdt = SystemTable.of("XSDT", 1, xsdt(addresses));
        at = place(tables, addresses, at, "XSDT", xsdt);
        if (at > limit) {
            throw new IllegalArgumentException(
                    "the ACPI tables of this board need %d bytes, and there is room for %d"
                            .formatted(at - base, limit - base));
        }
        byte[] image = new byte[(int) (at - base)];
        byte[] rsdp = rsdp(address(addresses, "XSDT"));
        System.arraycopy(rsdp, 0, image, 0, rsdp.length);
        tables.forEach(
                (name, table) ->
                        System.arraycopy(
                                table,
                                0,
                                image,
                                (int) (address(addresses, name) - base),
                                table.length));
        return new AcpiTables(base, image, addresses);
    }

    private static long place(
            Map<String, byte[]> tables,
            Map<String, Long> addresses,
            long from,
            String name,
            byte[] table) {
        long at = from + 63 & -64; // the FACS must be aligned so, and it suits the others
        tables.put(name, table);
        addresses.put(name, at);
        return at + table.length;
    }

    private static long address(Map<String, Long> addresses, String name) {
        Long address = addresses.get(name);
        if (address == null) {
            throw new IllegalArgumentException("there is no ACPI table " + name);
        }
        return address;
    }

    /** Root system description pointer, revision 2 (§5.2.5.3). */
    private static byte[] rsdp(long xsdt) {
        ByteBuffer out = ByteBuffer.allocate(RSDP_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        out.put(SystemTable.ascii("RSD PTR ")).put((byte) 0).put(SystemTable.oemId());
        out.put((byte) 2).putInt(0).putInt(RSDP_SIZE).putLong(xsdt);
        byte[] rsdp = out.array();
        rsdp[8] = SystemTable.checksum(rsdp, 0, RSDP_V1_SIZE);
        rsdp[32] = SystemTable.checksum(rsdp, 0, RSDP_SIZE);
        return rsdp;
    }

    /** Firmware ACPI control structure, version 2 (§5.2.10); it has no checksum. */
    private static byte[] facs() {
        ByteBuffer out = ByteBuffer.allocate(FACS_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        out.put(SystemTable.ascii("FACS")).putInt(FACS_SIZE);
        out.put(32, (byte) 2);
        return out.array();
    }

    private static byte[] xsdt(Map<String, Long> addresses) {
        List<Long> pointers = new ArrayList<>();
        addresses.forEach(
                (name, address) -> {
                    if (!List.of("RSDP", "FACS", "DSDT").contains(name)) {
                        pointers.add(address);
                    }
                });
        ByteBuffer out = ByteBuffer.allocate(8 * pointers.size()).order(ByteOrder.LITTLE_ENDIAN);
        pointers.forEach(out::putLong);
        return out.array();
    }

    /** PCI Express memory-mapped configuration (PCI Firmware 3.2 §4.1.2): one segment. */
    private static byte[] mcfg() {
        ByteBuffer out = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(0).putLong(AddressMap.ECAM_BASE).putShort((short) 0);
        out.put((byte) 0).put((byte) (AddressMap.PCI_BUSES - 1)).putInt(0);
        return out.array();
    }

    /** High precision event timer (IA-PC HPET 1.0a §3.2.4). */
    private static byte[] hpet() {
        ByteBuffer out = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
        byte systemMemory = 0;
        byte bits = 64;
        out.putInt(HPET_ID).put(systemMemory).put(bits).put((byte) 0).put((byte) 0);
        out.putLong(AddressMap.HPET_BASE).put((byte) 0).putShort((short) 0x80).put((byte) 0);
        return out.array();
    }

    /** The guest-physical address they are laid out for. */
    public long base() {
        return base;
    }

    /** The guest-physical address of the RSDP. */
    public long rsdp() {
        return base;
    }

    /** All of them, to be written to {@link #base}. */
    public byte[] image() {
        return image.clone();
    }

    /**
     * One table, by its signature.
     *
     * @throws IllegalArgumentException if the board has none of it
     */
    public byte[] table(String signature) {
        int from = (int) (address(addresses, signature) - base);
        int length =
                switch (signature) {
                    case "RSDP" -> RSDP_SIZE;
                    default ->
                            ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).getInt(from + 4);
                };
        return java.util.Arrays.copyOfRange(image, from, from + length);
    }

    /** The signatures of the tables there are, RSDP and FACS included. */
    public List<String> signatures() {
        return List.copyOf(addresses.keySet());
    }
}
