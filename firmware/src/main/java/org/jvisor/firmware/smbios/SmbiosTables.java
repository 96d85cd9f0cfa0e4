package org.jvisor.firmware.smbios;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;

/**
 * The SMBIOS 3 entry point and structures of a board (DSP0134 3.3): BIOS, system, chassis, one
 * processor structure for each CPU, memory, boot status. CPUs beyond {@link #MAX_PROCESSORS} are
 * left out: the guest counts its CPUs by ACPI.
 */
public final class SmbiosTables {
    /** The most processor structures. */
    public static final int MAX_PROCESSORS = 255;

    private static final int ENTRY_SIZE = 24;
    private static final int MAX_STRUCTURE = 128;

    private static final String VENDOR = "jvisor";
    private static final String PRODUCT = "Virtual PC";
    private static final String VERSION = "1";

    /** Handles: the type in the high byte, a counter in the low one. */
    private static final int HANDLE_CHASSIS = 0x300, HANDLE_MEMORY_ARRAY = 0x1000;

    private static final int UNKNOWN = 2, OTHER = 1, NO_HANDLE = 0xffff, NOT_PROVIDED = 0xfffe;

    private final ByteArrayOutputStream structures = new ByteArrayOutputStream();
    private final BoardDescription board;

    private SmbiosTables(BoardDescription board) {
        this.board = board;
    }

    /**
     * Builds entry point and structures as one block.
     *
     * @param board what they describe
     * @param base guest-physical address of the block, a multiple of 16; a guest looks for it from
     *     0xf0000 to 0xfffff
     */
    public static byte[] build(BoardDescription board, long base) {
        SmbiosTables tables = new SmbiosTables(board);
        tables.bios();
        tables.system();
        tables.chassis();
        for (int cpu = 0; cpu < Math.min(board.cpus(), MAX_PROCESSORS); cpu++) {
            tables.processor(cpu);
        }
        tables.memory();
        tables.bootStatus();
        tables.end();
        byte[] structures = tables.structures.toByteArray();
        ByteBuffer out =
                ByteBuffer.allocate(ENTRY_SIZE + structures.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(ascii("_SM3_")).put((byte) 0).put((byte) ENTRY_SIZE);
        out.put((byte) 3).put((byte) 3).put((byte) 0).put((byte) 1).put((byte) 0);
        out.putInt(structures.length).putLong(base + ENTRY_SIZE).put(structures);
        byte[] image = out.array();
        int sum = 0;
        for (int i = 0; i < ENTRY_SIZE; i++) {
            sum += image[i];
        }
        image[5] = (byte) -sum;
        return image;
    }

    /** Type 0 (§7.1). */
    private void bios() {
        ByteBuffer out = start(0, 0);
        out.put(string(1)).put(string(2)).putShort((short) 0xe000).put(string(3)).put((byte) 0);
        out.putLong(1 << 3); // characteristics are not supported
        // ACPI; virtual machine (§7.1.2.2).
        out.put((byte) 1).put((byte) (1 << 4));
        out.put((byte) 0).put((byte) 0).put((byte) 0xff).put((byte) 0xff).putShort((short) 0);
        finish(out, VENDOR, VERSION, "01/01/2026");
    }

    /** Type 1 (§7.2). */
    private void system() {
        ByteBuffer out = start(1, 0x100);
        out.put(string(1)).put(string(2)).put(string(3)).put((byte) 0);
        long high = board.uuid().getMostSignificantBits();
        // §7.2.1: the first three fields are little-endian, the rest is in network order.
        out.putInt((int) (high >>> 32)).putShort((short) (high >>> 16)).putShort((short) high);
        out.putLong(Long.reverseBytes(board.uuid().getLeastSignificantBits()));
        byte powerSwitch = 6;
        out.put(powerSwitch).put((byte) 0).put((byte) 0);
        finish(out, VENDOR, PRODUCT, VERSION);
    }

    /** Type 3 (§7.4). */
    private void chassis() {
        ByteBuffer out = start(3, HANDLE_CHASSIS);
        byte safe = 3;
        out.put(string(1)).put((byte) OTHER).put(string(2)).put((byte) 0).put((byte) 0);
        out.put(safe).put(safe).put(safe).put((byte) UNKNOWN).putInt(0);
        out.put((byte) 0).put((byte) 0).put((byte) 0).put((byte) 0).put((byte) 0);
        finish(out, VENDOR, VERSION);
    }

    /** Type 4 (§7.5): one socket for each CPU. */
    private void processor(int cpu) {
        ByteBuffer out = start(4, 0x400 + cpu);
        byte centralProcessor = 3;
        byte legacyVoltage = 0;
        byte populatedAndEnabled = 0x41;
        out.put(string(1)).put(centralProcessor).put((byte) OTHER).put(string(2)).putLong(0);
        out.put(string(3)).put(legacyVoltage).putShort((short) 0).putShort((short) 0);
        out.putShort((short) 0).put(populatedAndEnabled).put((byte) OTHER);
        out.putShort((short) NO_HANDLE).putShort((short) NO_HANDLE).putShort((short) NO_HANDLE);
        out.put((byte) 0).put((byte) 0).put((byte) 0);
        out.put((byte) 1).put((byte) 1).put((byte) 1); // cores, enabled cores, threads
        out.putShort((short) (1 << 2)); // 64-bit capable
        out.putShort((short) OTHER).putShort((short) 1).putShort((short) 1).putShort((short) 1);
        finish(out, "CPU " + cpu, VENDOR, VERSION);
    }

    /** Types 16, 17 and 19 (§7.17, §7.18, §7.20): one memory module with all RAM. */
    private void memory() {
        long size = board.memory().memory();
        byte systemBoard = 3;
        byte systemMemory = 3;
        byte noCorrection = 3;
        ByteBuffer array = start(16, HANDLE_MEMORY_ARRAY);
        array.put(systemBoard).put(systemMemory).put(noCorrection).putInt(0x8000_0000);
        array.putShort((short) NOT_PROVIDED).putShort((short) 1).putLong(size);
        finish(array);

        long mib = Math.max(1, size >> 20);
        byte dimm = 9;
        byte ram = 7;
        ByteBuffer device = start(17, 0x1100);
        device.putShort((short) HANDLE_MEMORY_ARRAY).putShort((short) NOT_PROVIDED);
        device.putShort((short) -1).putShort((short) -1); // widths unknown
        device.putShort((short) (mib < 0x7fff ? mib : 0x7fff)).put(dimm).put((byte) 0);
        device.put(string(1)).put((byte) 0).put(ram).putShort((short) (1 << 1));
        device.putShort((short) 0).put(string(2)).put((byte) 0).put((byte) 0).put((byte) 0);
        device.put((byte) 0).putInt((int) mib).putShort((short) 0);
        device.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        finish(device, "DIMM 0", VENDOR);

        int index = 0;
        for (AddressMap.Range range : board.memory().ram()) {
            ByteBuffer mapped = start(19, 0x1300 + index++);
            mapped.putInt(-1).putInt(-1).putShort((short) HANDLE_MEMORY_ARRAY).put((byte) 1);
            mapped.putLong(range.base()).putLong(range.end() - 1);
            finish(mapped);
        }
    }

    /** Type 32 (§7.33): no errors. */
    private void bootStatus() {
        ByteBuffer out = start(32, 0x2000);
        out.put(new byte[6]).put((byte) 0);
        finish(out);
    }

    /** Type 127 (§7.45). */
    private void end() {
        finish(start(127, 0x7f00));
    }

    private static ByteBuffer start(int type, int handle) {
        ByteBuffer out = ByteBuffer.allocate(MAX_STRUCTURE).order(ByteOrder.LITTLE_ENDIAN);
        return out.put((byte) type).put((byte) 0).putShort((short) handle);
    }

    /** A reference to the n-th string of a structure. */
    private static byte string(int number) {
        return (byte) number;
    }

    /** Ends a structure: its length, its strings, and the empty string that ends those. */
    private void finish(ByteBuffer out, String... strings) {
        out.put(1, (byte) out.position());
        byte[] formatted = new byte[out.position()];
        out.get(0, formatted);
        structures.writeBytes(formatted);
        for (String string : strings) {
            structures.writeBytes(ascii(string));
            structures.write(0);
        }
        if (strings.length == 0) {
            structures.write(0);
        }
        structures.write(0);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
