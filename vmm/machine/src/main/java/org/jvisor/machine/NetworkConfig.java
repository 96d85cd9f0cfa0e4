package org.jvisor.machine;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jvisor.virtio.net.MacAddress;
import org.jvisor.virtio.net.NetSpec;

/**
 * A virtio network interface.
 *
 * @param spec what it is connected to, and what the guest sees of it
 */
public record NetworkConfig(NetSpec spec) {
    private static final String WHAT = "a network interface";

    static final DeviceSpec.Kind KIND = new DeviceSpec.Kind(WHAT, "kind", NetSpec.KEYS, Set.of());

    /** User networking without forwarded ports. */
    public static NetworkConfig user() {
        return parse("user");
    }

    /** The same interface with an address, as {@code 52:54:00:12:34:56}. */
    public NetworkConfig withMac(String address) {
        return checked(
                () ->
                        new NetSpec(
                                spec.attachment(),
                                spec.options().withMac(MacAddress.parse(address))));
    }

    /**
     * Reads {@code user}, {@code passt}, {@code tap} or {@code none}, each with {@code
     * [,KEY=VALUE]...} as {@link NetSpec} has them.
     *
     * @throws MachineException if it is not of that form
     */
    public static NetworkConfig parse(String text) {
        return of(DeviceSpec.parse(KIND, text), Path.of(""));
    }

    /** Reads a description whose paths are relative to {@code base}. */
    static NetworkConfig of(DeviceSpec spec, Path base) {
        Map<String, List<String>> values = new HashMap<>(spec.values());
        values.remove(KIND.mainKey());
        for (String path : List.of("socket", "tftp")) {
            values.computeIfPresent(
                    path,
                    (key, all) -> all.stream().map(one -> base.resolve(one).toString()).toList());
        }
        return checked(() -> NetSpec.of(spec.main(), values));
    }

    private static NetworkConfig checked(Supplier<NetSpec> maker) {
        try {
            return new NetworkConfig(maker.get());
        } catch (IllegalArgumentException e) {
            throw new MachineException(
                    MachineException.Kind.CONFIGURATION, WHAT + ": " + e.getMessage(), e);
        }
    }
}
