package org.jvisor.machine;

import java.io.IOException;
import java.util.List;
import org.jvisor.virtio.RateLimiter;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.balloon.VirtioBalloon;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.DiskFormat;
import org.jvisor.virtio.block.DiskOptions;
import org.jvisor.virtio.block.VirtioBlock;
import org.jvisor.virtio.console.VirtioConsole;
import org.jvisor.virtio.entropy.VirtioRng;
import org.jvisor.virtio.net.MacAddress;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetBackends;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.NetOptions;
import org.jvisor.virtio.net.NetSpec;
import org.jvisor.virtio.net.VirtioNet;
import org.jvisor.virtio.vsock.VirtioVsock;

/** Makes a machine's virtio devices, with their back ends, from its configuration. */
final class VirtioFactory {
    /** Descriptors in a disk's queue. */
    private static final int DISK_QUEUE_SIZE = 256;

    private final MachineConfig config;

    VirtioFactory(MachineConfig config) {
        this.config = config;
    }

    /**
     * Makes a disk.
     *
     * @throws MachineException if its file cannot be had
     */
    VirtioBlock disk(int index) {
        DiskConfig disk = config.disks().get(index);
        String name = "disk" + index;
        DiskOptions options =
                new DiskOptions(
                        disk.file(),
                        disk.format() == DiskConfig.Format.QCOW2
                                ? DiskFormat.QCOW2
                                : DiskFormat.RAW,
                        disk.readOnly(),
                        disk.direct(),
                        disk.overlay(),
                        disk.backing());
        BlockBackend backend;
        try {
            backend = Disk.open(options);
        } catch (BlockException e) {
            throw new MachineException(MachineException.Kind.FILE, e.getMessage(), e);
        }
        String serial = disk.serial();
        int queues =
                disk.queues() > 0 ? disk.queues() : Math.min(config.cpus(), DiskConfig.MAX_QUEUES);
        return new VirtioBlock(
                name,
                backend,
                new VirtioBlock.Settings(
                        serial == null ? name : serial,
                        queues,
                        DISK_QUEUE_SIZE,
                        limits(disk.limit())));
    }

    /**
     * Makes a network interface and connects it.
     *
     * @throws MachineException if the host does not let it
     */
    VirtioNet network(int index) {
        NetSpec spec = config.networks().get(index).spec();
        String name = "net" + index;
        NetOptions options = spec.options();
        if (options.mac() == null) {
            options = options.withMac(MacAddress.derive(config.name() + "/" + name));
        }
        NetBackend backend;
        try {
            backend = NetBackends.open(name, spec);
        } catch (NetException e) {
            throw new MachineException(MachineException.Kind.HOST, e.getMessage(), e);
        }
        return VirtioNet.open(name, backend, options, System::nanoTime);
    }

    /**
     * Makes one of the other devices.
     *
     * @throws MachineException if what it needs of the host cannot be had
     */
    VirtioDevice device(DeviceConfig device) {
        return switch (device) {
            case DeviceConfig.Rng _ -> new VirtioRng("rng");
            case DeviceConfig.Balloon _ -> new VirtioBalloon("balloon", true);
            case DeviceConfig.Vsock vsock -> vsock(vsock);
        };
    }

    private static VirtioDevice vsock(DeviceConfig.Vsock vsock) {
        try {
            return new VirtioVsock("vsock", vsock.cid(), vsock.socket());
        } catch (IOException e) {
            throw new MachineException(
                    MachineException.Kind.FILE, String.valueOf(e.getMessage()), e);
        }
    }

    /** Makes the console with its ports. */
    static VirtioDevice console(List<ConsoleLine> lines) {
        return new VirtioConsole("console", lines.stream().map(ConsoleLine::port).toList());
    }

    private static RateLimiter.Limits limits(RateConfig rate) {
        return new RateLimiter.Limits(
                rate.bytesPerSecond(),
                rate.bytesBurst(),
                rate.operationsPerSecond(),
                rate.operationsBurst());
    }
}
