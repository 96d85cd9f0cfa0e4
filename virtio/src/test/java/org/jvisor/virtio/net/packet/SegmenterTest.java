package org.jvisor.virtio.net.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.Offloads;

class SegmenterTest {
    private static final int ROOM = NetBackend.Sink.HEADROOM;
    private static final int FIN = 1, PSH = 8, ACK = 16, CWR = 0x80;

    private final Segmenter segmenter = new Segmenter();
    private final List<byte[]> sent = new ArrayList<>();
    private final NetHeader header = new NetHeader();
    private final MemorySegment memory = Arena.ofAuto().allocate(80_000);

    private boolean send(byte[] frame, int accepts) {
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, ROOM, frame.length);
        return segmenter.send(
                header,
                memory,
                ROOM,
                frame.length,
                accepts,
                (info, from, offset, length) -> {
                    assertThat(info.needs() & ~accepts).isZero();
                    assertThat(offset).isGreaterThanOrEqualTo(ROOM);
                    sent.add(from.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
                });
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] frame(boolean six, int protocol, byte[] transport) {
        byte[] address = random(16, 7);
        byte[] packet =
                six
                        ? Packets.ipv6(protocol, address, random(16, 8), transport)
                        : Packets.ipv4(protocol, 0x0a00_020f, 0x0a00_0202, 77, transport);
        byte[] frame = Packets.ethernet(0x5255_0a00_0202L, 2, six ? 0x86dd : 0x0800, packet);
        int l4 = Packets.ETHERNET + (six ? Packets.IPV6 : Packets.IPV4);
        int pseudo = Packets.pseudoHeader(frame, Packets.ETHERNET, transport.length, protocol);
        Packets.putShort(frame, l4 + (protocol == 6 ? 16 : 6), pseudo);
        return frame;
    }

    private void say(int gsoType, int gsoSize, boolean six, int protocol) {
        header.flags = NetHeader.NEEDS_CSUM;
        header.gsoType = gsoType;
        header.gsoSize = gsoSize;
        header.csumStart = Packets.ETHERNET + (six ? Packets.IPV6 : Packets.IPV4);
        header.csumOffset = protocol == 6 ? 16 : 6;
    }

    @Property(tries = 300)
    void dividedTcpIsTheSameStreamInPacketsThatFit(
            @ForAll boolean six,
            @ForAll @IntRange(min = 0, max = 9000) int length,
            @ForAll @IntRange(min = 1, max = 2000) int size,
            @ForAll long seed) {
        sent.clear();
        byte[] payload = random(length, seed);
        int sequence = (int) seed;
        byte[] segment = Packets.tcp(40000, 80, sequence, 99, ACK | PSH | FIN | CWR, payload);
        say(six ? NetHeader.GSO_TCPV6 : NetHeader.GSO_TCPV4, size, six, 6);
        assertThat(send(frame(six, 6, segment), 0)).isTrue();

        int headers = Packets.ETHERNET + (six ? Packets.IPV6 : Packets.IPV4) + Packets.TCP;
        int l4 = headers - Packets.TCP;
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        assertThat(sent).hasSize(Math.max(1, (length + size - 1) / size));
        for (int i = 0; i < sent.size(); i++) {
            byte[] part = sent.get(i);
            boolean last = i == sent.size() - 1;
            assertThat(part.length).isLessThanOrEqualTo(headers + size);
            assertThat(Packets.checksumRight(part)).as("TCP checksum").isTrue();
            if (six) {
                assertThat(Packets.shortAt(part, 14 + 4)).isEqualTo(part.length - 14 - 40);
            } else {
                assertThat(Packets.shortAt(part, 14 + 2)).isEqualTo(part.length - 14);
                assertThat(Packets.shortAt(part, 14 + 4)).isEqualTo(77 + i);
                assertThat(Packets.ipv4HeaderRight(part)).as("IPv4 checksum").isTrue();
            }
            assertThat(Packets.intAt(part, l4 + 4)).isEqualTo(sequence + i * size);
            int flags = ACK | (last ? PSH | FIN : 0) | (i == 0 ? CWR : 0);
            assertThat(part[l4 + 13] & 0xff).isEqualTo(flags);
            stream.write(part, headers, part.length - headers);
        }
        assertThat(stream.toByteArray()).isEqualTo(payload);
    }

    @Property(tries = 200)
    void dividedUdpIsDatagramsOfTheSize(
            @ForAll boolean six,
            @ForAll @IntRange(min = 1, max = 9000) int length,
            @ForAll @IntRange(min = 1, max = 2000) int size,
            @ForAll long seed) {
        sent.clear();
        byte[] payload = random(length, seed);
        say(NetHeader.GSO_UDP_L4, size, six, 17);
        assertThat(send(frame(six, 17, Packets.udp(5000, 53, payload)), 0)).isTrue();
        int headers = Packets.ETHERNET + (six ? Packets.IPV6 : Packets.IPV4) + Packets.UDP;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : sent) {
            assertThat(Packets.checksumRight(part)).isTrue();
            assertThat(Packets.shortAt(part, headers - 4)).isEqualTo(part.length - headers + 8);
            all.write(part, headers, part.length - headers);
        }
        assertThat(all.toByteArray()).isEqualTo(payload);
    }

    @Property(tries = 200)
    void anUnfinishedChecksumIsCompleted(
            @ForAll boolean six,
            @ForAll boolean tcp,
            @ForAll @IntRange(max = 1400) int length,
            @ForAll long seed) {
        sent.clear();
        int protocol = tcp ? 6 : 17;
        byte[] payload = random(length, seed);
        byte[] transport = tcp ? Packets.tcp(1, 2, 3, 4, ACK, payload) : Packets.udp(1, 2, payload);
        byte[] frame = frame(six, protocol, transport);
        say(NetHeader.GSO_NONE, 0, six, protocol);
        assertThat(send(frame, 0)).isTrue();
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst()).isEqualTo(Packets.complete(frame.clone()));
    }

    @Test
    void aSinkOfLargePacketsGetsThemWholeWithTheirChecksum() {
        byte[] frame = frame(false, 6, Packets.tcp(1, 2, 3, 4, ACK, random(30_000, 1)));
        say(NetHeader.GSO_TCPV4, 1448, false, 6);
        assertThat(send(frame, Offloads.TSO4)).isTrue();
        assertThat(sent).hasSize(1);
        assertThat(Packets.checksumRight(sent.getFirst())).isTrue();
    }

    @Test
    void aSinkOfUnfinishedFramesGetsThemAsTheyAre() {
        byte[] frame = frame(false, 6, Packets.tcp(1, 2, 3, 4, ACK, random(30_000, 1)));
        say(NetHeader.GSO_TCPV4, 1448, false, 6);
        assertThat(send(frame, Offloads.TSO4 | Offloads.CSUM)).isTrue();
        assertThat(sent).containsExactly(frame);
    }

    @Test
    void aFrameInAVlanIsDivided() {
        byte[] plain = frame(false, 6, Packets.tcp(1, 2, 3, 4, ACK, random(3000, 1)));
        byte[] tagged = new byte[plain.length + 4];
        System.arraycopy(plain, 0, tagged, 0, 12);
        Packets.putShort(tagged, 12, 0x8100);
        Packets.putShort(tagged, 14, 5);
        System.arraycopy(plain, 12, tagged, 16, plain.length - 12);
        say(NetHeader.GSO_TCPV4, 1448, false, 6);
        header.csumStart += 4;
        assertThat(send(tagged, 0)).isTrue();
        assertThat(sent).hasSize(3);
        for (byte[] part : sent) {
            assertThat(Packets.shortAt(part, 14)).isEqualTo(5);
            byte[] untagged = new byte[part.length - 4];
            System.arraycopy(part, 0, untagged, 0, 12);
            System.arraycopy(part, 16, untagged, 12, untagged.length - 12);
            assertThat(Packets.checksumRight(untagged)).isTrue();
        }
    }

    @Property(tries = 500)
    void aLyingHeaderHarmsNothing(
            @ForAll @IntRange(min = 14, max = 400) int length,
            @ForAll @IntRange(min = 1, max = 0xffff) int size,
            @ForAll @IntRange(max = 400) int start,
            @ForAll @IntRange(max = 400) int offset,
            @ForAll boolean looksLikeTcp,
            @ForAll long seed) {
        sent.clear();
        byte[] frame = random(length, seed);
        if (looksLikeTcp) {
            byte[] good = frame(seed % 2 == 0, 6, Packets.tcp(1, 2, 3, 4, ACK, random(300, seed)));
            System.arraycopy(good, 0, frame, 0, Math.min(length, 30));
        }
        header.flags = NetHeader.NEEDS_CSUM;
        header.gsoType = seed % 3 == 0 ? NetHeader.GSO_UDP_L4 : NetHeader.GSO_TCPV4;
        header.gsoSize = size;
        header.csumStart = Math.min(start, length - 2);
        header.csumOffset = Math.min(offset, length - 2 - header.csumStart);
        boolean right = send(frame, 0);
        assertThat(sent.isEmpty()).isNotEqualTo(right);
        assertThat(sent).allMatch(part -> part.length <= length);
    }
}
