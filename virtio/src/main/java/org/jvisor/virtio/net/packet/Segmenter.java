package org.jvisor.virtio.net.packet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.Offloads;

/**
 * Finishes a frame for a sink that takes only finished ones: divides large TCP packets (TSO) and
 * trains of UDP datagrams (USO), and completes checksums. What the guest says about a frame is not
 * trusted; a frame that contradicts it is dropped. One thread at a time.
 */
public final class Segmenter {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final int ETHERNET = 14, VLAN = 4, VLAN_TYPE = 0x8100, QINQ_TYPE = 0x88a8;
    private static final int IPV4_TYPE = 0x0800, IPV6_TYPE = 0x86dd, IPV4 = 20, IPV6 = 40;
    private static final int TCP = 6, UDP = 17, TCP_HEADER = 20, UDP_HEADER = 8;
    private static final int FIN = 1, PSH = 8, CWR = 0x80;

    /** Bytes of all headers of a segment, at most: 60 each of IP and TCP, and IPv6's extensions. */
    private static final int MAX_HEADERS = 512;

    private final MemorySegment segment =
            Arena.ofAuto().allocate(NetBackend.Sink.HEADROOM + MAX_HEADERS + 0x10000L, 8);
    private final NetHeader finished = new NetHeader();

    // What parse found: offsets from the frame's start, and lengths in bytes.
    private int ip;
    private boolean six;
    private int transport;
    private int headers;

    /** Makes one, with room for a segment. */
    public Segmenter() {}

    /**
     * Sends a frame on in the form the sink takes.
     *
     * @param header what is left to do with it; its numbers were checked to lie inside the frame
     * @param memory where it lies; overwritten
     * @param offset where it begins, after {@link NetBackend.Sink#HEADROOM} bytes of room
     * @param length bytes
     * @param accepts {@link Offloads} bits of the sink
     * @param sink takes the results
     * @return whether the frame was what its header says; if not, it is dropped
     */
    public boolean send(
            NetHeader header,
            MemorySegment memory,
            long offset,
            int length,
            int accepts,
            NetBackend.Sink sink) {
        int needs = header.needs();
        if ((needs & ~accepts) == 0) {
            sink.send(header, memory, offset, length);
            return true;
        }
        int large = needs & (Offloads.TSO4 | Offloads.TSO6 | Offloads.USO | Offloads.ECN);
        if ((large & ~accepts) != 0) {
            return divide(header, memory, offset, length, sink);
        }
        Checksum.complete(memory, offset + header.csumStart, offset + length, header.csumOffset);
        finished.clear();
        if (large != 0) {
            finished.gsoType = header.gsoType;
            finished.gsoSize = header.gsoSize;
            finished.hdrLen = header.hdrLen;
        }
        sink.send(finished, memory, offset, length);
        return true;
    }

    private boolean divide(
            NetHeader header, MemorySegment memory, long offset, int length, NetBackend.Sink sink) {
        int type = header.gsoType & ~NetHeader.GSO_ECN;
        boolean udp = type == NetHeader.GSO_UDP_L4;
        if (!parse(memory, offset, length, header.csumStart, udp ? UDP : TCP)
                || (type == NetHeader.GSO_TCPV4 && six)
                || (type == NetHeader.GSO_TCPV6 && !six)
                || header.gsoSize > 0xffff - headers) {
            return false;
        }
        int payload = length - headers;
        finished.clear();
        int done = 0;
        for (int number = 0; done < payload || number == 0; number++) {
            int here = Math.min(header.gsoSize, payload - done);
            build(memory, offset, number, done, here, done + here == payload, udp);
            sink.send(finished, segment, NetBackend.Sink.HEADROOM, headers + here);
            done += here;
        }
        return true;
    }

    /** Makes segment {@code number} of {@code here} bytes from {@code done} on. */
    private void build(
            MemorySegment memory,
            long offset,
            int number,
            int done,
            int here,
            boolean last,
            boolean udp) {
        long start = NetBackend.Sink.HEADROOM;
        MemorySegment.copy(memory, offset, segment, start, headers);
        MemorySegment.copy(memory, offset + headers + done, segment, start + headers, here);
        long end = start + headers + here;
        long network = start + ip;
        long l4 = start + transport;
        if (six) {
            segment.set(SHORT, network + 4, (short) (end - network - IPV6));
        } else {
            segment.set(SHORT, network + 2, (short) (end - network));
            int id = segment.get(SHORT, network + 4) + number;
            segment.set(SHORT, network + 4, (short) id);
            segment.set(SHORT, network + 10, (short) 0);
            Checksum.complete(segment, network, l4, 10);
        }
        int field;
        if (udp) {
            segment.set(SHORT, l4 + 4, (short) (end - l4));
            field = Checksum.UDP_OFFSET;
        } else {
            segment.set(INT, l4 + 4, segment.get(INT, l4 + 4) + done);
            int flags = segment.get(ValueLayout.JAVA_BYTE, l4 + 13);
            flags &= last ? -1 : ~(FIN | PSH);
            flags &= number == 0 ? -1 : ~CWR;
            segment.set(ValueLayout.JAVA_BYTE, l4 + 13, (byte) flags);
            field = Checksum.TCP_OFFSET;
        }
        int protocol = udp ? UDP : TCP;
        Checksum.put(
                segment,
                l4 + field,
                Checksum.pseudoHeader(segment, network, six, (int) (end - l4), protocol));
        Checksum.complete(segment, l4, end, field);
    }

    /** Finds the headers; false if they are not those of a packet that can be divided. */
    private boolean parse(
            MemorySegment memory, long offset, int length, int csumStart, int protocol) {
        ip = ETHERNET;
        if (length < ip) {
            return false;
        }
        int type = memory.get(SHORT, offset + 12) & 0xffff;
        while ((type == VLAN_TYPE || type == QINQ_TYPE) && ip + VLAN <= length) {
            type = memory.get(SHORT, offset + ip + 2) & 0xffff;
            ip += VLAN;
        }
        transport = csumStart;
        six = type == IPV6_TYPE;
        if (six) {
            if (transport < ip + IPV6 || !extensionsEnd(memory, offset, protocol)) {
                return false;
            }
        } else {
            if (type != IPV4_TYPE || ip + IPV4 > length) {
                return false;
            }
            int words = memory.get(ValueLayout.JAVA_BYTE, offset + ip) & 0xf;
            int next = memory.get(ValueLayout.JAVA_BYTE, offset + ip + 9);
            if (words * 4 < IPV4 || transport != ip + words * 4 || next != protocol) {
                return false;
            }
        }
        int least = protocol == TCP ? TCP_HEADER : UDP_HEADER;
        if (transport + least > length || transport + least > MAX_HEADERS) {
            return false;
        }
        int words = (memory.get(ValueLayout.JAVA_BYTE, offset + transport + 12) & 0xf0) >>> 4;
        headers = transport + (protocol == TCP ? words * 4 : UDP_HEADER);
        return headers >= transport + least && headers <= length && headers <= MAX_HEADERS;
    }

    /** Whether IPv6's chain of headers leads to the transport header. */
    private boolean extensionsEnd(MemorySegment memory, long offset, int protocol) {
        int at = ip + IPV6;
        int next = memory.get(ValueLayout.JAVA_BYTE, offset + ip + 6) & 0xff;
        while (at < transport && at + 8 <= transport && isExtension(next)) {
            next = memory.get(ValueLayout.JAVA_BYTE, offset + at) & 0xff;
            at += 8 + 8 * (memory.get(ValueLayout.JAVA_BYTE, offset + at + 1) & 0xff);
        }
        return at == transport && next == protocol;
    }

    private static boolean isExtension(int header) {
        return header == 0 || header == 43 || header == 60; // hop-by-hop, routing, destination
    }
}
