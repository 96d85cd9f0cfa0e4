package org.jvisor.virtio.net;

/** The feature bits of a network device as masks (virtio 1.2 §5.1.3). */
final class NetFeatures {
    static final long CSUM = 1L << 0;
    static final long GUEST_CSUM = 1L << 1;
    static final long CTRL_GUEST_OFFLOADS = 1L << 2;
    static final long MTU = 1L << 3;
    static final long MAC = 1L << 5;
    static final long GUEST_TSO4 = 1L << 7;
    static final long GUEST_TSO6 = 1L << 8;
    static final long GUEST_ECN = 1L << 9;
    static final long HOST_TSO4 = 1L << 11;
    static final long HOST_TSO6 = 1L << 12;
    static final long HOST_ECN = 1L << 13;
    static final long MRG_RXBUF = 1L << 15;
    static final long STATUS = 1L << 16;
    static final long CTRL_VQ = 1L << 17;
    static final long CTRL_RX = 1L << 18;
    static final long CTRL_VLAN = 1L << 19;
    static final long CTRL_RX_EXTRA = 1L << 20;
    static final long GUEST_ANNOUNCE = 1L << 21;
    static final long MQ = 1L << 22;
    static final long CTRL_MAC_ADDR = 1L << 23;
    static final long GUEST_USO4 = 1L << 54;
    static final long GUEST_USO6 = 1L << 55;
    static final long HOST_USO = 1L << 56;
    static final long SPEED_DUPLEX = 1L << 63;

    /** What VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET switches, by the same bits as the features. */
    static final long SWITCHABLE =
            GUEST_CSUM | GUEST_TSO4 | GUEST_TSO6 | GUEST_ECN | GUEST_USO4 | GUEST_USO6;

    private NetFeatures() {}

    /**
     * What a device offers.
     *
     * @param backend what it is connected to
     * @param options what the guest is to see
     */
    static long offered(NetBackend backend, NetOptions options) {
        // What the back end cannot do with the guest's frames is done in software.
        long features = CSUM | HOST_TSO4 | HOST_TSO6 | HOST_ECN | HOST_USO;
        features |= GUEST_CSUM | guest(backend.delivers()) | CTRL_GUEST_OFFLOADS;
        features |= MRG_RXBUF | MAC | STATUS | GUEST_ANNOUNCE;
        features |= CTRL_VQ | CTRL_RX | CTRL_RX_EXTRA | CTRL_VLAN | CTRL_MAC_ADDR;
        if (options.queuePairs() > 1) {
            features |= MQ;
        }
        if (options.mtu() != 0 || backend.mtu() != 0) {
            features |= MTU;
        }
        if (options.speed() >= 0) {
            features |= SPEED_DUPLEX;
        }
        return features;
    }

    /** Whether each feature has what it requires (virtio 1.2 §5.1.3.1). */
    static boolean consistent(long features) {
        return requires(features, HOST_TSO4 | HOST_TSO6 | HOST_USO, CSUM)
                && requires(features, HOST_ECN, HOST_TSO4 | HOST_TSO6)
                && requires(features, GUEST_TSO4 | GUEST_TSO6 | GUEST_USO4 | GUEST_USO6, GUEST_CSUM)
                && requires(features, GUEST_ECN, GUEST_TSO4 | GUEST_TSO6)
                && requires(
                        features,
                        CTRL_RX
                                | CTRL_VLAN
                                | GUEST_ANNOUNCE
                                | MQ
                                | CTRL_MAC_ADDR
                                | CTRL_GUEST_OFFLOADS,
                        CTRL_VQ);
    }

    private static boolean requires(long features, long these, long oneOf) {
        return (features & these) == 0 || (features & oneOf) != 0;
    }

    /** The features of a guest that takes unfinished frames. */
    private static long guest(int offloads) {
        long features = 0;
        features |= (offloads & Offloads.TSO4) != 0 ? GUEST_TSO4 : 0;
        features |= (offloads & Offloads.TSO6) != 0 ? GUEST_TSO6 : 0;
        features |= (offloads & Offloads.ECN) != 0 ? GUEST_ECN : 0;
        features |= (offloads & Offloads.USO) != 0 ? GUEST_USO4 | GUEST_USO6 : 0;
        return features;
    }

    /** The {@link Offloads} that a guest with these features takes. */
    static int received(long features) {
        int offloads = (features & GUEST_CSUM) != 0 ? Offloads.CSUM : 0;
        offloads |= (features & GUEST_TSO4) != 0 ? Offloads.TSO4 : 0;
        offloads |= (features & GUEST_TSO6) != 0 ? Offloads.TSO6 : 0;
        offloads |= (features & GUEST_ECN) != 0 ? Offloads.ECN : 0;
        long uso = GUEST_USO4 | GUEST_USO6;
        offloads |= (features & uso) == uso ? Offloads.USO : 0;
        return offloads;
    }

    /** The {@link Offloads} that a guest with these features may send. */
    static int sent(long features) {
        int offloads = (features & CSUM) != 0 ? Offloads.CSUM : 0;
        offloads |= (features & HOST_TSO4) != 0 ? Offloads.TSO4 : 0;
        offloads |= (features & HOST_TSO6) != 0 ? Offloads.TSO6 : 0;
        offloads |= (features & HOST_ECN) != 0 ? Offloads.ECN : 0;
        offloads |= (features & HOST_USO) != 0 ? Offloads.USO : 0;
        return offloads;
    }
}
