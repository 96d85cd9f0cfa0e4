package org.jvisor.firmware;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.BootRequest.Protocol;
import org.jvisor.firmware.ElfHeader.MalformedElfException;

/** What a kernel's file is, told by its first bytes and what the user asked for. */
sealed interface BootImage {
    /** A compressed Linux kernel with its setup header. */
    record BzImage(SetupHeader header) implements BootImage {}

    /** An ELF file entered by Linux's 64-bit protocol. */
    record Vmlinux(ElfHeader header) implements BootImage {}

    /** An ELF file with a PVH entry. */
    record Pvh(ElfHeader header, long entry) implements BootImage {}

    /** A kernel with a Multiboot 1 header; {@code elf} is null if the header says where it goes. */
    record Multiboot(MultibootHeader header, @Nullable ElfHeader elf) implements BootImage {}

    /** How much of a file tells what it is: Multiboot allows its header in the first 8 KiB. */
    int HEAD = 8192;

    /**
     * Looks at a file.
     *
     * @param protocol what the user asked for, not {@link Protocol#FLAT}
     * @throws BootException if the file is none of it
     */
    static BootImage detect(ImageFile file, Protocol protocol) throws BootException {
        byte[] head = file.readUpTo(0, HEAD);
        if (head.length == 0) {
            throw new BootException(
                    Reason.TRUNCATED,
                    file.tried(),
                    "the file is empty",
                    "copy or download it again");
        }
        MultibootHeader multiboot = MultibootHeader.find(head);
        if (SetupHeader.matches(head) && wanted(protocol, Protocol.LINUX)) {
            return new BzImage(new SetupHeader(head));
        }
        if (ElfHeader.isElf(head)) {
            return detectElf(file, head, multiboot, protocol);
        }
        if (multiboot != null && multiboot.hasAddresses() && wanted(protocol, Protocol.MULTIBOOT)) {
            return new Multiboot(multiboot, null);
        }
        throw UnknownFile.explain(file, head);
    }

    private static BootImage detectElf(
            ImageFile file, byte[] head, @Nullable MultibootHeader multiboot, Protocol protocol)
            throws BootException {
        ElfHeader elf;
        try {
            int size = ElfHeader.headSize(head);
            elf = ElfHeader.parse(file.read(0, size, "ELF program header table"));
        } catch (MalformedElfException e) {
            throw ElfLoader.notAKernel(file, e);
        }
        if (elf.machine() != ElfHeader.EM_X86_64 && elf.machine() != ElfHeader.EM_386) {
            throw new BootException(
                    Reason.NOT_A_KERNEL,
                    file.tried(),
                    "it is an ELF file for another processor (ELF machine " + elf.machine() + ")",
                    "use an x86-64 kernel");
        }
        if (wanted(protocol, Protocol.PVH)) {
            OptionalLong entry = ElfLoader.pvhEntry(file, elf);
            if (entry.isPresent()) {
                return new Pvh(elf, entry.getAsLong());
            }
        }
        if (multiboot != null && wanted(protocol, Protocol.MULTIBOOT)) {
            return new Multiboot(multiboot, multiboot.hasAddresses() ? null : elf);
        }
        return vmlinux(file, elf, protocol);
    }

    private static BootImage vmlinux(ImageFile file, ElfHeader elf, Protocol protocol)
            throws BootException {
        if (protocol == Protocol.PVH || protocol == Protocol.MULTIBOOT) {
            throw new BootException(
                    Reason.NOT_A_KERNEL,
                    file.tried(),
                    protocol == Protocol.PVH
                            ? "it has no PVH entry note"
                            : "it has no Multiboot header in its first 8 KiB",
                    "leave the boot protocol to be detected, or name another");
        }
        if (!elf.wide()) {
            throw new BootException(
                    Reason.NOT_64_BIT,
                    file.tried(),
                    "it is a 32-bit ELF file without a Multiboot header or PVH note",
                    "use a 64-bit (amd64) kernel");
        }
        if (protocol == Protocol.AUTO
                && (elf.has(ElfHeader.PT_INTERP)
                        || elf.type() != ElfHeader.ET_EXEC
                        || !elf.linkedHigh())) {
            throw new BootException(
                    Reason.NOT_A_KERNEL,
                    file.tried(),
                    "it is an ELF program, but has no PVH note, no Multiboot header and is not"
                            + " linked as a Linux kernel is",
                    "give a kernel, or ask for the linux protocol if it is entered in 64-bit mode");
        }
        return new Vmlinux(elf);
    }

    private static boolean wanted(Protocol asked, Protocol offered) {
        return asked == Protocol.AUTO || asked == offered;
    }
}
