package org.jvisor.benchmarks.jmh;

import org.jvisor.virtio.Features;

/** The formats of a virtqueue. */
public enum RingFormat {
    /** Split, virtio 1.2 §2.7. */
    SPLIT(0),
    /** Packed, virtio 1.2 §2.8. */
    PACKED(Features.RING_PACKED);

    private final long features;

    RingFormat(long features) {
        this.features = features | Features.VERSION_1;
    }

    /** The features that a driver negotiates for it. */
    long features() {
        return features;
    }
}
