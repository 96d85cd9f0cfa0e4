package org.jvisor.machine;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.balloon.VirtioBalloon;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.VirtioBlock;
import org.jvisor.virtio.net.VirtioNet;

/**
 * What the host changes about a machine's virtio devices while the guest uses them. From any
 * thread.
 *
 * @param disks by index
 * @param networks by index
 * @param balloon or null if there is none
 */
record DeviceControls(
        List<VirtioBlock> disks, List<VirtioNet> networks, @Nullable VirtioBalloon balloon) {
    /** No devices. */
    static final DeviceControls NONE = new DeviceControls(List.of(), List.of(), null);

    DeviceControls {
        disks = List.copyOf(disks);
        networks = List.copyOf(networks);
    }

    private static <T> T get(List<T> devices, int index, String what) {
        if (index < 0 || index >= devices.size()) {
            throw new IllegalArgumentException(
                    devices.isEmpty()
                            ? "the machine has no %s".formatted(what)
                            : "the machine has no %s %d: they are numbered from 0 to %d"
                                    .formatted(what, index, devices.size() - 1));
        }
        return devices.get(index);
    }

    long diskSize(int index) {
        return get(disks, index, "disk").disk().size();
    }

    void resizeDisk(int index, long bytes) {
        VirtioBlock disk = get(disks, index, "disk");
        if (bytes <= 0 || bytes % 512 != 0) {
            throw new IllegalArgumentException("a disk has a multiple of 512 bytes, not " + bytes);
        }
        long size = disk.disk().size();
        if (bytes < size) {
            throw new IllegalArgumentException(
                    "disk %d has %d bytes, and a guest that uses it would lose what is beyond %d: stop the machine and use jvisor disk resize --shrink"
                            .formatted(index, size, bytes));
        }
        try {
            disk.resize(bytes);
        } catch (BlockException e) {
            throw new MachineException(MachineException.Kind.FILE, e.getMessage(), e);
        }
    }

    void setLink(int index, boolean up) {
        get(networks, index, "network interface").setLink(up);
    }

    boolean linkUp(int index) {
        return get(networks, index, "network interface").linkUp();
    }

    private VirtioBalloon inflatable() {
        VirtioBalloon there = balloon;
        if (there == null) {
            throw new IllegalStateException(
                    "the machine has no balloon: give it one with --balloon, or DeviceConfig.Balloon");
        }
        return there;
    }

    void setBalloonTarget(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a balloon of " + bytes + " bytes");
        }
        inflatable().setTarget(bytes);
    }

    BalloonStatistics balloonStatistics() {
        VirtioBalloon from = inflatable();
        BalloonStatistics now =
                new BalloonStatistics(
                        from.target(), from.actual(), from.released(), from.statistics());
        from.requestStatistics();
        return now;
    }
}
