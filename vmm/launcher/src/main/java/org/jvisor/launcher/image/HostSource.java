package org.jvisor.launcher.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The kernel and busybox installed on the host: what there is without a network. */
final class HostSource implements PackageSource {
    private final Path root;

    /**
     * Makes it.
     *
     * @param root the host's root folder
     */
    HostSource(Path root) {
        this.root = root;
    }

    @Override
    public Ingredients fetch(Flavor flavor, Path work, Progress progress)
            throws Unavailable, IOException {
        progress.step("looking for a kernel and busybox on this machine");
        Path kernel = kernel();
        Path busybox = busybox();
        String version = kernel.getFileName().toString().replaceFirst("^vmlinuz-?", "");
        return new Ingredients(
                Files.readAllBytes(kernel),
                Files.readAllBytes(busybox),
                modules(version),
                version.isEmpty() ? "unknown" : version,
                "this machine's %s and %s".formatted(kernel, busybox));
    }

    private KernelModules modules(String version) throws IOException {
        Path folder = root.resolve("lib/modules").resolve(version).resolve("kernel");
        if (version.isEmpty() || !Files.isDirectory(folder)) {
            return KernelModules.NONE;
        }
        List<DebArchive.Entry> found = new ArrayList<>();
        try (var files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String path = root.relativize(file).toString();
                if (KernelModules.wants(path) && Files.isReadable(file)) {
                    found.add(new DebArchive.Entry(path, Files.readAllBytes(file)));
                }
            }
        }
        return KernelModules.of(found);
    }

    private Path kernel() throws Unavailable, IOException {
        Path boot = root.resolve("boot");
        try (var files = Files.list(boot)) {
            List<Path> kernels =
                    files.filter(file -> file.getFileName().toString().startsWith("vmlinuz"))
                            .toList();
            Optional<Path> newest =
                    kernels.stream()
                            .filter(Files::isReadable)
                            .max(Comparator.comparing(HostSource::modified));
            if (newest.isPresent()) {
                return newest.get();
            }
            throw new Unavailable(
                    kernels.isEmpty()
                            ? "there is no %s".formatted(boot.resolve("vmlinuz-*"))
                            : "%s may not be read by this user".formatted(kernels.getFirst()));
        } catch (NoSuchFileException e) {
            throw new Unavailable("there is no " + boot, e);
        }
    }

    private static java.nio.file.attribute.FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return java.nio.file.attribute.FileTime.fromMillis(0);
        }
    }

    private Path busybox() throws Unavailable, IOException {
        for (String name : List.of("bin/busybox", "usr/bin/busybox", "bin/busybox.static")) {
            Path file = root.resolve(name);
            if (Files.isReadable(file) && isStaticX8664(Files.readAllBytes(file))) {
                return file;
            }
        }
        throw new Unavailable("there is no static x86-64 busybox in /bin or /usr/bin");
    }

    /** Whether an ELF file is for x86-64 and names no interpreter (no PT_INTERP segment). */
    static boolean isStaticX8664(byte[] file) {
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        // e_ident: magic, ELFCLASS64, ELFDATA2LSB; e_machine EM_X86_64.
        if (file.length < 64
                || elf.getInt(0) != 0x464c457f
                || elf.get(4) != 2
                || elf.get(5) != 1
                || elf.getShort(18) != 62) {
            return false;
        }
        long headers = elf.getLong(32);
        int size = Short.toUnsignedInt(elf.getShort(54));
        int count = Short.toUnsignedInt(elf.getShort(56));
        for (int i = 0; i < count; i++) {
            long at = headers + (long) i * size;
            if (at < 0 || at > file.length - 4 || elf.getInt((int) at) == 3) {
                return false;
            }
        }
        return true;
    }
}
