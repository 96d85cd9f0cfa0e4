package org.jvisor.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jvisor.firmware.BootContext.Loaded;
import org.jvisor.firmware.layout.E820Map;
import org.jvisor.vmm.api.VcpuState;

/**
 * Enters a kernel by the Xen PVH protocol (Xen: docs/misc/pvh.pandoc, public/arch-x86/hvm/
 * start_info.h): 32-bit protected mode, no paging, EBX pointing to hvm_start_info.
 */
final class PvhLoader {
    static final int START_MAGIC = 0x336e_c578;
    static final int START_INFO_SIZE = 56;
    static final int MODULE_SIZE = 32;
    static final int MAP_ENTRY_SIZE = 24;

    /** COMMAND_LINE_SIZE of Linux, less the terminator; a longer line would be cut silently. */
    private static final int COMMAND_LINE_SIZE = 2047;

    private PvhLoader() {}

    static LoadedGuest load(BootContext context, ElfHeader header, long entry)
            throws BootException {
        if (header.linkedHigh()) {
            context.checkCommandLine(COMMAND_LINE_SIZE);
        }
        ElfLoader.load(context.file(), header, context.space());
        GuestSpace space = context.space();
        List<E820Map.Entry> map = context.map().entries();
        long commandLine = context.writeCommandLine();
        long rsdp = context.writeTables();
        Loaded module = context.loadInitrd(GuestSpace.LIMIT_32_BIT);
        int size = START_INFO_SIZE + MODULE_SIZE + map.size() * MAP_ENTRY_SIZE;
        long info = space.require(size, 16, context.tried(), "the PVH start info");
        long modules = info + START_INFO_SIZE;
        long memoryMap = modules + MODULE_SIZE;

        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(START_MAGIC).putInt(1).putInt(0).putInt(module == null ? 0 : 1);
        out.putLong(module == null ? 0 : modules).putLong(commandLine).putLong(rsdp);
        out.putLong(memoryMap).putInt(map.size()).putInt(0);
        out.putLong(module == null ? 0 : module.address());
        out.putLong(module == null ? 0 : module.size()).putLong(0).putLong(0);
        for (E820Map.Entry range : map) {
            out.putLong(range.base()).putLong(range.size());
            out.putInt(range.type().code()).putInt(0);
        }
        context.memory().write(info, out.array());

        long gdt = space.require(EntryState.GDT_SIZE, 16, context.tried(), "the GDT");
        VcpuState state = EntryState.protectedMode32(context.memory(), gdt, entry);
        state.gpr[3] = info; // RBX
        return new LoadedGuest(
                state,
                LoadedGuest.Kind.PVH,
                "ELF kernel entered at %#x by its PVH note".formatted(entry));
    }
}
