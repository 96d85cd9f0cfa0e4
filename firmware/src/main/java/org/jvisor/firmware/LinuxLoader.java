package org.jvisor.firmware;

import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootContext.Loaded;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.VcpuState;

/**
 * Enters Linux by its 64-bit boot protocol (Linux: Documentation/arch/x86/boot.rst, "64-bit Boot
 * Protocol"): identity-mapped long mode, RSI pointing to the zero page, interrupts off.
 */
final class LinuxLoader {
    /** COMMAND_LINE_SIZE of x86, less the terminator, for kernels that cannot tell. */
    private static final int COMMAND_LINE_SIZE = 2047;

    /** Where an initrd may end for kernels that cannot tell. */
    private static final long INITRD_LIMIT = 0x8000_0000L;

    private LinuxLoader() {}

    /** Loads an ELF file and enters it at its entry point. */
    static LoadedGuest vmlinux(BootContext context, ElfHeader header) throws BootException {
        if (header.machine() != ElfHeader.EM_X86_64) {
            throw new BootException(
                    Reason.NOT_64_BIT,
                    context.tried(),
                    "it is a 32-bit kernel",
                    "use a 64-bit (amd64) kernel");
        }
        context.checkCommandLine(COMMAND_LINE_SIZE);
        ElfLoader.load(context.file(), header, context.space());
        VcpuState state = enter(context, null, header.physicalEntry());
        return new LoadedGuest(
                state,
                LoadedGuest.Kind.VMLINUX,
                "vmlinux entered at %#x by the 64-bit protocol".formatted(state.rip));
    }

    /**
     * Puts all around a kernel that is loaded already.
     *
     * @param setup the bzImage's header, or null
     * @param entry the guest-physical address of the 64-bit entry
     */
    static VcpuState enter(BootContext context, @Nullable SetupHeader setup, long entry)
            throws BootException {
        GuestSpace space = context.space();
        String tried = context.tried();
        long page = space.require(ZeroPage.SIZE, GuestMemory.PAGE_SIZE, tried, "the zero page");
        long tables =
                space.require(
                        EntryState.TABLES_SIZE, GuestMemory.PAGE_SIZE, tried, "the page tables");
        ZeroPage zeroPage = new ZeroPage(setup);
        zeroPage.commandLine(context.writeCommandLine(), context.commandLine().length);
        zeroPage.memoryMap(context.map());
        zeroPage.rsdp(context.writeTables());
        Loaded initrd =
                context.loadInitramfs(setup == null ? INITRD_LIMIT : setup.initrdAddressMax() + 1);
        if (initrd != null) {
            zeroPage.initrd(initrd.address(), initrd.size());
        }
        context.memory().write(page, zeroPage.bytes());
        VcpuState state = EntryState.longMode(context.memory(), tables, entry);
        state.gpr[6] = page; // RSI
        return state;
    }
}
