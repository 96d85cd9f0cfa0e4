package org.jvisor.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.layout.E820Map;

/**
 * The boot parameters Linux is entered with (Linux: Documentation/arch/x86/zero-page.rst): a page
 * of zeroes but for what is set here. The screen fields stay zero, which means there is no VGA
 * console.
 */
final class ZeroPage {
    static final int SIZE = 4096;
    static final int ACPI_RSDP_ADDR = 0x070;
    static final int EXT_RAMDISK_IMAGE = 0x0c0;
    static final int EXT_RAMDISK_SIZE = 0x0c4;
    static final int EXT_CMD_LINE_PTR = 0x0c8;
    static final int E820_ENTRIES = 0x1e8;
    static final int E820_TABLE = 0x2d0;
    static final int E820_MAX = 128;

    /** A loader without an assigned number. */
    private static final byte LOADER_UNDEFINED = (byte) 0xff;

    private static final short VIDEO_NORMAL = (short) 0xffff;

    private final byte[] page = new byte[SIZE];
    private final ByteBuffer out = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);

    /**
     * Starts a page.
     *
     * @param header the kernel's own, or null for a vmlinux, which has none
     */
    ZeroPage(@Nullable SetupHeader header) {
        if (header != null) {
            header.copyTo(page);
        } else {
            out.putShort(SetupHeader.BOOT_FLAG, (short) SetupHeader.BOOT_FLAG_VALUE);
            out.putInt(SetupHeader.HEADER, SetupHeader.MAGIC);
            out.putShort(SetupHeader.VERSION, (short) 0x20f);
            page[SetupHeader.LOADFLAGS] = 1; // LOADED_HIGH
            out.putInt(SetupHeader.KERNEL_ALIGNMENT, 0x100_0000);
        }
        page[SetupHeader.TYPE_OF_LOADER] = LOADER_UNDEFINED;
        out.putShort(SetupHeader.VID_MODE, VIDEO_NORMAL);
    }

    void commandLine(long address, int length) {
        out.putInt(SetupHeader.CMD_LINE_PTR, (int) address);
        out.putInt(EXT_CMD_LINE_PTR, (int) (address >>> 32));
        if (out.getInt(SetupHeader.CMDLINE_SIZE) == 0) {
            out.putInt(SetupHeader.CMDLINE_SIZE, length);
        }
    }

    void initrd(long address, long size) {
        out.putInt(SetupHeader.RAMDISK_IMAGE, (int) address);
        out.putInt(SetupHeader.RAMDISK_SIZE, (int) size);
        out.putInt(EXT_RAMDISK_IMAGE, (int) (address >>> 32));
        out.putInt(EXT_RAMDISK_SIZE, (int) (size >>> 32));
    }

    void rsdp(long address) {
        out.putLong(ACPI_RSDP_ADDR, address);
    }

    void memoryMap(E820Map map) {
        List<E820Map.Entry> entries = map.entries();
        if (entries.size() > E820_MAX) {
            throw new IllegalArgumentException("a zero page holds " + E820_MAX + " E820 entries");
        }
        page[E820_ENTRIES] = (byte) entries.size();
        int at = E820_TABLE;
        for (E820Map.Entry entry : entries) {
            out.putLong(at, entry.base());
            out.putLong(at + 8, entry.size());
            out.putInt(at + 16, entry.type().code());
            at += 20;
        }
    }

    byte[] bytes() {
        return page;
    }
}
