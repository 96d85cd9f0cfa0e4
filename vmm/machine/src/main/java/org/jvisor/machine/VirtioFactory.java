package org.jvisor.machine;

import org.jvisor.virtio.RateLimiter;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.DiskFormat;
import org.jvisor.virtio.block.DiskOptions;
import org.jvisor.virtio.block.VirtioBlock;
import org.jvisor.virtio.entropy.VirtioRng;
import org.jvisor.virtio.net.MacAddress;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetBackends;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.NetOptions;
import org.jvisor.virtio.net.NetSpec;
import org.jvisor.virtio.net.VirtioNet;

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
    VirtioDevice disk(int index) {
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
    VirtioDevice network(int index) {
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
            case DeviceConfig.Balloon _ -> throw missing("balloon");
            case DeviceConfig.Vsock _ -> throw missing("vsock");
        };
    }

    static MachineException missing(String what) {
        return new MachineException(
                MachineException.Kind.CONFIGURATION,
                "this version of jvisor has no %s: leave it out".formatted(what));
    }

    private static RateLimiter.Limits limits(RateConfig rate) {
        return new RateLimiter.Limits(
                rate.bytesPerSecond(),
                rate.bytesBurst(),
                rate.operationsPerSecond(),
                rate.operationsBurst());
    }
}
