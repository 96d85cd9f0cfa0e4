package org.jvisor.firmware;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.payload.Compression;

/** Says what a file is that is not a kernel, as far as its first bytes tell. */
final class UnknownFile {
    private UnknownFile() {}

    static BootException explain(ImageFile file, byte[] head) {
        Compression packed = Compression.detect(head, 0, head.length);
        if (packed != null) {
            return because(
                    file,
                    "it is a compressed file (" + packed.label() + "), not a kernel",
                    "unpack it first; if it is an initrd, give it as one");
        }
        if (starts(head, 0, "07070")) {
            return because(file, "it is a cpio archive", "give it as the initrd");
        }
        if (starts(head, 0x38, "ARMd")) {
            return because(file, "it is a kernel for ARM64", "use an x86-64 kernel");
        }
        if (starts(head, 0, "MZ")) {
            return because(
                    file,
                    "it is an EFI or Windows program",
                    "use the kernel's bzImage (vmlinuz); a unified kernel image has it in its"
                            + " .linux section");
        }
        if (head.length >= 512 && head[510] == 0x55 && (head[511] & 0xff) == 0xaa) {
            return because(
                    file,
                    "it is a boot sector or a disk image",
                    "attach it as a disk, or give the kernel's own file");
        }
        if (starts(head, 0, "#!")) {
            return because(file, "it is a script", "give a kernel");
        }
        String found = identify(head);
        return because(
                file,
                "it is no kernel: neither a bzImage, an ELF file nor a Multiboot image"
                        + (found == null ? "" : " (" + found + ")"),
                "give a kernel, or ask for a flat binary with an address");
    }

    private static @Nullable String identify(byte[] head) {
        for (int i = 0; i < Math.min(head.length, 64); i++) {
            int c = head[i];
            if ((c < 32 || c > 126) && c != '\n' && c != '\r' && c != '\t') {
                return "it starts with "
                        + java.util.HexFormat.ofDelimiter(" ")
                                .formatHex(head, 0, Math.min(head.length, 8));
            }
        }
        return "it is text";
    }

    private static BootException because(ImageFile file, String found, String advice) {
        return new BootException(Reason.NOT_A_KERNEL, file.tried(), found, advice);
    }

    private static boolean starts(byte[] head, int offset, String text) {
        byte[] expected = text.getBytes(StandardCharsets.US_ASCII);
        return head.length >= offset + expected.length
                && java.util.Arrays.equals(
                        head, offset, offset + expected.length, expected, 0, expected.length);
    }
}
