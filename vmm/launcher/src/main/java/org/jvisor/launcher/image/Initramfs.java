package org.jvisor.launcher.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Builds an initial RAM disk around a static busybox: a "newc" cpio archive, uncompressed so that
 * the guest has nothing to unpack, the same bytes for the same busybox and modules.
 */
final class Initramfs {
    /**
     * What is in it: 2 has the kernel's virtio drivers and goes over to a root disk, 1 does not. An
     * image with less is made anew where that is possible.
     */
    static final int LAYOUT = 2;

    private final CpioArchiveOutputStream cpio;
    private long inode;

    private Initramfs(CpioArchiveOutputStream cpio) {
        this.cpio = cpio;
    }

    /**
     * Builds the archive.
     *
     * @param busybox the static binary
     * @param modules of the kernel it is for
     */
    static byte[] build(byte[] busybox, KernelModules modules) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(busybox.length + (64 << 10));
        try (CpioArchiveOutputStream cpio =
                new CpioArchiveOutputStream(bytes, CpioConstants.FORMAT_NEW)) {
            new Initramfs(cpio).write(busybox, BusyboxApplets.names(busybox), modules);
        }
        return bytes.toByteArray();
    }

    private void write(byte[] busybox, List<String> applets, KernelModules modules)
            throws IOException {
        for (String folder :
                List.of(
                        "bin", "dev", "etc", "lib", "mnt", "proc", "root", "run", "sys", "tmp",
                        "usr", "var")) {
            folder(folder, folder.equals("tmp") ? 01777 : 0755);
        }
        link("sbin", "bin");
        link("usr/bin", "../bin");
        link("usr/sbin", "../bin");
        link("var/run", "../run");
        link("var/tmp", "../tmp");
        // For the time before devtmpfs is mounted: the kernel opens /dev/console for init.
        device("dev/console", 0600, 5, 1);
        device("dev/null", 0666, 1, 3);
        device("dev/ttyS0", 0600, 4, 64);
        file("bin/busybox", 0755, busybox);
        for (String applet : applets) {
            if (!applet.equals("busybox")) {
                link("bin/" + applet, "busybox");
            }
        }
        if (!applets.contains("sh")) {
            // The table was not found: /init installs the links, but needs a shell for that.
            link("bin/sh", "busybox");
        }
        file("init", 0755, resource("init"));
        file("etc/network", 0755, resource("network"));
        file("etc/profile", 0644, resource("profile"));
        file("etc/passwd", 0644, ascii("root::0:0:root:/root:/bin/sh\n"));
        file("etc/group", 0644, ascii("root:x:0:\n"));
        file("etc/hosts", 0644, ascii("127.0.0.1 localhost jvisor\n"));
        modules(modules);
    }

    private void modules(KernelModules modules) throws IOException {
        if (modules.files().isEmpty()) {
            return;
        }
        String folder = "lib/modules/" + modules.release();
        folder("lib/modules", 0755);
        folder(folder, 0755);
        file(folder + "/modules.dep", 0644, ascii(modules.dependencies()));
        file(folder + "/modules.alias", 0644, ascii(modules.aliases()));
        for (Map.Entry<String, byte[]> module : modules.files().entrySet()) {
            file(folder + "/" + module.getKey() + ".ko", 0644, module.getValue());
        }
    }

    private void folder(String name, int mode) throws IOException {
        add(entry(name, CpioConstants.C_ISDIR | mode), new byte[0]);
    }

    private void link(String name, String target) throws IOException {
        add(entry(name, CpioConstants.C_ISLNK | 0777), ascii(target));
    }

    private void file(String name, int mode, byte[] content) throws IOException {
        add(entry(name, CpioConstants.C_ISREG | mode), content);
    }

    private void device(String name, int mode, int major, int minor) throws IOException {
        CpioArchiveEntry entry = entry(name, CpioConstants.C_ISCHR | mode);
        entry.setRemoteDeviceMaj(major);
        entry.setRemoteDeviceMin(minor);
        add(entry, new byte[0]);
    }

    private CpioArchiveEntry entry(String name, long mode) {
        CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
        entry.setMode(mode);
        entry.setInode(++inode);
        entry.setNumberOfLinks(1);
        entry.setTime(0);
        return entry;
    }

    private void add(CpioArchiveEntry entry, byte[] content) throws IOException {
        entry.setSize(content.length);
        cpio.putArchiveEntry(entry);
        cpio.write(content);
        cpio.closeArchiveEntry();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Initramfs.class.getResourceAsStream("initramfs/" + name)) {
            if (in == null) {
                throw new IOException("the resource %s is missing from jvisor".formatted(name));
            }
            return in.readAllBytes();
        }
    }
}
