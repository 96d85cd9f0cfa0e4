package org.jvisor.machine.device;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a {@link FwCfg} offers: items by their well-known key, and files by name. To be filled
 * before the device is made; numbers are little-endian but in the directory.
 */
public final class FwCfgItems {
    /** Well-known keys. */
    public static final int SIGNATURE = 0x0000,
            ID = 0x0001,
            UUID = 0x0002,
            RAM_SIZE = 0x0003,
            NO_GRAPHIC = 0x0004,
            CPU_COUNT = 0x0005,
            KERNEL_ADDRESS = 0x0007,
            KERNEL_SIZE = 0x0008,
            INITRD_ADDRESS = 0x000a,
            INITRD_SIZE = 0x000b,
            BOOT_DEVICE = 0x000c,
            NUMA = 0x000d,
            BOOT_MENU = 0x000e,
            MAX_CPUS = 0x000f,
            KERNEL_ENTRY = 0x0010,
            KERNEL_DATA = 0x0011,
            INITRD_DATA = 0x0012,
            CMDLINE_ADDRESS = 0x0013,
            CMDLINE_SIZE = 0x0014,
            CMDLINE_DATA = 0x0015,
            SETUP_ADDRESS = 0x0016,
            SETUP_SIZE = 0x0017,
            SETUP_DATA = 0x0018,
            FILE_DIRECTORY = 0x0019,
            IRQ0_OVERRIDE = 0x8002;

    private static final int FIRST_FILE = 0x20;
    private static final int MOST_FILES = 0x3fe0;
    private static final int NAME_SIZE = 56;

    /** Traditional access, and DMA. */
    private static final int FEATURES = 3;

    private final TreeMap<Integer, MemorySegment> items = new TreeMap<>();
    private final TreeMap<String, MemorySegment> files = new TreeMap<>();

    /**
     * Makes the set with what every board has.
     *
     * @param ramBelow4g bytes of RAM from 0; what SeaBIOS takes {@link #RAM_SIZE} for
     * @param cpus 1 or more
     */
    public FwCfgItems(long ramBelow4g, int cpus) {
        put(SIGNATURE, "QEMU".getBytes(StandardCharsets.US_ASCII));
        putInt(ID, FEATURES);
        putLong(RAM_SIZE, ramBelow4g);
        putShort(CPU_COUNT, cpus);
        putShort(MAX_CPUS, cpus);
        putShort(NO_GRAPHIC, 1);
        putShort(BOOT_MENU, 0);
        putInt(IRQ0_OVERRIDE, 1); // the PIT is the I/O APIC's input 2
        putLong(NUMA, 0); // no nodes
    }

    /** Sets an item; a segment may be any size and must stay alive as long as the machine. */
    public FwCfgItems put(int key, MemorySegment content) {
        items.put(key, content.asReadOnly());
        return this;
    }

    /** Sets an item. */
    public FwCfgItems put(int key, byte[] content) {
        return put(key, MemorySegment.ofArray(content.clone()));
    }

    /** Sets an item of 2 bytes. */
    public FwCfgItems putShort(int key, int value) {
        return put(key, littleEndian(value, 2));
    }

    /** Sets an item of 4 bytes. */
    public FwCfgItems putInt(int key, int value) {
        return put(key, littleEndian(value, 4));
    }

    /** Sets an item of 8 bytes. */
    public FwCfgItems putLong(int key, long value) {
        return put(key, littleEndian(value, 8));
    }

    private static byte[] littleEndian(long value, int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (value >>> i * 8);
        }
        return bytes;
    }

    /**
     * Adds a file.
     *
     * @param name such as {@code "etc/e820"}, at most 55 bytes of ASCII
     * @throws IllegalArgumentException if the name is too long or taken
     */
    public FwCfgItems putFile(String name, byte[] content) {
        if (name.isEmpty() || name.length() >= NAME_SIZE) {
            throw new IllegalArgumentException(
                    "the fw_cfg file name '%s' is not 1 to 55 bytes long".formatted(name));
        }
        if (files.size() == MOST_FILES
                || files.putIfAbsent(name, MemorySegment.ofArray(content.clone())) != null) {
            throw new IllegalArgumentException("there is a fw_cfg file '" + name + "' already");
        }
        return this;
    }

    /**
     * Adds the memory map as the file {@code etc/e820}.
     *
     * @param ranges address, length in bytes and type of each range, one after the other
     */
    public FwCfgItems putE820(long... ranges) {
        if (ranges.length % 3 != 0) {
            throw new IllegalArgumentException("an E820 range has an address, a length and a type");
        }
        byte[] content = new byte[ranges.length / 3 * 20];
        ByteBuffer map = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < ranges.length; i += 3) {
            map.putLong(ranges[i]).putLong(ranges[i + 1]).putInt((int) ranges[i + 2]);
        }
        return putFile("etc/e820", content);
    }

    /** All items by key, files and their directory included. */
    Map<Integer, MemorySegment> all() {
        TreeMap<Integer, MemorySegment> all = new TreeMap<>(items);
        ByteBuffer directory = ByteBuffer.allocate(4 + files.size() * (8 + NAME_SIZE));
        directory.putInt(files.size());
        int key = FIRST_FILE;
        for (Map.Entry<String, MemorySegment> file : files.entrySet()) {
            int next = directory.position() + 8 + NAME_SIZE;
            directory.putInt((int) file.getValue().byteSize());
            directory.putShort((short) key).putShort((short) 0);
            directory.put(file.getKey().getBytes(StandardCharsets.US_ASCII));
            directory.position(next);
            all.put(key++, file.getValue());
        }
        all.put(FILE_DIRECTORY, MemorySegment.ofArray(directory.array()));
        return all;
    }
}
