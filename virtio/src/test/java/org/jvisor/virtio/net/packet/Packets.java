package org.jvisor.virtio.net.packet;

import java.nio.ByteBuffer;

/**
 * Packets made and looked at by plain code, one byte after the other: what the fast code is
 * compared with.
 */
public final class Packets {
    /** Bytes of headers without options. */
    public static final int ETHERNET = 14, IPV4 = 20, IPV6 = 40, TCP = 20, UDP = 8;

    private Packets() {}

    /** The sum of big-endian 16-bit words in one's complement (RFC 1071), not inverted. */
    public static int sum(byte[] bytes, int from, int to, int start) {
        int sum = start;
        for (int i = from; i < to; i += 2) {
            int low = i + 1 < to ? bytes[i + 1] & 0xff : 0;
            sum += (bytes[i] & 0xff) << 8 | low;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    /** The sum of a pseudo header over a frame's IP addresses. */
    public static int pseudoHeader(byte[] frame, int ip, int length, int protocol) {
        boolean six = (frame[ip] & 0xf0) == 0x60;
        int sum = six ? sum(frame, ip + 8, ip + 40, 0) : sum(frame, ip + 12, ip + 20, 0);
        sum = (sum & 0xffff) + length;
        sum = (sum & 0xffff) + (sum >>> 16) + protocol;
        return (sum & 0xffff) + (sum >>> 16);
    }

    /** Whether the TCP or UDP checksum of a frame without IP options or extensions is right. */
    public static boolean checksumRight(byte[] frame) {
        boolean six = (frame[ETHERNET] & 0xf0) == 0x60;
        int l4 = ETHERNET + (six ? IPV6 : IPV4);
        int protocol = frame[ETHERNET + (six ? 6 : 9)];
        int end = six ? l4 + shortAt(frame, ETHERNET + 4) : ETHERNET + shortAt(frame, ETHERNET + 2);
        int pseudo = pseudoHeader(frame, ETHERNET, end - l4, protocol);
        return sum(frame, l4, end, pseudo) == 0xffff;
    }

    /** Whether the IPv4 header's checksum is right. */
    public static boolean ipv4HeaderRight(byte[] frame) {
        return sum(frame, ETHERNET, ETHERNET + IPV4, 0) == 0xffff;
    }

    /** A big-endian 16-bit number. */
    public static int shortAt(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    /** A big-endian 32-bit number. */
    public static int intAt(byte[] bytes, int at) {
        return ByteBuffer.wrap(bytes).getInt(at);
    }

    /** Puts a big-endian 16-bit number. */
    public static void putShort(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }

    /** A frame with an Ethernet header. */
    public static byte[] ethernet(long to, long from, int type, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(ETHERNET + payload.length);
        frame.putShort((short) (to >>> 32)).putInt((int) to);
        frame.putShort((short) (from >>> 32)).putInt((int) from);
        frame.putShort((short) type).put(payload);
        return frame.array();
    }

    /** An IPv4 packet. */
    public static byte[] ipv4(int protocol, int from, int to, int id, byte[] payload) {
        ByteBuffer packet = ByteBuffer.allocate(IPV4 + payload.length);
        packet.put((byte) 0x45).put((byte) 0).putShort((short) packet.capacity());
        packet.putShort((short) id).putShort((short) 0);
        packet.put((byte) 64).put((byte) protocol).putShort((short) 0);
        packet.putInt(from).putInt(to).put(payload);
        putShort(packet.array(), 10, ~sum(packet.array(), 0, IPV4, 0));
        return packet.array();
    }

    /** An IPv6 packet; addresses of 16 bytes. */
    public static byte[] ipv6(int protocol, byte[] from, byte[] to, byte[] payload) {
        ByteBuffer packet = ByteBuffer.allocate(IPV6 + payload.length);
        packet.putInt(0x6000_0000).putShort((short) payload.length);
        packet.put((byte) protocol).put((byte) 64).put(from).put(to).put(payload);
        return packet.array();
    }

    /** A TCP segment whose checksum is 0. */
    public static byte[] tcp(
            int from, int to, int sequence, int acknowledged, int flags, byte[] payload) {
        ByteBuffer segment = ByteBuffer.allocate(TCP + payload.length);
        segment.putShort((short) from).putShort((short) to).putInt(sequence).putInt(acknowledged);
        segment.put((byte) 0x50).put((byte) flags).putShort((short) 0xffff);
        segment.putShort((short) 0).putShort((short) 0).put(payload);
        return segment.array();
    }

    /** A UDP datagram whose checksum is 0. */
    public static byte[] udp(int from, int to, byte[] payload) {
        ByteBuffer datagram = ByteBuffer.allocate(UDP + payload.length);
        datagram.putShort((short) from).putShort((short) to);
        datagram.putShort((short) datagram.capacity()).putShort((short) 0).put(payload);
        return datagram.array();
    }

    /** Completes the TCP or UDP checksum of a frame over IP without options. */
    public static byte[] complete(byte[] frame) {
        boolean six = (frame[ETHERNET] & 0xf0) == 0x60;
        int l4 = ETHERNET + (six ? IPV6 : IPV4);
        int protocol = frame[ETHERNET + (six ? 6 : 9)];
        int field = l4 + (protocol == 6 ? 16 : 6);
        putShort(frame, field, 0);
        int pseudo = pseudoHeader(frame, ETHERNET, frame.length - l4, protocol);
        int sum = ~sum(frame, l4, frame.length, pseudo) & 0xffff;
        putShort(frame, field, sum == 0 && protocol == 17 ? 0xffff : sum);
        return frame;
    }
}
