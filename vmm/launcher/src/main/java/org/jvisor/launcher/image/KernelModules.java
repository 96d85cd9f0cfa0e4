package org.jvisor.launcher.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tukaani.xz.XZInputStream;

/**
 * Kernel modules for an initial RAM disk: the drivers of jvisor's devices and what a root file
 * system may need, as far as the kernel has them as modules. With what modprobe wants to know of
 * them, which depmod would otherwise find out.
 *
 * @param release what {@code uname -r} says of the kernel; empty if there are no modules
 * @param files the modules, uncompressed, by their names without {@code .ko}
 */
record KernelModules(String release, SortedMap<String, byte[]> files) {
    /** No modules: the kernel has all it needs, or nobody knows which it has. */
    static final KernelModules NONE = new KernelModules("", new TreeMap<>());

    /** The path of a module of a kernel. */
    private static final Pattern PATH =
            Pattern.compile("(?:usr/)?lib/modules/([^/]+)/kernel/(?:.*/)?([^/]+)\\.ko(\\.xz)?");

    private static final Pattern COMMA = Pattern.compile(",");

    private static final Set<String> WANTED =
            Set.of(
                    "virtio",
                    "virtio_ring",
                    "virtio_pci",
                    "virtio_pci_legacy_dev",
                    "virtio_pci_modern_dev",
                    "virtio_mmio",
                    "virtio_blk",
                    "virtio_net",
                    "failover",
                    "net_failover",
                    "virtio_console",
                    "rng_core",
                    "virtio_rng",
                    "virtio_balloon",
                    "vsock",
                    "vmw_vsock_virtio_transport_common",
                    "vmw_vsock_virtio_transport",
                    "ext4",
                    "jbd2",
                    "mbcache",
                    "crc16",
                    "crc32c_generic",
                    "libcrc32c",
                    "isofs",
                    "af_packet");

    /** Section header fields of an ELF64 file. */
    private static final int E_SHOFF = 40, E_SHENTSIZE = 58, E_SHNUM = 60, E_SHSTRNDX = 62;

    private static final int SH_OFFSET = 24, SH_SIZE = 32;

    /** Whether the file at a path of a kernel package is one of these modules. */
    static boolean wants(String path) {
        Matcher matcher = PATH.matcher(path);
        return matcher.matches() && WANTED.contains(normal(matcher.group(2)));
    }

    /**
     * Takes the modules of one kernel.
     *
     * @param files such as {@link #wants} says, of one release
     * @throws IOException if one is damaged
     */
    static KernelModules of(Collection<DebArchive.Entry> files) throws IOException {
        TreeMap<String, byte[]> modules = new TreeMap<>();
        String release = "";
        for (DebArchive.Entry file : files) {
            Matcher matcher = PATH.matcher(file.path());
            if (matcher.matches()) {
                release = matcher.group(1);
                byte[] content = file.content();
                if (matcher.group(3) != null) {
                    content = new XZInputStream(new ByteArrayInputStream(content)).readAllBytes();
                }
                modules.put(normal(matcher.group(2)), content);
            }
        }
        return new KernelModules(release, modules);
    }

    private static String normal(String name) {
        return name.replace('-', '_');
    }

    /** What modprobe reads as modules.dep: which modules each needs, all of them. */
    String dependencies() throws IOException {
        StringBuilder text = new StringBuilder();
        for (String module : files.keySet()) {
            List<String> needed = new ArrayList<>();
            addNeeds(module, needed, new HashSet<>());
            needed.remove(module);
            text.append(module).append(".ko:");
            // modprobe loads from the last to the first.
            for (String other : needed.reversed()) {
                text.append(' ').append(other).append(".ko");
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** Adds what {@code module} needs, each after what itself needs, and then the module. */
    private void addNeeds(String module, List<String> to, Set<String> seen) throws IOException {
        byte[] file = files.get(module);
        if (file == null || !seen.add(module)) {
            return; // built into the kernel, or there already
        }
        for (String line : information(file, "depends")) {
            for (String other : COMMA.splitAsStream(line).toList()) {
                addNeeds(normal(other), to, seen);
            }
        }
        to.add(module);
    }

    /** What modprobe reads as modules.alias: which devices are whose. */
    String aliases() throws IOException {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            for (String alias : information(file.getValue(), "alias")) {
                text.append("alias ").append(alias).append(' ').append(file.getKey()).append('\n');
            }
        }
        return text.toString();
    }

    /** The values of a key in a module's {@code .modinfo} section. */
    private static List<String> information(byte[] module, String key) throws IOException {
        try {
            return Pattern.compile("\0")
                    .splitAsStream(section(ByteBuffer.wrap(module), ".modinfo"))
                    .filter(line -> line.startsWith(key + "="))
                    .map(line -> line.substring(key.length() + 1))
                    .filter(value -> !value.isEmpty())
                    .collect(Collectors.toList());
        } catch (IndexOutOfBoundsException | IllegalArgumentException | ArithmeticException e) {
            throw new IOException("a kernel module is damaged", e);
        }
    }

    /** The bytes of a section, as Latin-1; empty if there is none. */
    private static String section(ByteBuffer elf, String name) {
        elf.order(ByteOrder.LITTLE_ENDIAN);
        int table = Math.toIntExact(elf.getLong(E_SHOFF));
        int size = elf.getShort(E_SHENTSIZE);
        int count = elf.getShort(E_SHNUM);
        int names = table + elf.getShort(E_SHSTRNDX) * size;
        String strings = text(elf, names);
        for (int i = 0; i < count; i++) {
            int header = table + i * size;
            int at = elf.getInt(header);
            if (strings.startsWith(name + "\0", at)) {
                return text(elf, header);
            }
        }
        return "";
    }

    private static String text(ByteBuffer elf, int header) {
        int offset = Math.toIntExact(elf.getLong(header + SH_OFFSET));
        byte[] bytes = new byte[Math.toIntExact(elf.getLong(header + SH_SIZE))];
        elf.get(offset, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
