package org.jvisor.firmware;

import java.util.Objects;
import org.jvisor.firmware.BootRequest.Protocol;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.vmm.api.GuestMemory;

/**
 * Boots a kernel without a BIOS: puts it into guest memory together with all that its boot protocol
 * and the board's firmware would have left there (command line, initrd, memory map, ACPI and SMBIOS
 * tables), and says in which state the boot CPU starts.
 */
public final class DirectBoot {
    private DirectBoot() {}

    /**
     * Fills guest memory. No CPU may run meanwhile. It may be repeated to reset a machine: all that
     * a kernel relies on is written again.
     *
     * @param memory with RAM as {@code board.memory()} lays it out
     * @param board what the guest is told about
     * @param request what to boot
     * @return the boot CPU's state
     * @throws BootException if that is not possible; guest memory may be partly written
     */
    public static LoadedGuest load(GuestMemory memory, BoardDescription board, BootRequest request)
            throws BootException {
        try (ImageFile file = ImageFile.open(request.kernel(), "kernel")) {
            BootContext context = BootContext.create(memory, board, request, file);
            if (request.protocol() == Protocol.FLAT) {
                return FlatLoader.load(context, Objects.requireNonNull(request.flat()));
            }
            return switch (BootImage.detect(file, request.protocol())) {
                case BootImage.BzImage(SetupHeader header) -> BzImageLoader.load(context, header);
                case BootImage.Vmlinux(ElfHeader header) -> LinuxLoader.vmlinux(context, header);
                case BootImage.Pvh(ElfHeader header, long entry) ->
                        PvhLoader.load(context, header, entry);
                case BootImage.Multiboot image -> MultibootLoader.load(context, image);
            };
        }
    }
}
