package org.jvisor.machine;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A virtio network interface.
 *
 * @param backend what it is connected to
 * @param mac its address, as {@code 52:54:00:12:34:56}, lower case; null for one made from the
 *     machine's name
 * @param mtu what the guest is told to use, {@link #MIN_MTU} to {@link #MAX_MTU}; 0 to tell nothing
 * @param queuePairs receive and transmit queues, 1 to {@link #MAX_QUEUE_PAIRS} of each
 * @param limit how much it may do, both directions together
 */
public record NetworkConfig(
        Backend backend, @Nullable String mac, int mtu, int queuePairs, RateConfig limit) {
    /** The most pairs of queues. */
    public static final int MAX_QUEUE_PAIRS = 8;

    /** The least MTU an interface may be told of (virtio 1.2 §5.1.4.1). */
    public static final int MIN_MTU = 68;

    /** The largest. */
    public static final int MAX_MTU = 65535;

    private static final Pattern MAC = Pattern.compile("([0-9a-f]{2}:){5}[0-9a-f]{2}");

    /** The longest name of a Linux interface. */
    private static final int MAX_INTERFACE_NAME = 15;

    static final DeviceSpec.Kind KIND =
            new DeviceSpec.Kind("a network interface", "backend", keys(), Set.of());

    private static Set<String> keys() {
        Set<String> keys = new HashSet<>(RateConfig.KEYS);
        keys.addAll(Set.of("mac", "mtu", "queues", "hostfwd", "ifname", "bridge", "socket"));
        return Set.copyOf(keys);
    }

    /** What an interface is connected to. */
    public sealed interface Backend {
        /**
         * A network of the machine's own inside this process, with DHCP, DNS and address
         * translation to the host's network. Needs libslirp and no privileges.
         *
         * @param forwards ports of the host that lead to the guest
         */
        record User(List<HostForward> forwards) implements Backend {
            /** Copies the list. */
            public User {
                forwards = List.copyOf(forwards);
            }
        }

        /**
         * The passt program.
         *
         * @param socket where one listens already; null to start one
         * @param forwards ports of the host that lead to the guest, for one that is started
         */
        record Passt(@Nullable Path socket, List<HostForward> forwards) implements Backend {
            /** Copies the list. */
            public Passt {
                forwards = List.copyOf(forwards);
                if (socket != null && !forwards.isEmpty()) {
                    throw bad(
                            "passt at a socket was started by someone else: give it its ports there");
                }
            }
        }

        /**
         * A tap interface of the host.
         *
         * @param name of an interface that is there or is to be made, at most 15 characters; null
         *     for a new one with a name by the kernel
         * @param bridge the bridge to join it to; null for none
         */
        record Tap(@Nullable String name, @Nullable String bridge) implements Backend {
            /** Checks the names. */
            public Tap {
                checkInterface(name);
                checkInterface(bridge);
            }
        }

        /** Nothing: a cable that is not plugged in. */
        record None() implements Backend {}
    }

    /** Checks what can be known without the host. */
    public NetworkConfig {
        if (mac != null) {
            if (!MAC.matcher(mac).matches()) {
                throw bad("'%s' is no MAC address: write it as 52:54:00:12:34:56".formatted(mac));
            }
            if ((Integer.parseInt(mac.substring(0, 2), 16) & 1) != 0) {
                throw bad(
                        "%s is a multicast address: an interface's own has an even first byte"
                                .formatted(mac));
            }
        }
        if (mtu != 0 && (mtu < MIN_MTU || mtu > MAX_MTU)) {
            throw bad("an MTU is %d to %d, not %d".formatted(MIN_MTU, MAX_MTU, mtu));
        }
        if (queuePairs < 1 || queuePairs > MAX_QUEUE_PAIRS) {
            throw bad(
                    "an interface has 1 to %d pairs of queues, not %d"
                            .formatted(MAX_QUEUE_PAIRS, queuePairs));
        }
    }

    /** An interface with nothing but its back end chosen. */
    public static NetworkConfig of(Backend backend) {
        return new NetworkConfig(backend, null, 0, 1, RateConfig.UNLIMITED);
    }

    /** User networking without forwarded ports. */
    public static NetworkConfig user() {
        return of(new Backend.User(List.of()));
    }

    /** The same interface with another address. */
    public NetworkConfig withMac(String address) {
        return new NetworkConfig(backend, address, mtu, queuePairs, limit);
    }

    /** The same interface under a limit. */
    public NetworkConfig withLimit(RateConfig rates) {
        return new NetworkConfig(backend, mac, mtu, queuePairs, rates);
    }

    /**
     * Reads {@code user[,hostfwd=FORWARD]...}, {@code passt[,socket=PATH][,hostfwd=FORWARD]...},
     * {@code tap[,ifname=NAME][,bridge=NAME]} or {@code none}, each with {@code [,mac=ADDRESS]
     * [,mtu=N][,queues=N][,bps=SIZE][,bps-burst=SIZE][,iops=N][,iops-burst=N]}.
     *
     * @throws MachineException if it is not of that form
     */
    public static NetworkConfig parse(String text) {
        return of(DeviceSpec.parse(KIND, text), Path.of(""));
    }

    /** Reads a description whose paths are relative to {@code base}. */
    static NetworkConfig of(DeviceSpec spec, Path base) {
        String mac = spec.get("mac");
        return new NetworkConfig(
                backend(spec, base),
                mac == null ? null : mac.toLowerCase(Locale.ROOT),
                (int) spec.number("mtu", MIN_MTU, MAX_MTU, 0),
                (int) spec.number("queues", 1, MAX_QUEUE_PAIRS, 1),
                RateConfig.of(spec));
    }

    private static Backend backend(DeviceSpec spec, Path base) {
        String kind = spec.main();
        Set<String> own =
                switch (kind) {
                    case "user" -> Set.of("hostfwd");
                    case "passt" -> Set.of("hostfwd", "socket");
                    case "tap" -> Set.of("ifname", "bridge");
                    case "none" -> Set.of();
                    default ->
                            throw spec.bad(
                                    "the back end is user, passt, tap or none, not '%s'"
                                            .formatted(kind));
                };
        for (String key : List.of("hostfwd", "socket", "ifname", "bridge")) {
            if (!own.contains(key) && !spec.all(key).isEmpty()) {
                throw spec.bad("%s does not belong to the back end %s".formatted(key, kind));
            }
        }
        List<HostForward> forwards = spec.all("hostfwd").stream().map(HostForward::parse).toList();
        String socket = spec.get("socket");
        return switch (kind) {
            case "user" -> new Backend.User(forwards);
            case "passt" ->
                    new Backend.Passt(socket == null ? null : base.resolve(socket), forwards);
            case "tap" -> new Backend.Tap(spec.get("ifname"), spec.get("bridge"));
            default -> new Backend.None();
        };
    }

    private static void checkInterface(@Nullable String name) {
        if (name != null && (!name.matches("[^/:\\s]+") || name.length() > MAX_INTERFACE_NAME)) {
            throw bad(
                    "'%s' cannot name an interface: take 1 to %d characters without spaces, '/' and ':'"
                            .formatted(name, MAX_INTERFACE_NAME));
        }
    }

    private static MachineException bad(String message) {
        return new MachineException(
                MachineException.Kind.CONFIGURATION, "a network interface: " + message);
    }
}
