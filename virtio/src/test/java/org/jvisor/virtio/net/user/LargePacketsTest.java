package org.jvisor.virtio.net.user;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.Offloads;
import org.jvisor.virtio.net.packet.Packets;

class LargePacketsTest {
    private static final int MTU = 1500, ALL = Offloads.CSUM | Offloads.TSO4 | Offloads.TSO6;

    private final LargePackets large = new LargePackets(MTU);
    private final MemorySegment memory = Arena.ofAuto().allocate(80_000);
    private final List<byte[]> sent = new ArrayList<>();
    private final NetHeader last = new NetHeader();

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] frame(boolean six, int protocol, byte[] transport) {
        byte[] packet =
                six
                        ? Packets.ipv6(protocol, random(16, 1), random(16, 2), transport)
                        : Packets.ipv4(protocol, 0x0a00_0202, 0x0a00_020f, 5, transport);
        return Packets.complete(Packets.ethernet(1, 2, six ? 0x86dd : 0x0800, packet));
    }

    /** A SYN with options: the given ones before and after a maximum segment size. */
    private static byte[] syn(boolean six, int flags, byte[] options) {
        byte[] segment = Packets.tcp(1, 2, 3, 0, flags, options);
        segment[12] = (byte) (Packets.TCP + options.length << 2);
        return frame(six, 6, segment);
    }

    private byte[] fromGuest(byte[] frame) {
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, 16, frame.length);
        large.fromGuest(memory, 16, frame.length);
        return memory.asSlice(16, frame.length).toArray(ValueLayout.JAVA_BYTE);
    }

    private void toGuest(byte[] frame) {
        sent.clear();
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, 16, frame.length);
        large.toGuest(
                memory,
                16,
                frame.length,
                (header, from, offset, length) -> {
                    last.flags = header.flags;
                    last.gsoType = header.gsoType;
                    last.gsoSize = header.gsoSize;
                    last.csumStart = header.csumStart;
                    last.csumOffset = header.csumOffset;
                    sent.add(from.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
                });
    }

    @Property
    void theSegmentSizeOfASynIsRaisedWithARightChecksum(
            @ForAll boolean six, @ForAll @IntRange(max = 5) int before, @ForAll boolean answer) {
        large.offloads(ALL);
        byte[] options = new byte[12];
        Arrays.fill(options, 0, before, (byte) 1);
        options[before] = 2;
        options[before + 1] = 4;
        Packets.putShort(options, before + 2, 1460);
        byte[] frame = syn(six, answer ? 0x12 : 2, options);
        byte[] changed = fromGuest(frame);
        int at = 14 + (six ? 40 : 20) + 20 + before + 2;
        assertThat(Packets.shortAt(changed, at)).isEqualTo(65520 - (six ? 60 : 40));
        assertThat(Packets.checksumRight(changed)).isTrue();
    }

    @Test
    void nothingIsRaisedForAGuestThatTakesNoLargePackets() {
        byte[] frame = syn(false, 2, new byte[] {2, 4, 5, (byte) 0xb4});
        large.offloads(Offloads.CSUM);
        assertThat(fromGuest(frame)).isEqualTo(frame);
        large.offloads(Offloads.CSUM | Offloads.TSO6);
        assertThat(fromGuest(frame)).isEqualTo(frame);
    }

    @Test
    void otherSegmentsAreLeftAlone() {
        large.offloads(ALL);
        byte[] frame = syn(false, 16, new byte[] {2, 4, 5, (byte) 0xb4});
        assertThat(fromGuest(frame)).isEqualTo(frame);
    }

    @Property(tries = 300)
    void optionsThatMakeNoSenseHarmNothing(
            @ForAll boolean six, @ForAll @IntRange(max = 40) int length, @ForAll long seed) {
        large.offloads(ALL);
        byte[] frame = syn(six, 2, random(length & ~3, seed));
        byte[] cut = Arrays.copyOf(frame, frame.length - (int) (seed & 7));
        assertThat(fromGuest(cut)).hasSize(cut.length);
    }

    @Test
    void aLargeSegmentIsMarkedAsManyOfTheGuestsSize() {
        large.offloads(ALL);
        byte[] frame = frame(false, 6, Packets.tcp(1, 2, 3, 4, 16, random(40_000, 3)));
        toGuest(frame);
        assertThat(sent).hasSize(1);
        assertThat(last.flags).isEqualTo(NetHeader.NEEDS_CSUM);
        assertThat(last.gsoType).isEqualTo(NetHeader.GSO_TCPV4);
        assertThat(last.gsoSize).isEqualTo(1460);
        assertThat(last.csumStart).isEqualTo(34);
        assertThat(last.csumOffset).isEqualTo(16);
        assertThat(Packets.complete(sent.getFirst())).isEqualTo(frame);
        assertThat(large.isLarge(1514)).isFalse();
        assertThat(large.isLarge(1515)).isTrue();
    }

    @Property(tries = 100)
    void aGuestThatTakesNoneGetsItInSegments(
            @ForAll boolean six, @ForAll @IntRange(min = 1500, max = 20_000) int length) {
        large.offloads(0);
        byte[] payload = random(length, length);
        toGuest(frame(six, 6, Packets.tcp(1, 2, 3, 4, 16, payload)));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        int headers = 14 + (six ? 40 : 20) + 20;
        for (byte[] part : sent) {
            assertThat(part.length).isLessThanOrEqualTo(14 + MTU);
            assertThat(Packets.checksumRight(part)).isTrue();
            all.write(part, headers, part.length - headers);
        }
        assertThat(all.toByteArray()).isEqualTo(payload);
    }

    @Property(tries = 100)
    void aLargeDatagramIsFragments(@ForAll @IntRange(min = 1480, max = 60_000) int length) {
        byte[] datagram = Packets.udp(1, 2, random(length, length));
        byte[] frame = frame(false, 17, datagram);
        toGuest(frame);
        byte[] whole = new byte[datagram.length];
        for (int i = 0; i < sent.size(); i++) {
            byte[] part = sent.get(i);
            assertThat(part.length).isLessThanOrEqualTo(14 + MTU);
            assertThat(Packets.ipv4HeaderRight(part)).isTrue();
            assertThat(Packets.shortAt(part, 18)).isEqualTo(5);
            int place = Packets.shortAt(part, 20);
            assertThat((place & 0x2000) != 0).isEqualTo(i < sent.size() - 1);
            System.arraycopy(part, 34, whole, (place & 0x1fff) * 8, part.length - 34);
        }
        assertThat(whole).isEqualTo(Arrays.copyOfRange(frame, 34, frame.length));
    }
}
