package org.jvisor.benchmarks.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Files to lay over an image's initial RAM disk. Linux unpacks archives that follow one another in
 * an initramfs in turn, later files in place of earlier ones, so that nothing has to be repacked.
 */
public final class Overlay {
    private record Item(int mode, byte[] content) {}

    private final Map<String, Item> items = new LinkedHashMap<>();

    /** An overlay of nothing yet. */
    public Overlay() {}

    /** Adds a folder; its parents have to be there. */
    public Overlay folder(String name) {
        items.put(name, new Item(CpioConstants.C_ISDIR | 0755, new byte[0]));
        return this;
    }

    /** Adds an executable file. */
    public Overlay program(String name, byte[] content) {
        items.put(name, new Item(CpioConstants.C_ISREG | 0755, content));
        return this;
    }

    /** Adds an executable script of lines. */
    public Overlay script(String name, String text) {
        return program(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes {@code initrd} with the overlay behind it to {@code target}. */
    public void appendTo(Path initrd, Path target) throws IOException {
        Files.copy(initrd, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        try (OutputStream out =
                Files.newOutputStream(target, java.nio.file.StandardOpenOption.APPEND)) {
            // The next archive begins at a multiple of four bytes (Linux, buffer-format.rst).
            int padding = (int) (-Files.size(initrd) & 3);
            out.write(new byte[padding]);
            write(out);
        }
    }

    private void write(OutputStream out) throws IOException {
        CpioArchiveOutputStream cpio = new CpioArchiveOutputStream(out, CpioConstants.FORMAT_NEW);
        long inode = 0;
        for (Map.Entry<String, Item> named : items.entrySet()) {
            Item item = named.getValue();
            CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, named.getKey());
            entry.setMode(item.mode);
            entry.setInode(++inode);
            entry.setNumberOfLinks(1);
            entry.setTime(0);
            entry.setSize(item.content.length);
            cpio.putArchiveEntry(entry);
            cpio.write(item.content);
            cpio.closeArchiveEntry();
        }
        cpio.finish();
    }

    /** The content of a file in an uncompressed "newc" initial RAM disk. */
    public static byte[] read(Path initrd, String name) throws IOException {
        try (CpioArchiveInputStream cpio =
                new CpioArchiveInputStream(Files.newInputStream(initrd))) {
            for (CpioArchiveEntry entry = cpio.getNextEntry();
                    entry != null;
                    entry = cpio.getNextEntry()) {
                if (entry.getName().equals(name)) {
                    return cpio.readAllBytes();
                }
            }
        }
        throw new IOException("%s has no %s".formatted(initrd, name));
    }
}
