package org.jvisor.virtio.net.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    private static MemorySegment memory(byte[] bytes, int at) {
        MemorySegment memory = Arena.ofAuto().allocate(at + bytes.length + 8L);
        memory.fill((byte) 0xa5);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, at, bytes.length);
        return memory;
    }

    @Property
    void theSumIsThatOfThePlainCode(
            @ForAll @Size(max = 300) byte[] bytes, @ForAll @IntRange(max = 9) int at) {
        int folded = Checksum.fold(Checksum.sum(memory(bytes, at), at, bytes.length));
        int plain = Packets.sum(bytes, 0, bytes.length, 0);
        // 0 and 0xffff are the same number in one's complement.
        assertThat(Short.reverseBytes((short) folded) & 0xffff)
                .isIn(plain, plain == 0xffff ? 0 : plain);
    }

    @Property
    void aCompletedChecksumMakesTheSumAllOnes(
            @ForAll @Size(min = 18, max = 300) byte[] bytes,
            @ForAll @IntRange(max = 9) int at,
            @ForAll @IntRange(max = 16) int offset) {
        int field = offset & ~1;
        byte[] copy = bytes.clone();
        MemorySegment memory = memory(copy, at);
        // The field counts as what is in it, as it holds the sum of the pseudo header.
        int before = Packets.sum(copy, 0, copy.length, 0);
        Checksum.complete(memory, at, at + copy.length, field);
        int written =
                (memory.get(ValueLayout.JAVA_BYTE, at + field) & 0xff) << 8
                        | (memory.get(ValueLayout.JAVA_BYTE, at + field + 1L) & 0xff);
        int expected = ~before & 0xffff;
        if (expected == 0 && field == Checksum.UDP_OFFSET) {
            expected = 0xffff;
        }
        assertThat(written).isIn(expected, expected == 0 ? 0xffff : expected);
    }

    @Test
    void theLargestSumOf64KiBDoesNotOverflow() {
        byte[] ones = new byte[65536];
        java.util.Arrays.fill(ones, (byte) 0xff);
        assertThat(Checksum.fold(Checksum.sum(memory(ones, 1), 1, ones.length))).isEqualTo(0xffff);
    }

    @Test
    void theExampleOfRfc1071HasItsSum() {
        byte[] bytes = {0, 1, (byte) 0xf2, 3, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7};
        int folded = Checksum.fold(Checksum.sum(memory(bytes, 0), 0, bytes.length));
        assertThat(Short.reverseBytes((short) folded) & 0xffff).isEqualTo(0xddf2);
    }
}
