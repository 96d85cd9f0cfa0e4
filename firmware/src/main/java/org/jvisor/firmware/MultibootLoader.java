package org.jvisor.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jvisor.firmware.BootContext.Loaded;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.E820Map;
import org.jvisor.vmm.api.VcpuState;

/**
 * Boots a Multiboot 1 kernel (Multiboot 0.6.96 §3): 32-bit protected mode without paging, a magic
 * number in EAX, EBX pointing to the boot information. The command line is passed as given, without
 * the kernel's file name before it.
 */
final class MultibootLoader {
    static final int BOOT_MAGIC = 0x2bad_b002;
    static final int INFO_SIZE = 120;
    static final int MODULE_SIZE = 16;
    static final int MAP_ENTRY_SIZE = 24;

    /** Bits of the information's flags: what is valid (§3.3). */
    private static final int MEMORY = 1, COMMAND_LINE = 1 << 2, MODULES = 1 << 3;

    private static final int MEMORY_MAP = 1 << 6, LOADER_NAME = 1 << 9;
    private static final byte[] LOADER = "jvisor\0".getBytes(StandardCharsets.US_ASCII);

    private MultibootLoader() {}

    static LoadedGuest load(BootContext context, BootImage.Multiboot image) throws BootException {
        MultibootHeader header = image.header();
        if (header.unknownDemands() != 0) {
            throw new BootException(
                    Reason.UNSUPPORTED,
                    context.tried(),
                    "its Multiboot header demands features %#x, which do not exist in Multiboot 1"
                            .formatted(header.unknownDemands()),
                    "rebuild it for Multiboot 1");
        }
        ElfHeader elf = image.elf();
        long entry;
        if (elf == null) {
            entry = loadByAddresses(context, header);
        } else {
            ElfLoader.load(context.file(), elf, context.space());
            entry = elf.physicalEntry();
        }
        long info = writeInfo(context);
        long gdt = context.space().require(EntryState.GDT_SIZE, 16, context.tried(), "the GDT");
        VcpuState state = EntryState.protectedMode32(context.memory(), gdt, entry);
        state.gpr[0] = BOOT_MAGIC; // RAX
        state.gpr[3] = info; // RBX
        return new LoadedGuest(
                state,
                LoadedGuest.Kind.MULTIBOOT,
                "Multiboot kernel (%s) entered at %#x"
                        .formatted(elf == null ? "addresses in its header" : "ELF", entry));
    }

    /** Loads the image where its header says (§3.1.3). */
    private static long loadByAddresses(BootContext context, MultibootHeader header)
            throws BootException {
        ImageFile file = context.file();
        long offset = header.offset() - (header.headerAddress() - header.loadAddress());
        long loaded =
                header.loadEnd() == 0
                        ? file.size() - offset
                        : header.loadEnd() - header.loadAddress();
        long end = Math.max(header.bssEnd(), header.loadAddress() + loaded);
        if (offset < 0 || offset > header.offset() || loaded <= 0) {
            throw new BootException(
                    Reason.NOT_A_KERNEL,
                    context.tried(),
                    "the addresses in its Multiboot header contradict each other (header %#x, load %#x to %#x)"
                            .formatted(
                                    header.headerAddress(), header.loadAddress(), header.loadEnd()),
                    "rebuild it");
        }
        long total = end - header.loadAddress();
        context.space().claim(header.loadAddress(), total, context.tried(), "the kernel");
        file.copyTo(offset, loaded, "image", context.memory(), header.loadAddress());
        if (total > loaded) {
            context.memory().slice(header.loadAddress() + loaded, total - loaded).fill((byte) 0);
            context.memory().written(header.loadAddress() + loaded, total - loaded);
        }
        return header.entry();
    }

    private static long writeInfo(BootContext context) throws BootException {
        List<E820Map.Entry> map = context.map().entries();
        long commandLine = context.writeCommandLine();
        context.writeTables();
        Loaded module = context.loadInitrd(GuestSpace.LIMIT_32_BIT);
        Path initrd = context.request().initrd();
        byte[] moduleName =
                ((initrd == null ? "" : initrd.toString()) + "\0").getBytes(StandardCharsets.UTF_8);
        int size =
                INFO_SIZE
                        + MODULE_SIZE
                        + map.size() * MAP_ENTRY_SIZE
                        + LOADER.length
                        + moduleName.length;
        long info = context.space().require(size, 16, context.tried(), "the Multiboot information");
        int modulesAt = INFO_SIZE;
        int mapAt = modulesAt + MODULE_SIZE;
        int loaderAt = mapAt + map.size() * MAP_ENTRY_SIZE;
        int nameAt = loaderAt + LOADER.length;

        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(
                0,
                MEMORY | COMMAND_LINE | MEMORY_MAP | LOADER_NAME | (module == null ? 0 : MODULES));
        long low = context.board().memory().lowSize();
        out.putInt(4, (int) (Math.min(low, AddressMap.EBDA_BASE) >> 10));
        out.putInt(8, (int) (Math.max(0, low - AddressMap.EXTENDED_BASE) >> 10));
        out.putInt(16, (int) commandLine);
        if (module != null) {
            out.putInt(20, 1).putInt(24, (int) info + modulesAt);
            out.putInt(modulesAt, (int) module.address());
            out.putInt(modulesAt + 4, (int) (module.address() + module.size()));
            out.putInt(modulesAt + 8, (int) info + nameAt);
        }
        out.putInt(44, map.size() * MAP_ENTRY_SIZE).putInt(48, (int) info + mapAt);
        out.putInt(64, (int) info + loaderAt);
        int at = mapAt;
        for (E820Map.Entry range : map) {
            // The size field does not count itself (§3.3).
            out.putInt(at, MAP_ENTRY_SIZE - 4).putLong(at + 4, range.base());
            out.putLong(at + 12, range.size()).putInt(at + 20, range.type().code());
            at += MAP_ENTRY_SIZE;
        }
        out.put(loaderAt, LOADER).put(nameAt, moduleName);
        context.memory().write(info, out.array());
        return info;
    }
}
