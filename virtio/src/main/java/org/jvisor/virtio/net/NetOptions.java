package org.jvisor.virtio.net;

import org.jspecify.annotations.Nullable;

/**
 * What the guest's side of an interface is like.
 *
 * @param mac its address; null to derive one
 * @param mtu the largest packet in bytes, 68 to 65520; 0 for what the back end says
 * @param queuePairs pairs of queues, 1 to 16
 * @param speed in units of 1,000,000 bit/s; -1 for unknown
 * @param fullDuplex whether it says so
 * @param linkUp whether the cable is plugged in at the start
 * @param rates limits on what it receives and sends
 */
public record NetOptions(
        @Nullable MacAddress mac,
        int mtu,
        int queuePairs,
        int speed,
        boolean fullDuplex,
        boolean linkUp,
        NetRates rates) {
    /** The smallest MTU (RFC 791). */
    public static final int MIN_MTU = 68;

    /** The largest MTU: what libslirp and passt can take. */
    public static final int MAX_MTU = 65520;

    /** The most queue pairs. */
    public static final int MAX_QUEUE_PAIRS = 16;

    /** What an interface is like about which nothing is said. */
    public static final NetOptions DEFAULT =
            new NetOptions(null, 0, 1, -1, true, true, NetRates.NONE);

    /** Checks ranges. */
    public NetOptions {
        if (mtu != 0 && (mtu < MIN_MTU || mtu > MAX_MTU)) {
            throw new IllegalArgumentException(
                    "mtu=%d: write a number from %d to %d".formatted(mtu, MIN_MTU, MAX_MTU));
        }
        if (queuePairs < 1 || queuePairs > MAX_QUEUE_PAIRS) {
            throw new IllegalArgumentException(
                    "queues=%d: write a number from 1 to %d"
                            .formatted(queuePairs, MAX_QUEUE_PAIRS));
        }
    }

    /** The same with an address. */
    public NetOptions withMac(MacAddress address) {
        return new NetOptions(address, mtu, queuePairs, speed, fullDuplex, linkUp, rates);
    }
}
