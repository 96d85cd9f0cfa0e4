package org.jvisor.firmware;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.BootRequest.Unpack;
import org.jvisor.firmware.acpi.AcpiTables;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.firmware.layout.E820Map;
import org.jvisor.firmware.payload.Initramfs;
import org.jvisor.firmware.payload.PayloadException;
import org.jvisor.firmware.payload.Sink;
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

    /** The largest file that is read to be unpacked. */
    private static final long MAX_PACKED = 256 << 20;

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
     * Loads Linux's initial RAM file system, unpacked if the host can: the guest would take several
     * times as long. It stays packed if it needs more than a quarter of the memory unpacked, for
     * the kernel holds it twice while it copies the files.
     *
     * @param limit the address it must end at or before
     * @return null if none was asked for
     */
    @Nullable Loaded loadInitramfs(long limit) throws BootException {
        Path path = request.initrd();
        long room = board.memory().memory() / 4 / GuestMemory.PAGE_SIZE * GuestMemory.PAGE_SIZE;
        if (path == null || request.unpack() == Unpack.GUEST || room == 0) {
            return loadInitrd(limit);
        }
        byte[] packed;
        try (ImageFile initrd = ImageFile.open(path, "initrd")) {
            if (initrd.size() > Math.min(room, MAX_PACKED)) {
                return loadInitrd(limit);
            }
            packed = initrd.read(0, initrd.size(), "contents");
        }
        OptionalLong at = space.high(room, GuestMemory.PAGE_SIZE, limit, "the initrd");
        long size = at.isEmpty() ? 0 : unpack(packed, at.getAsLong(), room);
        if (at.isPresent()) {
            space.shrink(at.getAsLong(), size);
        }
        return size == 0 ? loadInitrd(limit) : new Loaded(at.getAsLong(), size);
    }

    /** Unpacks to guest memory; 0 if that is better left to the kernel. */
    private long unpack(byte[] packed, long address, long room) {
        MemorySink sink = new MemorySink(memory(), address, room);
        try {
            return Initramfs.unpack(packed, sink);
        } catch (PayloadException | MemorySink.FullException e) {
            return 0; // the kernel tells what is wrong with it, or understands it
        }
    }

    /** Guest memory filled from its start. */
    private static final class MemorySink implements Sink<MemorySink.FullException> {
        /** There is no room for all. */
        static final class FullException extends Exception {
            private static final long serialVersionUID = 1;
        }

        private final GuestMemory memory;
        private final long end;
        private long at;

        MemorySink(GuestMemory memory, long address, long room) {
            this.memory = memory;
            this.at = address;
            this.end = address + room;
        }

        @Override
        public void accept(byte[] bytes, int offset, int length) throws FullException {
            if (length > end - at) {
                throw new FullException();
            }
            memory.write(at, MemorySegment.ofArray(bytes).asSlice(offset, length));
            at += length;
        }
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
