package org.jvisor.firmware;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.VcpuState;

/**
 * A PC BIOS such as SeaBIOS. The machine makes a read-only region of {@link #size} bytes at {@link
 * #base}, which ends at 4 GiB, and calls {@link #install}; the last 128 KiB also go to RAM below 1
 * MiB, where the BIOS expects itself. That copy stays writable: a board without a chipset that
 * write-protects it needs no more. Every CPU starts in the reset state, at the reset vector in the
 * ROM's last 16 bytes.
 */
public final class BiosImage {
    private static final long MIN_SIZE = 64 << 10;
    private static final long MAX_SIZE = 16 << 20;
    private static final long MAX_SHADOW = 128 << 10;

    private final byte[] image;

    private BiosImage(byte[] image) {
        this.image = image;
    }

    /**
     * Reads a BIOS.
     *
     * @param path its file: 64 KiB to 16 MiB, a multiple of 64 KiB
     * @throws BootException if it cannot be read or has another size
     */
    public static BiosImage read(Path path) throws BootException {
        try (ImageFile file = ImageFile.open(path, "BIOS")) {
            long size = file.size();
            if (size < MIN_SIZE || size > MAX_SIZE || size % MIN_SIZE != 0) {
                throw new BootException(
                        Reason.NOT_A_KERNEL,
                        file.tried(),
                        "it has " + size + " bytes",
                        "give a PC BIOS image, whose size is a multiple of 64 KiB up to 16 MiB");
            }
            return new BiosImage(file.read(0, size, "contents"));
        }
    }

    /** The guest-physical address of its first byte. */
    public long base() {
        return AddressMap.ROM_END - image.length;
    }

    /** Its size in bytes, a multiple of 64 KiB. */
    public long size() {
        return image.length;
    }

    /**
     * The region the machine adds to its memory, filled.
     *
     * @param backing a native segment of {@link #size} bytes
     */
    public GuestMemory.Region region(MemorySegment backing) {
        backing.copyFrom(MemorySegment.ofArray(image));
        return new GuestMemory.Region(base(), backing, true);
    }

    /**
     * Copies the end of the BIOS to where it expects itself below 1 MiB.
     *
     * @param memory with RAM there
     * @throws BootException if there is none
     */
    public void install(GuestMemory memory) throws BootException {
        int length = (int) Math.min(image.length, MAX_SHADOW);
        long address = AddressMap.EXTENDED_BASE - length;
        if (!memory.contains(address, length)) {
            throw new BootException(
                    Reason.DOES_NOT_FIT,
                    "install the BIOS below 1 MiB",
                    "the guest has no RAM there",
                    "give the guest at least 1 MiB of memory");
        }
        memory.write(address, MemorySegment.ofArray(image).asSlice(image.length - length, length));
    }

    /** The state every CPU starts in. */
    public static VcpuState resetState() {
        return new VcpuState();
    }
}
