package org.jvisor.virtio;

/** The feature bits that do not depend on the device, as masks (virtio 1.2 §6). */
public final class Features {
    /** VIRTIO_F_INDIRECT_DESC: descriptors may refer to tables of descriptors. */
    public static final long RING_INDIRECT_DESC = 1L << 28;

    /** VIRTIO_F_EVENT_IDX: each side says at which index it wants to be told. */
    public static final long RING_EVENT_IDX = 1L << 29;

    /** VIRTIO_F_VERSION_1: not a legacy device. Required of every driver. */
    public static final long VERSION_1 = 1L << 32;

    /** VIRTIO_F_ACCESS_PLATFORM: addresses go through an IOMMU. Not offered, so refused. */
    public static final long ACCESS_PLATFORM = 1L << 33;

    /** VIRTIO_F_RING_PACKED: the packed ring format. */
    public static final long RING_PACKED = 1L << 34;

    /** What every device here offers. */
    public static final long RINGS = VERSION_1 | RING_INDIRECT_DESC | RING_EVENT_IDX | RING_PACKED;

    private Features() {}
}
