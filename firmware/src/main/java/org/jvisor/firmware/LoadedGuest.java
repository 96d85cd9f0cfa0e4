package org.jvisor.firmware;

import org.jvisor.vmm.api.VcpuState;

/**
 * A guest whose memory is ready to run.
 *
 * @param state what the boot CPU starts with; the others wait for a start-up IPI
 * @param kind what the kernel turned out to be
 * @param description one line for a log or a user: kind, compression, entry
 */
public record LoadedGuest(VcpuState state, Kind kind, String description) {
    /** The kinds of images. */
    public enum Kind {
        /** A bzImage, unpacked by the host or in the guest. */
        BZIMAGE,
        /** An ELF file entered by Linux's 64-bit protocol. */
        VMLINUX,
        /** An ELF file entered by its PVH note. */
        PVH,
        /** A Multiboot 1 kernel. */
        MULTIBOOT,
        /** Code at an address. */
        FLAT
    }
}
