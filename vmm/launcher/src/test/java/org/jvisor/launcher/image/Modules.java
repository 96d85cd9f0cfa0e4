package org.jvisor.launcher.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Makes kernel modules for tests: ELF files with a .modinfo section and no code. */
final class Modules {
    private Modules() {}

    /** A module whose .modinfo section has these lines. */
    static byte[] module(String... information) {
        byte[] info = (String.join("\0", information) + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] names = "\0.modinfo\0.shstrtab\0".getBytes(StandardCharsets.US_ASCII);
        int table = 64 + info.length + names.length;
        ByteBuffer elf = ByteBuffer.allocate(table + 3 * 64).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
        elf.putLong(40, table).putShort(58, (short) 64).putShort(60, (short) 3);
        elf.putShort(62, (short) 2);
        elf.put(64, info).put(64 + info.length, names);
        elf.putInt(table + 64, 1).putLong(table + 64 + 24, 64);
        elf.putLong(table + 64 + 32, info.length);
        elf.putInt(table + 128, 10).putLong(table + 128 + 24, 64 + info.length);
        elf.putLong(table + 128 + 32, names.length);
        return elf.array();
    }
}
