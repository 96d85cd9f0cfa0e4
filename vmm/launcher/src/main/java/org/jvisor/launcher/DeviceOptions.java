package org.jvisor.launcher;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.jvisor.machine.DeviceConfig;
import org.jvisor.machine.DiskConfig;
import org.jvisor.machine.MachineConfig;
import org.jvisor.machine.NetworkConfig;
import org.jvisor.machine.TransportKind;
import picocli.CommandLine.Option;

/** The options that fit a machine with virtio devices. */
final class DeviceOptions {
    @Option(
            names = "--disk",
            paramLabel = "FILE[,OPTION]...",
            converter = Converters.Disk.class,
            description =
                    "A disk: ro, overlay (writes are thrown away), format=raw|qcow2 (else as the name"
                            + " ends), backing=FILE, serial=TEXT, queues=N, direct, bps=SIZE, iops=N. May be"
                            + " repeated.")
    List<DiskConfig> disks = List.of();

    @Option(
            names = "--net",
            paramLabel = "KIND[,OPTION]...",
            converter = Converters.Network.class,
            description =
                    "A network interface: user, passt, tap or none, with hostfwd=tcp:ADDRESS:PORT-:PORT"
                            + " (user, passt), socket=PATH (passt), ifname=NAME, bridge=NAME (tap), mac=ADDRESS,"
                            + " mtu=N, queues=N, bps=SIZE, iops=N. May be repeated.")
    List<NetworkConfig> networks = List.of();

    @Option(
            names = "--rng",
            negatable = true,
            description = "A source of entropy, which is there unless --no-rng leaves it out.")
    @Nullable Boolean rng;

    @Option(
            names = "--transport",
            paramLabel = "KIND",
            converter = Converters.Transport.class,
            description =
                    "How the guest sees disks and the like: pci (the default) or mmio, described in"
                            + " ACPI.")
    @Nullable TransportKind transport;

    @Option(
            names = "--balloon",
            negatable = true,
            description =
                    "A balloon, by which the guest's free memory goes back to the host while it is free.")
    @Nullable Boolean balloon;

    @Option(
            names = "--vsock",
            paramLabel = "SOCKET[,cid=N]",
            converter = Converters.Vsock.class,
            description =
                    "Sockets between host and guest: SOCKET is the path of a Unix socket to make, where a"
                            + " program of the host writes CONNECT and a port of the guest.")
    DeviceConfig.@Nullable Vsock vsock;

    /** Sets what was given; disks and interfaces take the place of a configuration file's. */
    void apply(MachineConfig.Builder built) {
        set(transport, built::transport);
        if (!disks.isEmpty()) {
            built.disks(disks);
        }
        if (!networks.isEmpty()) {
            built.networks(networks);
        }
        set(rng, fitted -> fit(built, fitted, new DeviceConfig.Rng()));
        set(balloon, fitted -> fit(built, fitted, new DeviceConfig.Balloon()));
        set(vsock, built::device);
    }

    private static void fit(MachineConfig.Builder built, boolean fitted, DeviceConfig device) {
        if (fitted) {
            built.device(device);
        } else {
            built.without(device.getClass());
        }
    }

    private static <T> void set(@Nullable T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }
}
