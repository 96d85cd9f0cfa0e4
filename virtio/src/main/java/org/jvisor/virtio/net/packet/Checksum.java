package org.jvisor.virtio.net.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071). Sums are kept in the byte order of a little-endian machine,
 * which RFC 1071 §2 (B) allows, so that no byte is swapped; they are 16 bits wide once folded.
 */
public final class Checksum {
    /** Where the checksum lies in a UDP header; there 0 means none. */
    public static final int UDP_OFFSET = 6;

    /** Where the checksum lies in a TCP header. */
    public static final int TCP_OFFSET = 16;

    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Checksum() {}

    /**
     * Adds up bytes.
     *
     * @param memory where they lie
     * @param offset of the first
     * @param length bytes, up to 1 GiB; only the last part of a sum may be of odd length
     * @return a sum to add to others and to {@link #fold}
     */
    public static long sum(MemorySegment memory, long offset, int length) {
        long sum = 0;
        long at = offset;
        long end = offset + (length & ~7);
        for (; at < end; at += 8) {
            long word = memory.get(LONG, at);
            sum += (word & 0xffff_ffffL) + (word >>> 32);
        }
        long last = 0;
        for (int i = 0; i < (length & 7); i++) {
            last |= (memory.get(ValueLayout.JAVA_BYTE, at + i) & 0xffL) << i * 8;
        }
        return sum + (last & 0xffff_ffffL) + (last >>> 32);
    }

    /** Adds the carries of a sum until it has 16 bits. */
    public static int fold(long sum) {
        long folded = (sum & 0xffff_ffffL) + (sum >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16);
        folded = (folded & 0xffff) + (folded >>> 16);
        return (int) ((folded & 0xffff) + (folded >>> 16));
    }

    /** The sum of a 16-bit number as it lies in a packet, highest byte first. */
    static long ofShort(int value) {
        return Short.reverseBytes((short) value) & 0xffff;
    }

    /**
     * Completes a checksum whose field holds the sum of the pseudo header, as VIRTIO_NET_F_CSUM
     * leaves it (virtio 1.2 §5.1.6.2).
     *
     * @param memory where the frame lies
     * @param start where the checksummed part begins
     * @param end where it ends
     * @param field offset of the checksum from {@code start}, which lies inside
     */
    public static void complete(MemorySegment memory, long start, long end, int field) {
        int sum = ~fold(sum(memory, start, (int) (end - start))) & 0xffff;
        if (sum == 0 && field == UDP_OFFSET) {
            sum = 0xffff; // RFC 768: 0 would say that there is no checksum
        }
        memory.set(SHORT, start + field, (short) sum);
    }

    /**
     * The sum of a pseudo header: addresses, length and protocol (RFC 9293 §3.1, RFC 8200 §8.1).
     *
     * @param memory where the packet lies
     * @param ip where its IP header begins
     * @param six whether that is IPv6
     * @param length bytes of the transport's header and payload
     * @param protocol the transport's number
     */
    public static int pseudoHeader(
            MemorySegment memory, long ip, boolean six, int length, int protocol) {
        long addresses = six ? sum(memory, ip + 8, 32) : sum(memory, ip + 12, 8);
        return fold(addresses + ofShort(length) + ofShort(protocol));
    }

    /** Writes a sum, as it is, to a checksum field. */
    public static void put(MemorySegment memory, long at, int sum) {
        memory.set(SHORT, at, (short) sum);
    }
}
