package org.jvisor.virtio.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.Offloads;
import org.jvisor.virtio.net.packet.Checksum;
import org.jvisor.virtio.net.packet.Segmenter;

/**
 * Has libslirp send TCP in packets as large as IP allows, where the guest takes such (GUEST_TSO):
 * one costs the guest no more than a small one. The library sends no larger segment than its peer
 * said it takes, so the number in the guest's SYN is raised on its way; what comes is marked as
 * many segments of the guest's size. What else is larger than the guest's MTU becomes fragments.
 * Used by the interface's thread; {@link #offloads} by any.
 */
final class LargePackets {
    /** The library's MTU: the longest IP packet in whole words. */
    static final int SLIRP_MTU = 65520;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final int ETHERNET = 14, IPV4_TYPE = 0x0800, IPV6_TYPE = 0x86dd;
    private static final int IPV4 = 20, IPV6 = 40, TCP = 20, TCP_PROTOCOL = 6, SYN = 2;
    private static final int END_OF_OPTIONS = 0, NO_OPERATION = 1, MAXIMUM_SEGMENT_SIZE = 2;
    private static final int MORE_FRAGMENTS = 0x2000;

    private final int mtu;
    private final NetHeader large = new NetHeader();
    private final Segmenter segmenter = new Segmenter();
    private final MemorySegment fragment;
    private volatile int offloads;

    // What parse found: offsets in the memory.
    private boolean six;
    private long ip;
    private long tcp;

    /**
     * Makes one.
     *
     * @param mtu the guest's
     */
    LargePackets(int mtu) {
        this.mtu = mtu;
        fragment = Arena.ofAuto().allocate((long) NetBackend.Sink.HEADROOM + ETHERNET + mtu, 8);
    }

    /** Says what the guest takes: {@link Offloads} bits. */
    void offloads(int bits) {
        offloads = bits;
    }

    /** Finds the headers of a TCP packet; false if it is none, or too short. */
    private boolean parse(MemorySegment memory, long offset, int length) {
        if (length < ETHERNET + IPV4 + TCP) {
            return false;
        }
        int type = memory.get(SHORT, offset + 12) & 0xffff;
        ip = offset + ETHERNET;
        six = type == IPV6_TYPE;
        int header;
        if (six) {
            header = memory.get(ValueLayout.JAVA_BYTE, ip + 6) == TCP_PROTOCOL ? IPV6 : 0;
        } else {
            boolean whole =
                    type == IPV4_TYPE
                            && memory.get(ValueLayout.JAVA_BYTE, ip + 9) == TCP_PROTOCOL
                            && (memory.get(SHORT, ip + 6) & 0x3fff) == 0;
            header = whole ? (memory.get(ValueLayout.JAVA_BYTE, ip) & 0xf) * 4 : 0;
        }
        tcp = ip + header;
        return header >= IPV4 && tcp + TCP <= offset + length;
    }

    // ---- guest to library

    /** Raises the segment size the guest announces, if it takes large packets. */
    void fromGuest(MemorySegment memory, long offset, int length) {
        if ((offloads & (Offloads.TSO4 | Offloads.TSO6)) == 0
                || !parse(memory, offset, length)
                || (memory.get(ValueLayout.JAVA_BYTE, tcp + 13) & SYN) == 0
                || (offloads & (six ? Offloads.TSO6 : Offloads.TSO4)) == 0) {
            return;
        }
        int words = memory.get(ValueLayout.JAVA_BYTE, tcp + 12) >>> 4 & 0xf;
        long end = Math.min(tcp + words * 4L, offset + length);
        long packetEnd =
                six
                        ? ip + IPV6 + (memory.get(SHORT, ip + 4) & 0xffff)
                        : ip + (memory.get(SHORT, ip + 2) & 0xffff);
        if (packetEnd < end || packetEnd > offset + length) {
            return;
        }
        for (long at = tcp + TCP; at + 1 < end; ) {
            int kind = memory.get(ValueLayout.JAVA_BYTE, at);
            int size = memory.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
            if (kind == END_OF_OPTIONS || (kind != NO_OPERATION && size < 2)) {
                return;
            }
            if (kind == MAXIMUM_SEGMENT_SIZE && size == 4 && at + 4 <= end) {
                memory.set(SHORT, at + 2, (short) (SLIRP_MTU - TCP - (six ? IPV6 : IPV4)));
                int bytes = (int) (packetEnd - tcp);
                Checksum.put(
                        memory,
                        tcp + Checksum.TCP_OFFSET,
                        Checksum.pseudoHeader(memory, ip, six, bytes, TCP_PROTOCOL));
                Checksum.complete(memory, tcp, packetEnd, Checksum.TCP_OFFSET);
                return;
            }
            at += kind == NO_OPERATION ? 1 : size;
        }
    }

    // ---- library to guest

    /** Whether a frame is larger than the guest's MTU. */
    boolean isLarge(int length) {
        return length > ETHERNET + mtu;
    }

    /**
     * Sends a large frame on in a form the guest takes.
     *
     * @param memory where it lies; changed
     * @param offset where it begins
     * @param length its bytes
     * @param sink takes the results
     */
    void toGuest(MemorySegment memory, long offset, int length, NetBackend.Sink sink) {
        if (parse(memory, offset, length)) {
            int bytes = (int) (offset + length - tcp);
            Checksum.put(
                    memory,
                    tcp + Checksum.TCP_OFFSET,
                    Checksum.pseudoHeader(memory, ip, six, bytes, TCP_PROTOCOL));
            large.clear();
            large.flags = NetHeader.NEEDS_CSUM;
            large.gsoType = six ? NetHeader.GSO_TCPV6 : NetHeader.GSO_TCPV4;
            large.csumStart = (int) (tcp - offset);
            large.csumOffset = Checksum.TCP_OFFSET;
            int words = memory.get(ValueLayout.JAVA_BYTE, tcp + 12) >>> 4 & 0xf;
            large.hdrLen = large.csumStart + words * 4;
            large.gsoSize = mtu - (large.hdrLen - ETHERNET);
            // A connection from before the driver changed its mind is divided here.
            segmenter.send(large, memory, offset, length, offloads, sink);
        } else if ((memory.get(SHORT, offset + 12) & 0xffff) == IPV4_TYPE) {
            divide(memory, offset, length, sink);
        } else {
            large.clear();
            sink.send(large, memory, offset, length);
        }
    }

    /** Sends an IPv4 packet in fragments (RFC 791 §3.2). */
    private void divide(MemorySegment memory, long offset, int length, NetBackend.Sink sink) {
        long packet = offset + ETHERNET;
        int header = (memory.get(ValueLayout.JAVA_BYTE, packet) & 0xf) * 4;
        int payload = length - ETHERNET - header;
        int most = (mtu - header) & ~7;
        int place = memory.get(SHORT, packet + 6) & 0xffff;
        if (header < IPV4 || payload <= 0 || most <= 0) {
            return;
        }
        long start = NetBackend.Sink.HEADROOM;
        long to = start + ETHERNET;
        large.clear();
        for (int done = 0; done < payload; done += most) {
            int here = Math.min(most, payload - done);
            boolean last = done + here == payload;
            MemorySegment.copy(memory, offset, fragment, start, ETHERNET + header);
            MemorySegment.copy(memory, packet + header + done, fragment, to + header, here);
            fragment.set(SHORT, to + 2, (short) (header + here));
            int flags = place + done / 8 | (last ? 0 : MORE_FRAGMENTS);
            fragment.set(SHORT, to + 6, (short) flags);
            fragment.set(SHORT, to + 10, (short) 0);
            Checksum.complete(fragment, to, to + header, 10);
            sink.send(large, fragment, start, ETHERNET + header + here);
        }
    }
}
