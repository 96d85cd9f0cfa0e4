package org.jvisor.virtio.net;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A network interface as the user asks for it: {@code KIND[,KEY=VALUE]...} with the kinds {@code
 * user}, {@code passt}, {@code tap} and {@code none}.
 *
 * <table>
 * <caption>Keys</caption>
 * <tr><th>kind</th><th>keys</th></tr>
 * <tr><td>all</td><td>mac=52:54:00:12:34:56, mtu=1500, queues=1, speed=10000 (Mbit/s),
 *     duplex=full|half, link=up|down, and rates as {@link NetRates} has them</td></tr>
 * <tr><td>user</td><td>hostfwd=tcp|udp:[ADDR]:PORT-[ADDR]:PORT (any number of times),
 *     ipv4=on|off, net=10.0.2.0/24, host=, dns=, dhcpstart=, ipv6=on|off, net6=fec0::/64, host6=,
 *     dns6=, restrict=on|off, hostname=, domain=, dnssearch= (any number of times), tftp=DIRECTORY,
 *     bootfile=</td></tr>
 * <tr><td>passt</td><td>socket=PATH, program=PATH, hostfwd=</td></tr>
 * <tr><td>tap</td><td>ifname=NAME, bridge=NAME</td></tr>
 * </table>
 *
 * @param attachment what the interface is connected to
 * @param options what the guest sees of it
 */
public record NetSpec(NetAttachment attachment, NetOptions options) {
    /** All keys there are; not every kind has each. */
    public static final Set<String> KEYS =
            Set.of(
                    "mac",
                    "mtu",
                    "queues",
                    "speed",
                    "duplex",
                    "link",
                    "bps",
                    "bps-burst",
                    "iops",
                    "iops-burst",
                    "rx-bps",
                    "rx-bps-burst",
                    "rx-iops",
                    "rx-iops-burst",
                    "tx-bps",
                    "tx-bps-burst",
                    "tx-iops",
                    "tx-iops-burst",
                    "hostfwd",
                    "ipv4",
                    "net",
                    "host",
                    "dns",
                    "dhcpstart",
                    "ipv6",
                    "net6",
                    "host6",
                    "dns6",
                    "restrict",
                    "hostname",
                    "domain",
                    "dnssearch",
                    "tftp",
                    "bootfile",
                    "socket",
                    "program",
                    "ifname",
                    "bridge");

    /**
     * Reads an interface.
     *
     * @param text such as {@code user,hostfwd=tcp:127.0.0.1:2222-:22}
     * @throws IllegalArgumentException with a message for the user if something is wrong with it
     */
    public static NetSpec parse(String text) {
        return read(new NetText(text));
    }

    /**
     * Reads an interface whose keys are apart already.
     *
     * @param kind such as {@code user}
     * @param values those of each key
     * @throws IllegalArgumentException with a message for the user if something is wrong with it
     */
    public static NetSpec of(String kind, Map<String, List<String>> values) {
        return read(new NetText(kind, values));
    }

    private static NetSpec read(NetText words) {
        NetOptions options = options(words);
        NetAttachment attachment =
                switch (words.kind()) {
                    case "user" -> user(words);
                    case "passt" -> passt(words);
                    case "tap" -> tap(words, options);
                    case "none" -> new NetAttachment.None();
                    default ->
                            throw new IllegalArgumentException(
                                    "'%s' is not a kind of network: write user, passt, tap or none"
                                            .formatted(words.kind()));
                };
        words.end();
        if (options.queuePairs() > attachment.queuePairs()) {
            throw new IllegalArgumentException(
                    "queues=%d: network '%s' has one pair of queues; only tap has more"
                            .formatted(options.queuePairs(), words.kind()));
        }
        return new NetSpec(attachment, options);
    }

    private static NetOptions options(NetText words) {
        String mac = words.text("mac");
        return new NetOptions(
                mac == null ? null : MacAddress.parse(mac),
                words.number("mtu", NetOptions.MIN_MTU, NetOptions.MAX_MTU, 0),
                words.number("queues", 1, NetOptions.MAX_QUEUE_PAIRS, 1),
                words.number("speed", 0, Integer.MAX_VALUE, -1),
                words.choice("duplex", "full", "half", true),
                words.choice("link", "up", "down", true),
                NetRates.parse(words));
    }

    private static NetAttachment.User user(NetText words) {
        String tftp = words.text("tftp");
        return new NetAttachment.User(
                ipv4(words),
                ipv6(words),
                words.flag("restrict", false),
                words.text("hostname"),
                words.text("domain"),
                words.all("dnssearch"),
                tftp == null ? null : Path.of(tftp),
                words.text("bootfile"),
                forwards(words));
    }

    private static NetAttachment.@Nullable Ipv4 ipv4(NetText words) {
        boolean on = words.flag("ipv4", true);
        String net = words.text("net");
        Inet4Address host = words.ipv4Of("host");
        Inet4Address dns = words.ipv4Of("dns");
        Inet4Address dhcp = words.ipv4Of("dhcpstart");
        if (!on) {
            return null;
        }
        String[] parts = network("net", net == null ? "10.0.2.0/24" : net);
        Inet4Address network = NetText.ipv4(parts[0]);
        int prefix = prefix("net", parts[1]);
        // The addresses libslirp's users know: .2, .3 and .15; a small network ends before .15.
        return new NetAttachment.Ipv4(
                network,
                prefix,
                host == null ? plus(network, 2) : host,
                dns == null ? plus(network, 3) : dns,
                dhcp == null ? plus(network, prefix > 27 ? 4 : 15) : dhcp);
    }

    private static NetAttachment.@Nullable Ipv6 ipv6(NetText words) {
        boolean on = words.flag("ipv6", true);
        String net = words.text("net6");
        Inet6Address host = words.ipv6Of("host6");
        Inet6Address dns = words.ipv6Of("dns6");
        if (!on) {
            return null;
        }
        String[] parts = network("net6", net == null ? "fec0::/64" : net);
        Inet6Address network = NetText.ipv6(parts[0]);
        return new NetAttachment.Ipv6(
                network,
                prefix("net6", parts[1]),
                host == null ? plus(network, 2) : host,
                dns == null ? plus(network, 3) : dns);
    }

    private static NetAttachment.Passt passt(NetText words) {
        String socket = words.text("socket");
        String program = words.text("program");
        return new NetAttachment.Passt(
                socket == null ? null : Path.of(socket),
                program == null ? "passt" : program,
                forwards(words));
    }

    private static NetAttachment.Tap tap(NetText words, NetOptions options) {
        return new NetAttachment.Tap(
                words.text("ifname"), words.text("bridge"), options.queuePairs());
    }

    private static List<PortForward> forwards(NetText words) {
        return words.all("hostfwd").stream().map(PortForward::parse).toList();
    }

    private static String[] network(String key, String text) {
        String[] parts = text.split("/", -1);
        if (parts.length != 2) {
            throw new IllegalArgumentException(
                    "%s=%s: write ADDRESS/PREFIXLENGTH".formatted(key, text));
        }
        return parts;
    }

    private static int prefix(String key, String text) {
        if (!text.matches("\\d{1,3}")) {
            throw new IllegalArgumentException(
                    "%s=: '%s' is not the length of a prefix".formatted(key, text));
        }
        return Integer.parseInt(text);
    }

    private static Inet4Address plus(Inet4Address address, int number) {
        int bits = NetAttachment.Ipv4.bits(address) + number;
        return NetText.ipv4(
                "%d.%d.%d.%d"
                        .formatted(
                                bits >>> 24, bits >>> 16 & 0xff, bits >>> 8 & 0xff, bits & 0xff));
    }

    private static Inet6Address plus(Inet6Address network, int number) {
        byte[] bytes = network.getAddress();
        bytes[15] += (byte) number;
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 16; i += 2) {
            text.append(i == 0 ? "" : ":")
                    .append("%x".formatted((bytes[i] & 0xff) << 8 | (bytes[i + 1] & 0xff)));
        }
        return NetText.ipv6(text.toString());
    }
}
