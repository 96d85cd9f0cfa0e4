package org.jvisor.virtio.net;

import org.jvisor.virtio.ConfigSpace;

/** The fields of the configuration space (virtio 1.2 §5.1.4). */
final class NetConfig {
    private static final int MAC = 0, STATUS = 6, PAIRS = 8, MTU = 10, SPEED = 12, DUPLEX = 16;
    private static final int SIZE = 24;
    private static final int LINK_UP = 1, ANNOUNCE = 2;

    private final ConfigSpace space = new ConfigSpace(SIZE);

    NetConfig(NetOptions options, int mtu) {
        space.put(PAIRS, 2, options.queuePairs());
        space.put(MTU, 2, mtu);
        space.put(SPEED, 4, options.speed());
        space.put(DUPLEX, 1, options.fullDuplex() ? 1 : 0);
    }

    int size() {
        return SIZE;
    }

    long read(int offset, int size) {
        return space.read(offset, size);
    }

    void mac(long bits) {
        // The first byte on the wire is the lowest in memory.
        space.put(MAC, 6, Long.reverseBytes(bits) >>> 16);
    }

    /** Says how the link is; returns whether that is news. */
    boolean status(boolean up, boolean announce) {
        long status = (up ? LINK_UP : 0) | (announce ? ANNOUNCE : 0);
        synchronized (space) {
            if (space.read(STATUS, 2) == status) {
                return false;
            }
            space.put(STATUS, 2, status);
            return true;
        }
    }
}
