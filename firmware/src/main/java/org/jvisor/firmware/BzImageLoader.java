package org.jvisor.firmware;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.BootRequest.Unpack;
import org.jvisor.firmware.payload.Compression;
import org.jvisor.firmware.payload.PayloadException;
import org.jvisor.vmm.api.VcpuState;

/**
 * Loads a bzImage. The kernel proper is an ELF file packed inside; the host unpacks it straight to
 * where it is linked to run and enters it there, which takes a fraction of the time the guest's own
 * unpacking would take. Nothing is relocated, so there is no KASLR. What the host cannot unpack is
 * left to the kernel's own code, entered at its 64-bit entry.
 */
final class BzImageLoader {
    /** The 64-bit entry, from the start of the protected-mode code (boot.rst). */
    private static final long ENTRY_64 = 0x200;

    /** A kernel is not put where the first MiB's structures are. */
    private static final long LOWEST = 0x10_0000;

    private BzImageLoader() {}

    static LoadedGuest load(BootContext context, SetupHeader header) throws BootException {
        header.check(context.tried());
        checkComplete(context, header);
        context.checkCommandLine(header.commandLineSize());
        byte[] payload = readPayload(context, header);
        Compression compression = Compression.detect(payload, 0, payload.length);
        boolean onHost =
                context.request().unpack() == Unpack.AUTO
                        && compression != null
                        && compression.supported();
        if (onHost && compression != null) {
            return unpacked(context, header, payload, compression);
        }
        return packed(context, header, compression);
    }

    private static void checkComplete(BootContext context, SetupHeader header)
            throws BootException {
        long end = header.setupSize() + header.systemSize();
        long size = context.file().size();
        // The build rounds the size it states up to 16 bytes, and the file up to at least that.
        if (size < end) {
            throw new BootException(
                    Reason.TRUNCATED,
                    context.tried(),
                    "the file is truncated: it has %d bytes of a kernel of %d".formatted(size, end),
                    "copy or download it again");
        }
    }

    private static byte[] readPayload(BootContext context, SetupHeader header)
            throws BootException {
        return header.payloadLength() == 0
                ? new byte[0]
                : context.file()
                        .read(header.payloadOffset(), header.payloadLength(), "compressed kernel");
    }

    private static LoadedGuest unpacked(
            BootContext context, SetupHeader header, byte[] payload, Compression compression)
            throws BootException {
        ElfStream kernel = new ElfStream(context.space(), context.tried());
        try {
            compression.unpack(payload, 0, payload.length, kernel);
        } catch (PayloadException e) {
            throw new BootException(
                    Reason.DAMAGED,
                    context.tried(),
                    "its compressed kernel cannot be unpacked (" + e.getMessage() + ")",
                    "copy, download or reinstall it");
        }
        long entry = kernel.finish().physicalEntry();
        VcpuState state = LinuxLoader.enter(context, header, entry);
        return new LoadedGuest(
                state,
                LoadedGuest.Kind.BZIMAGE,
                "bzImage (boot protocol %d.%02d, %s) unpacked by the host, entered at %#x"
                        .formatted(
                                header.version() >> 8,
                                header.version() & 0xff,
                                compression.label(),
                                entry));
    }

    private static LoadedGuest packed(
            BootContext context, SetupHeader header, @Nullable Compression compression)
            throws BootException {
        if (header.version() < 0x20c) {
            throw new BootException(
                    Reason.UNSUPPORTED,
                    context.tried(),
                    "its compression is unknown and its boot protocol %d.%02d has no 64-bit entry"
                            .formatted(header.version() >> 8, header.version() & 0xff),
                    "use a newer kernel, or its uncompressed vmlinux");
        }
        long size = context.file().size() - header.setupSize();
        long room = Math.max(header.initSize(), size);
        long address = place(context, header, room);
        context.file().copyTo(header.setupSize(), size, "kernel", context.memory(), address);
        VcpuState state = LinuxLoader.enter(context, header, address + ENTRY_64);
        return new LoadedGuest(
                state,
                LoadedGuest.Kind.BZIMAGE,
                "bzImage (boot protocol %d.%02d, %s) to be unpacked by the guest, entered at %#x"
                        .formatted(
                                header.version() >> 8,
                                header.version() & 0xff,
                                compression == null ? "unknown compression" : compression.label(),
                                state.rip));
    }

    /** Where the packed kernel goes: where it prefers, or anywhere if it is relocatable. */
    private static long place(BootContext context, SetupHeader header, long room)
            throws BootException {
        long preferred = header.preferredAddress();
        if (header.relocatable()) {
            OptionalLong at =
                    context.space()
                            .low(
                                    room,
                                    header.alignment(),
                                    Math.max(preferred, LOWEST),
                                    "the kernel");
            if (at.isEmpty()) {
                at = context.space().low(room, header.alignment(), LOWEST, "the kernel");
            }
            if (at.isPresent()) {
                return at.getAsLong();
            }
        }
        context.space().claim(preferred, room, context.tried(), "the kernel");
        return preferred;
    }
}
