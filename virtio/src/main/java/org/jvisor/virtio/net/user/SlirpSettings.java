package org.jvisor.virtio.net.user;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.slirp.bindings.SlirpConfig;
import org.jvisor.virtio.net.NetAttachment;
import org.jvisor.virtio.net.NetException;

/** Writes what the user asked for as libslirp's struct SlirpConfig. */
final class SlirpSettings {
    /** The oldest form of the structure: any libslirp 4 takes it. */
    private static final int VERSION = 1;

    private SlirpSettings() {}

    /**
     * Makes the structure.
     *
     * @param user what is asked for
     * @param mtu the largest packet in bytes
     * @param arena for the structure and its strings
     */
    static MemorySegment of(NetAttachment.User user, int mtu, Arena arena) {
        MemorySegment config = SlirpConfig.allocate(arena);
        SlirpConfig.version(config, VERSION);
        SlirpConfig.restricted(config, user.restrict() ? 1 : 0);
        SlirpConfig.if_mtu(config, mtu);
        SlirpConfig.if_mru(config, mtu);
        NetAttachment.Ipv4 ipv4 = user.ipv4();
        if (ipv4 != null) {
            SlirpConfig.in_enabled(config, true);
            put(SlirpConfig.vnetwork(config), ipv4.network());
            SlirpConfig.vnetmask(config)
                    .set(ValueLayout.JAVA_INT, 0, Integer.reverseBytes(ipv4.mask()));
            put(SlirpConfig.vhost(config), ipv4.host());
            put(SlirpConfig.vnameserver(config), ipv4.dns());
            put(SlirpConfig.vdhcp_start(config), ipv4.dhcpStart());
        }
        NetAttachment.Ipv6 ipv6 = user.ipv6();
        if (ipv6 != null) {
            SlirpConfig.in6_enabled(config, true);
            put(SlirpConfig.vprefix_addr6(config), ipv6.network());
            SlirpConfig.vprefix_len(config, (byte) ipv6.prefix());
            put(SlirpConfig.vhost6(config), ipv6.host());
            put(SlirpConfig.vnameserver6(config), ipv6.dns());
        }
        SlirpConfig.vhostname(config, string(user.hostname(), arena));
        SlirpConfig.vdomainname(config, string(user.domain(), arena));
        SlirpConfig.vdnssearch(config, strings(user.dnsSearch(), arena));
        SlirpConfig.tftp_path(config, string(directory(user.tftp()), arena));
        SlirpConfig.bootfile(config, string(user.bootFile(), arena));
        return config;
    }

    private static @Nullable String directory(@Nullable Path path) {
        if (path != null && !Files.isDirectory(path)) {
            throw new NetException(
                    "tftp=%s is not a directory: name the one whose files the guest may fetch"
                            .formatted(path));
        }
        return path == null ? null : path.toAbsolutePath().toString();
    }

    private static void put(MemorySegment struct, InetAddress address) {
        byte[] bytes = address.getAddress();
        MemorySegment.copy(bytes, 0, struct, ValueLayout.JAVA_BYTE, 0, bytes.length);
    }

    private static MemorySegment string(@Nullable String text, Arena arena) {
        return text == null ? MemorySegment.NULL : arena.allocateFrom(text);
    }

    /** An array of strings that ends with a null pointer; none of them is a null pointer itself. */
    private static MemorySegment strings(List<String> texts, Arena arena) {
        if (texts.isEmpty()) {
            return MemorySegment.NULL;
        }
        AddressLayout pointer = ValueLayout.ADDRESS;
        MemorySegment array = arena.allocate(pointer, texts.size() + 1L);
        for (int i = 0; i < texts.size(); i++) {
            array.setAtIndex(pointer, i, arena.allocateFrom(texts.get(i)));
        }
        return array;
    }
}
