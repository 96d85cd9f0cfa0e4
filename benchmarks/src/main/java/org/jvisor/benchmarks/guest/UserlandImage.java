package org.jvisor.benchmarks.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A small Debian as an initial RAM disk: apt, perl, python3, tcc and the C library's headers. It is
 * made by mmdebstrap, from the network, and kept: about 180 MB.
 */
public final class UserlandImage {
    /** The release it is of. */
    public static final String SUITE = "bookworm";

    private static final List<String> PACKAGES =
            List.of("mount", "python3", "perl", "tcc", "libc6-dev");
    private static final List<String> LEFT_OUT =
            List.of("doc", "man", "info", "locale", "zoneinfo");
    private static final int LIMIT_MINUTES = 20;

    private UserlandImage() {}

    /**
     * The image's file, built where it is not in the cache.
     *
     * @param cache the folder to keep it below
     * @param err where progress goes
     */
    public static Path ensure(Path cache, PrintWriter err)
            throws GuestException, IOException, InterruptedException {
        Path folder = cache.resolve("bench");
        String recipe = Integer.toHexString(command(Path.of("tar")).hashCode());
        Path image = folder.resolve("userland-%s-%s.cpio".formatted(SUITE, recipe));
        if (Files.exists(image)) {
            return image;
        }
        err.println("building a Debian userland with mmdebstrap; it is kept in " + folder);
        Files.createDirectories(folder);
        Path tar = Files.createTempFile(folder, "userland", ".tar");
        Path part = Files.createTempFile(folder, "userland", ".part");
        try {
            build(tar);
            try (OutputStream out = Files.newOutputStream(part)) {
                convert(tar, out);
            }
            Files.move(part, image, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(tar);
            Files.deleteIfExists(part);
        }
        return image;
    }

    private static List<String> command(Path tar) {
        List<String> command = new ArrayList<>();
        command.addAll(List.of("mmdebstrap", "--variant=apt", "--format=tar", "--quiet"));
        command.add("--include=" + String.join(",", PACKAGES));
        for (String folder : LEFT_OUT) {
            command.add("--dpkgopt=path-exclude=/usr/share/%s/*".formatted(folder));
        }
        command.addAll(List.of(SUITE, tar.toString()));
        return command;
    }

    private static void build(Path tar) throws GuestException, IOException, InterruptedException {
        Path log = Files.createTempFile("jvisor-userland", ".log");
        try {
            Process process;
            try {
                process =
                        new ProcessBuilder(command(tar))
                                .redirectErrorStream(true)
                                .redirectOutput(log.toFile())
                                .start();
            } catch (IOException e) {
                throw new GuestException(
                        "a Debian userland is built with mmdebstrap, which cannot be run (%s): install the package mmdebstrap"
                                .formatted(e.getMessage()),
                        e);
            }
            if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
                process.destroy();
                throw new GuestException(
                        "mmdebstrap did not end within %d minutes".formatted(LIMIT_MINUTES));
            }
            if (process.exitValue() != 0) {
                throw new GuestException(
                        "mmdebstrap ended with status %d (it needs the network, and root or user namespaces):\n%s"
                                .formatted(
                                        process.exitValue(),
                                        Files.readString(log, StandardCharsets.UTF_8)));
            }
        } finally {
            Files.deleteIfExists(log);
        }
    }

    /** Writes a tar archive's files as a "newc" one; files that share an inode get one each. */
    static void convert(Path tar, OutputStream out) throws IOException {
        Set<String> linked = new HashSet<>();
        try (TarArchiveInputStream in = open(tar)) {
            for (TarArchiveEntry entry = in.getNextEntry();
                    entry != null;
                    entry = in.getNextEntry()) {
                if (entry.isLink()) {
                    linked.add(name(entry.getLinkName()));
                }
            }
        }
        Map<String, byte[]> contents = new HashMap<>();
        CpioArchiveOutputStream cpio = new CpioArchiveOutputStream(out, CpioConstants.FORMAT_NEW);
        long inode = 0;
        try (TarArchiveInputStream in = open(tar)) {
            for (TarArchiveEntry entry = in.getNextEntry();
                    entry != null;
                    entry = in.getNextEntry()) {
                String name = name(entry.getName());
                if (name.isEmpty()) {
                    continue;
                }
                byte[] content;
                if (entry.isLink()) {
                    content = contents.getOrDefault(name(entry.getLinkName()), new byte[0]);
                } else if (entry.isSymbolicLink()) {
                    content = entry.getLinkName().getBytes(StandardCharsets.UTF_8);
                } else {
                    content = in.readAllBytes();
                }
                if (linked.contains(name)) {
                    contents.put(name, content);
                }
                add(cpio, name, entry, content, ++inode);
            }
        }
        cpio.finish();
        out.flush();
    }

    private static void add(
            CpioArchiveOutputStream cpio,
            String name,
            TarArchiveEntry from,
            byte[] content,
            long inode)
            throws IOException {
        CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
        entry.setMode(type(from) | (from.getMode() & 07777));
        entry.setUID(from.getLongUserId());
        entry.setGID(from.getLongGroupId());
        entry.setInode(inode);
        entry.setNumberOfLinks(1);
        entry.setTime(from.getLastModifiedTime().to(TimeUnit.SECONDS));
        entry.setSize(content.length);
        if (from.isCharacterDevice() || from.isBlockDevice()) {
            entry.setRemoteDeviceMaj(from.getDevMajor());
            entry.setRemoteDeviceMin(from.getDevMinor());
        }
        cpio.putArchiveEntry(entry);
        cpio.write(content);
        cpio.closeArchiveEntry();
    }

    private static int type(TarArchiveEntry entry) {
        if (entry.isDirectory()) {
            return CpioConstants.C_ISDIR;
        } else if (entry.isSymbolicLink()) {
            return CpioConstants.C_ISLNK;
        } else if (entry.isCharacterDevice()) {
            return CpioConstants.C_ISCHR;
        } else if (entry.isBlockDevice()) {
            return CpioConstants.C_ISBLK;
        } else if (entry.isFIFO()) {
            return CpioConstants.C_ISFIFO;
        }
        return CpioConstants.C_ISREG;
    }

    private static TarArchiveInputStream open(Path tar) throws IOException {
        InputStream file = Files.newInputStream(tar);
        return new TarArchiveInputStream(new java.io.BufferedInputStream(file, 1 << 16));
    }

    private static String name(String path) {
        String name = path.startsWith("./") ? path.substring(2) : path;
        return name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    }
}
