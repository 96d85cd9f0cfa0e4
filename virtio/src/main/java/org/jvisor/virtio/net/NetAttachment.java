package org.jvisor.virtio.net;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an interface is connected to. */
public sealed interface NetAttachment {
    /** The most queue pairs there can be. */
    default int queuePairs() {
        return 1;
    }

    /** Nothing: what the guest sends is dropped, and the link is up. */
    record None() implements NetAttachment {
        @Override
        public String toString() {
            return "none";
        }
    }

    /**
     * A network of the guest's own, translated to the host's connections by libslirp. It needs no
     * privileges.
     *
     * @param ipv4 the IPv4 network; null for none
     * @param ipv6 the IPv6 network; null for none
     * @param restrict whether the guest reaches only what is forwarded, not the host or the world
     * @param hostname the name DHCP gives to the guest; null for none
     * @param domain the domain DHCP gives to the guest; null for none
     * @param dnsSearch the domains DHCP tells the guest to search
     * @param tftp the directory its TFTP server shows, read-only; null for no server
     * @param bootFile the file DHCP names for booting; null for none
     * @param forwards the host's ports that lead to the guest
     */
    record User(
            @Nullable Ipv4 ipv4,
            @Nullable Ipv6 ipv6,
            boolean restrict,
            @Nullable String hostname,
            @Nullable String domain,
            List<String> dnsSearch,
            @Nullable Path tftp,
            @Nullable String bootFile,
            List<PortForward> forwards)
            implements NetAttachment {
        /** Keeps lists of its own, and checks that forwards have a network to go to. */
        public User {
            dnsSearch = List.copyOf(dnsSearch);
            forwards = List.copyOf(forwards);
            if (ipv4 == null && ipv6 == null) {
                throw new IllegalArgumentException(
                        "ipv4=off and ipv6=off leave no network: use --net none");
            }
            for (PortForward forward : forwards) {
                boolean six = forward.hostAddress() instanceof Inet6Address;
                if (six ? ipv6 == null : ipv4 == null) {
                    throw new IllegalArgumentException(
                            "hostfwd %s needs %s, which is off"
                                    .formatted(forward, six ? "ipv6" : "ipv4"));
                }
                if (six && forward.guestAddress() == null) {
                    throw new IllegalArgumentException(
                            "hostfwd %s: name the guest's IPv6 address, as no DHCP assigns it"
                                    .formatted(forward));
                }
            }
        }
    }

    /**
     * User networking's IPv4 network.
     *
     * @param network its first address
     * @param prefix the length of its prefix in bits, 8 to 29
     * @param host the address that is the host's and the router's
     * @param dns the address of the name server, which asks the host's
     * @param dhcpStart the address the first guest gets
     */
    record Ipv4(
            Inet4Address network,
            int prefix,
            Inet4Address host,
            Inet4Address dns,
            Inet4Address dhcpStart) {
        /** Checks that the addresses lie in the network and differ. */
        public Ipv4 {
            if (prefix < 8 || prefix > 29) {
                throw new IllegalArgumentException(
                        "net=%s/%d: the prefix is 8 to 29 bits long"
                                .formatted(network.getHostAddress(), prefix));
            }
            int mask = -1 << 32 - prefix;
            if ((bits(network) & ~mask) != 0) {
                throw new IllegalArgumentException(
                        "net=%s/%d has bits set beyond its prefix"
                                .formatted(network.getHostAddress(), prefix));
            }
            check("host", host, network, mask);
            check("dns", dns, network, mask);
            check("dhcpstart", dhcpStart, network, mask);
            if (host.equals(dns) || host.equals(dhcpStart) || dns.equals(dhcpStart)) {
                throw new IllegalArgumentException(
                        "host=, dns= and dhcpstart= must be three different addresses");
            }
        }

        /** The network mask's 32 bits. */
        public int mask() {
            return -1 << 32 - prefix;
        }

        private static void check(String what, Inet4Address address, Inet4Address net, int mask) {
            int inside = bits(address) & ~mask;
            if ((bits(address) & mask) != bits(net) || inside == 0 || inside == ~mask) {
                throw new IllegalArgumentException(
                        "%s=%s is not an address of a host in net=%s/%d"
                                .formatted(
                                        what,
                                        address.getHostAddress(),
                                        net.getHostAddress(),
                                        Integer.bitCount(mask)));
            }
        }

        static int bits(Inet4Address address) {
            int bits = 0;
            for (byte octet : address.getAddress()) {
                bits = bits << 8 | (octet & 0xff);
            }
            return bits;
        }
    }

    /**
     * User networking's IPv6 network.
     *
     * @param network its first address
     * @param prefix the length of its prefix in bits, 16 to 64
     * @param host the address that is the host's and the router's
     * @param dns the address of the name server, which asks the host's
     */
    record Ipv6(Inet6Address network, int prefix, Inet6Address host, Inet6Address dns) {
        /** Checks the prefix. */
        public Ipv6 {
            if (prefix < 16 || prefix > 64) {
                throw new IllegalArgumentException(
                        "net6=%s/%d: the prefix is 16 to 64 bits long"
                                .formatted(network.getHostAddress(), prefix));
            }
            if (host.equals(dns)) {
                throw new IllegalArgumentException(
                        "host6= and dns6= must be two different addresses");
            }
        }
    }

    /**
     * A passt process, which translates like user networking but lets the guest have the host's
     * addresses.
     *
     * @param socket the Unix socket of one that runs; null to start one
     * @param program what to start, by default {@code passt} on the path
     * @param forwards the host's ports that lead to the guest; only when it is started here
     */
    record Passt(@Nullable Path socket, String program, List<PortForward> forwards)
            implements NetAttachment {
        /** Keeps a list of its own. */
        public Passt {
            forwards = List.copyOf(forwards);
            if (socket != null && !forwards.isEmpty()) {
                throw new IllegalArgumentException(
                        "hostfwd= is for a passt that is started here: give the one at socket="
                                + " its ports with its own options -t and -u");
            }
        }
    }

    /**
     * A tap interface of the host.
     *
     * @param name the interface; made if it does not exist, and then gone with the machine. Null
     *     for a new one with a name of the kernel's choice
     * @param bridge the bridge to add it to; null for none
     * @param queuePairs 1 to 16
     */
    record Tap(@Nullable String name, @Nullable String bridge, int queuePairs)
            implements NetAttachment {
        /** Bytes of a name (IFNAMSIZ less the end). */
        static final int MAX_NAME = 15;

        /** Checks the names. */
        public Tap {
            check("ifname", name);
            check("bridge", bridge);
        }

        private static void check(String key, @Nullable String name) {
            if (name != null
                    && (name.length() > MAX_NAME || !name.matches("[\\x21-\\x2e\\x30-\\x7e]+"))) {
                throw new IllegalArgumentException(
                        "%s=%s: an interface's name has 1 to %d characters and no '/'"
                                .formatted(key, name, MAX_NAME));
            }
        }
    }
}
