package org.jvisor.virtio.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A port of the host whose connections go to the guest.
 *
 * @param protocol TCP or UDP
 * @param hostAddress where the host listens
 * @param hostPort 1 to 65535
 * @param guestAddress of the same family; null for the address that DHCP gives first
 * @param guestPort 1 to 65535
 */
public record PortForward(
        Protocol protocol,
        InetAddress hostAddress,
        int hostPort,
        @Nullable InetAddress guestAddress,
        int guestPort) {
    private static final Pattern TEXT =
            Pattern.compile(
                    "(?<protocol>tcp|udp):(?<host>\\[[^]]*]|[^:]*):(?<hostport>\\d{1,5})"
                            + "-(?<guest>\\[[^]]*]|[^:]*):(?<guestport>\\d{1,5})");

    /** What is carried. */
    public enum Protocol {
        /** Connections. */
        TCP,
        /** Datagrams. */
        UDP;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Checks ranges and families. */
    public PortForward {
        if (hostPort < 1 || hostPort > 0xffff || guestPort < 1 || guestPort > 0xffff) {
            throw new IllegalArgumentException("a port is a number from 1 to 65535");
        }
        if (guestAddress != null
                && guestAddress instanceof Inet6Address != hostAddress instanceof Inet6Address) {
            throw new IllegalArgumentException(
                    "the host's address %s and the guest's %s are of different families"
                            .formatted(show(hostAddress), show(guestAddress)));
        }
    }

    /**
     * Reads one.
     *
     * @param text such as {@code tcp:127.0.0.1:2222-:22} or {@code udp:[::1]:53-[fec0::15]:53};
     *     without a host's address it is 127.0.0.1
     * @throws IllegalArgumentException with a message for the user if it is none
     */
    public static PortForward parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "hostfwd '%s' is not tcp:[ADDRESS]:PORT-[ADDRESS]:PORT (or udp:): write for instance tcp:127.0.0.1:2222-:22"
                            .formatted(text));
        }
        try {
            InetAddress host = address(matcher.group("host"));
            return new PortForward(
                    Protocol.valueOf(matcher.group("protocol").toUpperCase(Locale.ROOT)),
                    host == null ? NetText.ipv4("127.0.0.1") : host,
                    Integer.parseInt(matcher.group("hostport")),
                    address(matcher.group("guest")),
                    Integer.parseInt(matcher.group("guestport")));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "hostfwd '%s': %s".formatted(text, e.getMessage()), e);
        }
    }

    private static @Nullable InetAddress address(String text) {
        if (text.isEmpty()) {
            return null;
        }
        boolean bracketed = text.startsWith("[");
        String bare = bracketed ? text.substring(1, text.length() - 1) : text;
        return bracketed ? NetText.ipv6(bare) : NetText.ipv4(bare);
    }

    static String show(InetAddress address) {
        return address instanceof Inet6Address
                ? "[" + address.getHostAddress() + "]"
                : address.getHostAddress();
    }

    @Override
    public String toString() {
        return "%s:%s:%d-%s:%d"
                .formatted(
                        protocol,
                        show(hostAddress),
                        hostPort,
                        guestAddress == null ? "" : show(guestAddress),
                        guestPort);
    }
}
