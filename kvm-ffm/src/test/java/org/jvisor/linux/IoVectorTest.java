package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IoVectorTest {
    private final Arena arena = Arena.ofConfined();
    private final IoVector vector = new IoVector(1);

    @AfterEach
    void release() {
        vector.close();
        arena.close();
    }

    private MemorySegment add(int... bytes) {
        MemorySegment range = arena.allocate(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            range.set(ValueLayout.JAVA_BYTE, i, (byte) bytes[i]);
        }
        vector.add(range);
        return range;
    }

    @Test
    void aListGrowsAndCountsItsBytes() {
        MemorySegment first = add(1, 2, 3);
        MemorySegment second = add(4);
        add(5, 6);
        assertThat(vector.count()).isEqualTo(3);
        assertThat(vector.length()).isEqualTo(6);
        assertThat(vector.address(0)).isEqualTo(first.address());
        assertThat(vector.address(1)).isEqualTo(second.address());
        assertThat(vector.length(2)).isEqualTo(2);
    }

    @Test
    void anEmptyRangeAddsNothing() {
        vector.add(4096, 0);
        assertThat(vector.count()).isZero();
    }

    @Test
    void lengthsThatOverflowAreRefused() {
        vector.add(0, Long.MAX_VALUE);
        assertThatThrownBy(() -> vector.add(0, 1)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> vector.add(0, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(vector.count()).isOne();
    }

    @Test
    void aHeapSegmentIsRefused() {
        assertThatThrownBy(() -> vector.add(MemorySegment.ofArray(new byte[1])))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void copiesCrossTheBordersOfRanges() {
        add(1, 2, 3);
        MemorySegment second = add(4, 5);
        byte[] out = new byte[3];
        vector.copyTo(1, MemorySegment.ofArray(out));
        assertThat(out).containsExactly(2, 3, 4);
        vector.copyFrom(2, MemorySegment.ofArray(new byte[] {9, 8}));
        assertThat(second.toArray(ValueLayout.JAVA_BYTE)).containsExactly(8, 5);
    }

    @Test
    void copiesBeyondTheEndAreRefused() {
        add(1, 2, 3);
        assertThatThrownBy(() -> vector.copyTo(2, MemorySegment.ofArray(new byte[2])))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> vector.getInt(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void numbersAreLittleEndianEvenAcrossBorders() {
        add(1, 2, 3);
        add(4, 5, 6, 7);
        add(8);
        assertThat(vector.getLong(0)).isEqualTo(0x0807_0605_0403_0201L);
        assertThat(vector.getInt(3)).isEqualTo(0x0706_0504);
        assertThat(vector.getShort(2)).isEqualTo(0x0403);
        vector.setLong(0, 0x1122_3344_5566_7788L);
        assertThat(vector.getLong(0)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(vector.getByte(0)).isEqualTo(0x88);
    }

    @Test
    void fillingTouchesOnlyThePart() {
        MemorySegment first = add(1, 2, 3);
        MemorySegment second = add(4, 5);
        vector.fill(1, 3, (byte) 0);
        assertThat(first.toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 0, 0);
        assertThat(second.toArray(ValueLayout.JAVA_BYTE)).containsExactly(0, 5);
        assertThat(vector.isZero(1, 3)).isTrue();
        assertThat(vector.isZero(1, 4)).isFalse();
    }

    @Test
    void aPartOfAnotherListIsAddedByRanges() {
        add(1, 2, 3);
        add(4, 5, 6);
        try (IoVector part = new IoVector(1)) {
            part.add(vector, 2, 2);
            assertThat(part.count()).isEqualTo(2);
            assertThat(part.getShort(0)).isEqualTo(0x0403);
        }
    }

    @Test
    void aTransferGoesOnAfterAPartialCallAndPutsTheRangesBack() {
        add(1, 2, 3, 4);
        add(5, 6, 7, 8);
        StringBuilder seen = new StringBuilder();
        long moved =
                vector.transfer(
                        1,
                        6,
                        (ranges, count, done) -> {
                            seen.append(count).append('@').append(done).append(' ');
                            return 2;
                        });
        assertThat(moved).isEqualTo(6);
        assertThat(seen).hasToString("2@0 2@2 1@4 ");
        assertThat(vector.length(0)).isEqualTo(4);
        assertThat(vector.length(1)).isEqualTo(4);
        assertThat(vector.getLong(0)).isEqualTo(0x0807_0605_0403_0201L);
    }

    @Test
    void aTransferIsCutIntoCallsOfAsManyRangesAsTheKernelTakes() {
        MemorySegment bytes = arena.allocate(3000);
        for (int i = 0; i < 3000; i++) {
            vector.add(bytes.address() + i, 1);
        }
        int[] most = {0};
        long moved =
                vector.transfer(
                        0,
                        3000,
                        (ranges, count, done) -> {
                            most[0] = Math.max(most[0], count);
                            return count;
                        });
        assertThat(moved).isEqualTo(3000);
        assertThat(most[0]).isEqualTo(IoVector.MOST_PER_CALL);
    }
}
