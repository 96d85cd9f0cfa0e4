package org.jvisor.virtio.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What is said about a frame's checksum and segmentation: struct virtio_net_hdr (virtio 1.2
 * §5.1.6), in memory of the host's own. Reusable; one thread at a time.
 */
public final class NetHeader {
    /** Bytes of the header with num_buffers, the only form there is since VERSION_1. */
    public static final int BYTES = 12;

    /** Bit of {@link #flags}: the checksum at csumStart + csumOffset is to be completed. */
    public static final int NEEDS_CSUM = 1;

    /** Bit of {@link #flags}: the checksum was found to be right. */
    public static final int DATA_VALID = 2;

    /** Value of {@link #gsoType}: not to be divided. */
    public static final int GSO_NONE = 0;

    /** Value of {@link #gsoType}: TCP over IPv4. */
    public static final int GSO_TCPV4 = 1;

    /** Value of {@link #gsoType}: TCP over IPv6. */
    public static final int GSO_TCPV6 = 4;

    /** Value of {@link #gsoType}: several UDP datagrams. */
    public static final int GSO_UDP_L4 = 5;

    /** Bit of {@link #gsoType}: the TCP packet has its ECN bit (CWR) set. */
    public static final int GSO_ECN = 0x80;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** {@link #NEEDS_CSUM}, {@link #DATA_VALID} or 0. */
    public int flags;

    /** One of the GSO_ values, with {@link #GSO_ECN} or without. */
    public int gsoType;

    /** Bytes of headers that each segment begins with: a hint. */
    public int hdrLen;

    /** Bytes of payload in each segment. */
    public int gsoSize;

    /** Where the checksummed part begins, in bytes from the frame's start. */
    public int csumStart;

    /** Where the checksum lies, in bytes from {@link #csumStart}. */
    public int csumOffset;

    /** Makes a header that says nothing. */
    public NetHeader() {}

    /** Says nothing about the frame. */
    public void clear() {
        flags = 0;
        gsoType = GSO_NONE;
        hdrLen = 0;
        gsoSize = 0;
        csumStart = 0;
        csumOffset = 0;
    }

    /** Reads {@link #BYTES} bytes, without num_buffers. */
    public void read(MemorySegment memory, long offset) {
        flags = memory.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
        gsoType = memory.get(ValueLayout.JAVA_BYTE, offset + 1) & 0xff;
        hdrLen = memory.get(SHORT, offset + 2) & 0xffff;
        gsoSize = memory.get(SHORT, offset + 4) & 0xffff;
        csumStart = memory.get(SHORT, offset + 6) & 0xffff;
        csumOffset = memory.get(SHORT, offset + 8) & 0xffff;
    }

    /** Writes {@link #BYTES} bytes. */
    public void write(MemorySegment memory, long offset, int numBuffers) {
        memory.set(ValueLayout.JAVA_BYTE, offset, (byte) flags);
        memory.set(ValueLayout.JAVA_BYTE, offset + 1, (byte) gsoType);
        memory.set(SHORT, offset + 2, (short) hdrLen);
        memory.set(SHORT, offset + 4, (short) gsoSize);
        memory.set(SHORT, offset + 6, (short) csumStart);
        memory.set(SHORT, offset + 8, (short) csumOffset);
        memory.set(SHORT, offset + 10, (short) numBuffers);
    }

    /** The {@link Offloads} bits a receiver of the frame must have. */
    public int needs() {
        int bits = (flags & NEEDS_CSUM) != 0 ? Offloads.CSUM : 0;
        bits |=
                switch (gsoType & ~GSO_ECN) {
                    case GSO_NONE -> 0;
                    case GSO_TCPV4 -> Offloads.TSO4;
                    case GSO_TCPV6 -> Offloads.TSO6;
                    case GSO_UDP_L4 -> Offloads.USO;
                    default -> Offloads.UNKNOWN;
                };
        return (gsoType & GSO_ECN) != 0 ? bits | Offloads.ECN : bits;
    }
}
