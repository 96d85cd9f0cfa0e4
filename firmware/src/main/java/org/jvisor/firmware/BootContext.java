package org.jvisor.firmware;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.acpi.AcpiTables;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.firmware.layout.E820Map;
import org.jvisor.firmware.smbios.SmbiosTables;
import org.jvisor.vmm.api.GuestMemory;

/**
 * One boot being prepared, and the steps every boot protocol shares.
 *
 * @param space what is free
 * @param map the guest's memory map
 * @param board what the tables describe
 * @param request what the user asked for
 * @param file the kernel
 */
record BootContext(
        GuestSpace space,
        E820Map map,
        BoardDescription board,
        BootRequest request,
        ImageFile file) {

    /**
     * A file in guest memory.
     *
     * @param address guest-physical
     * @param size bytes
     */
    record Loaded(long address, long size) {}

    static BootContext create(
            GuestMemory memory, BoardDescription board, BootRequest request, ImageFile file) {
        E820Map map = E820Map.of(board.memory());
        return new BootContext(new GuestSpace(memory, map), map, board, request, file);
    }

    GuestMemory memory() {
        return space.memory();
    }

    String tried() {
        return file.tried();
    }

    /**
     * Writes the ACPI and SMBIOS tables, if the guest has the memory for them.
     *
     * @return the RSDP's address, or 0
     */
    long writeTables() {
        long base = AddressMap.ACPI_BASE;
        if (!memory().contains(base, AddressMap.EXTENDED_BASE - base)) {
            return 0;
        }
        AcpiTables acpi = AcpiTables.build(board, base, AddressMap.SMBIOS_BASE);
        memory().write(base, acpi.image());
        memory().write(AddressMap.SMBIOS_BASE, SmbiosTables.build(board, AddressMap.SMBIOS_BASE));
        return acpi.rsdp();
    }

    /** The command line as the kernel gets it, without its terminator. */
    byte[] commandLine() {
        return request.commandLine().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Checks the command line's length.
     *
     * @param limit bytes the kernel takes, the terminator not counted
     */
    void checkCommandLine(long limit) throws BootException {
        if (commandLine().length > limit) {
            throw new BootException(
                    Reason.COMMAND_LINE_TOO_LONG,
                    tried(),
                    "the command line has %d bytes, and this kernel takes at most %d"
                            .formatted(commandLine().length, limit),
                    "shorten it");
        }
    }

    /** Writes the command line with its terminator and returns its address. */
    long writeCommandLine() throws BootException {
        byte[] line = commandLine();
        long at = space.require(line.length + 1L, 16, tried(), "the command line");
        memory().write(at, line);
        memory().writeByte(at + line.length, 0);
        return at;
    }

    /**
     * Loads the initrd as high as it may be, so that it is out of the kernel's way.
     *
     * @param limit the address it must end at or before
     * @return null if none was asked for
     */
    @Nullable Loaded loadInitrd(long limit) throws BootException {
        Path path = request.initrd();
        if (path == null) {
            return null;
        }
        try (ImageFile initrd = ImageFile.open(path, "initrd")) {
            long size = initrd.size();
            if (size == 0) {
                throw new BootException(
                        Reason.TRUNCATED,
                        initrd.tried(),
                        "the file is empty",
                        "copy or download it again, or boot without an initrd");
            }
            OptionalLong at = space.high(size, GuestMemory.PAGE_SIZE, limit, "the initrd");
            if (at.isEmpty()) {
                throw new BootException(
                        Reason.DOES_NOT_FIT,
                        initrd.tried(),
                        "it has %d bytes, more than the %d MiB of guest memory have room for beside the kernel"
                                .formatted(size, board.memory().memory() >> 20),
                        "give the guest more memory or use a smaller initrd");
            }
            initrd.copyTo(0, size, "contents", memory(), at.getAsLong());
            return new Loaded(at.getAsLong(), size);
        }
    }
}
