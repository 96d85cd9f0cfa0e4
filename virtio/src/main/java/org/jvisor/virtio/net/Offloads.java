package org.jvisor.virtio.net;

/** What a receiver of frames can do with unfinished ones, as bits. */
public final class Offloads {
    /** Completes checksums; a receiver without it wants them complete. */
    public static final int CSUM = 1;

    /** Takes TCP over IPv4 in packets larger than the MTU. */
    public static final int TSO4 = 2;

    /** Takes TCP over IPv6 in packets larger than the MTU. */
    public static final int TSO6 = 4;

    /** Takes such TCP packets with the ECN bit set. */
    public static final int ECN = 8;

    /** Takes several UDP datagrams in one packet, over IPv4 and IPv6. */
    public static final int USO = 16;

    /** Something nobody can. */
    static final int UNKNOWN = 1 << 30;

    private Offloads() {}
}
