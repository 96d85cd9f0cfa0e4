package org.jvisor.firmware;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.vmm.api.GuestMemory;

/** A guest's memory, and files to boot in it. */
final class TestGuest {
    static final long MIB = 1 << 20;

    final GuestMemory memory;
    final BoardDescription board;
    private final Path folder;
    private int files;

    TestGuest(Path folder, long mebibytes) {
        this.folder = folder;
        long size = mebibytes * MIB;
        memory =
                new GuestMemory(
                        List.of(
                                new GuestMemory.Region(
                                        0, Arena.ofAuto().allocate(size, 4096), false)));
        board = BoardDescription.standard(1, new AddressMap(size));
    }

    Path file(byte[] contents) {
        try {
            return Files.write(folder.resolve("file" + files++), contents);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    LoadedGuest load(BootRequest request) throws BootException {
        return DirectBoot.load(memory, board, request);
    }

    LoadedGuest load(byte[] kernel) throws BootException {
        return load(BootRequest.of(file(kernel)));
    }

    String text(long address) {
        long end = address;
        while (memory.readByte(end) != 0) {
            end++;
        }
        return new String(memory.read(address, (int) (end - address)), StandardCharsets.UTF_8);
    }

    /** What went wrong when loading. */
    BootException failure(BootRequest request) {
        try {
            LoadedGuest loaded = load(request);
            throw new AssertionError("it was loaded: " + loaded.description());
        } catch (BootException e) {
            return e;
        }
    }

    BootException failure(byte[] kernel) {
        return failure(BootRequest.of(file(kernel)));
    }
}
