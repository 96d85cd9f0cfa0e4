package org.jvisor.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.testing.GuestRam;

/** Rings of drivers that break the rules, written byte by byte. */
class BrokenRingTest {
    private static final int NEXT = 1, WRITE = 2, INDIRECT = 4;
    private static final int AVAIL = 1 << 7;
    private static final int SIZE = 16;

    private final GuestRam ram = new GuestRam(1 << 20);
    private final long descriptors = ram.allocate(SIZE * 16, 16);
    private final long driver = ram.allocate(6 + SIZE * 2, 4);
    private final long device = ram.allocate(6 + SIZE * 8, 4);
    private final long table = ram.allocate(64 * 16, 16);
    private final long buffer = ram.allocate(4096, 16);
    private final List<String> broken = new ArrayList<>();
    private final Chain chain = new Chain();

    private final RingOwner owner =
            new RingOwner() {
                @Override
                public void interrupt(int queue) {
                    // Nobody listens.
                }

                @Override
                public void broken(String why) {
                    broken.add(why);
                }
            };

    private RingQueue open(boolean packed) {
        return RingQueue.open(
                0,
                new RingAddresses(SIZE, descriptors, driver, device),
                Features.VERSION_1
                        | Features.RING_INDIRECT_DESC
                        | (packed ? Features.RING_PACKED : 0),
                ram.memory(),
                owner);
    }

    /** A descriptor of either format; {@code last} is the next index, or the buffer's ID. */
    private void describe(
            boolean packed, long base, int at, long address, int length, int flags, int last) {
        long entry = base + at * 16L;
        ram.writeLong(entry, address);
        ram.writeInt(entry + 8, length);
        ram.writeShort(entry + 12, packed ? last : flags);
        ram.writeShort(entry + 14, packed ? flags | AVAIL : last);
    }

    private void publish(boolean packed, int count) {
        if (!packed) {
            for (int i = 0; i < SIZE; i++) {
                ram.writeShort(driver + 4 + i * 2L, i);
            }
            ram.writeShort(driver + 2, count);
        }
    }

    private void expectBroken(RingQueue queue, String why) {
        assertThat(queue.take(chain)).isFalse();
        assertThat(broken).hasSize(1);
        assertThat(broken.getFirst()).contains(why);
        assertThat(queue.take(chain)).isFalse();
        assertThat(broken).hasSize(1);
    }

    private void single(boolean packed, long address, int length, int flags) {
        describe(packed, descriptors, 0, address, length, flags, 0);
        publish(packed, 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBufferOutsideRamBreaksTheDevice(boolean packed) {
        for (long address :
                new long[] {
                    0, GuestRam.BASE - 1, ram.end() + 4095, -1, Long.MIN_VALUE, Long.MAX_VALUE
                }) {
            broken.clear();
            single(packed, address, 2, 0);
            expectBroken(open(packed), "is not RAM");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBufferOfFourGibibytesBreaksTheDevice(boolean packed) {
        single(packed, buffer, -1, 0);
        expectBroken(open(packed), "4294967295 bytes, is not RAM");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void romIsReadAndNotWritten(boolean packed) {
        single(packed, ram.end(), 16, 0);
        assertThat(open(packed).take(chain)).isTrue();
        single(packed, ram.end(), 16, WRITE);
        expectBroken(open(packed), "ROM");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aReadableBufferAfterAWritableOneBreaksTheDevice(boolean packed) {
        describe(packed, descriptors, 0, buffer, 4, WRITE | NEXT, 1);
        describe(packed, descriptors, 1, buffer, 4, 0, 0);
        publish(packed, 1);
        expectBroken(open(packed), "follows a writable one");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aChainLongerThanTheRingBreaksTheDevice(boolean packed) {
        for (int i = 0; i < SIZE; i++) {
            describe(packed, descriptors, i, buffer, 4, NEXT, (i + 1) % SIZE);
        }
        publish(packed, 1);
        expectBroken(open(packed), "more than 16 descriptors");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIndirectTableInAnotherBreaksTheDevice(boolean packed) {
        describe(packed, table, 0, table, 16, INDIRECT, 0);
        single(packed, table, 16, INDIRECT);
        assertThat(open(packed).take(chain)).isFalse();
        assertThat(broken).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIndirectTableThatIsNotTheLastBreaksTheDevice(boolean packed) {
        single(packed, table, 16, INDIRECT | NEXT);
        expectBroken(open(packed), "must not refer to an indirect table");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIndirectTableWithoutWholeDescriptorsBreaksTheDevice(boolean packed) {
        for (int length : new int[] {0, 8, 17, -16}) {
            broken.clear();
            single(packed, table, length, INDIRECT);
            expectBroken(open(packed), "indirect table");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIndirectTableOutsideRamBreaksTheDevice(boolean packed) {
        single(packed, GuestRam.BASE - 16, 16, INDIRECT);
        expectBroken(open(packed), "is not in RAM");
    }

    @Test
    void aLoopBreaksTheDevice() {
        describe(false, descriptors, 0, buffer, 4, NEXT, 1);
        describe(false, descriptors, 1, buffer, 4, NEXT, 0);
        publish(false, 1);
        expectBroken(open(false), "is a loop");
    }

    @Test
    void aLoopInAnIndirectTableBreaksTheDevice() {
        describe(false, table, 0, buffer, 4, NEXT, 0);
        single(false, table, 64 * 16, INDIRECT);
        expectBroken(open(false), "is a loop");
    }

    @Test
    void aHeadOutsideTheTableBreaksTheDevice() {
        publish(false, 1);
        ram.writeShort(driver + 4, SIZE);
        expectBroken(open(false), "descriptor 16 is outside");
    }

    @Test
    void anAvailableIndexThatRunsAheadBreaksTheDevice() {
        publish(false, SIZE + 1);
        expectBroken(open(false), "runs 17 ahead");
    }

    @Test
    void aDriverThatReusesChainsInFlightIsStoppedAtTheSizeOfTheRing() {
        single(false, buffer, 4, 0);
        RingQueue queue = open(false);
        int taken = 0;
        for (int round = 1; round < 4; round++) {
            publish(false, round * SIZE);
            for (int i = 0; i < SIZE; i++) {
                describe(false, descriptors, i, buffer, 4, 0, 0);
                taken += queue.take(new Chain()) ? 1 : 0;
            }
        }
        assertThat(taken).isEqualTo(SIZE);
        assertThat(broken).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aChainOfMoreThanFourGibibytesBreaksTheDevice(boolean packed) {
        // The same RAM again and again, from an indirect table as large as it may be.
        int entries = 1024;
        long large = ram.allocate(entries * 16, 16);
        GuestRam big = ram;
        int length = big.size() / 2;
        for (int i = 0; i < entries; i++) {
            ram.writeLong(large + i * 16L, GuestRam.BASE);
            ram.writeInt(large + i * 16L + 8, length);
            ram.writeShort(large + i * 16L + 12, packed ? 0 : i == entries - 1 ? 0 : NEXT);
            ram.writeShort(large + i * 16L + 14, packed ? 0 : i + 1);
        }
        single(packed, large, entries * 16, INDIRECT);
        RingQueue queue = open(packed);
        // 512 MiB in all is allowed: it harms the guest only.
        assertThat(queue.take(chain)).isTrue();
        assertThat(chain.readable().length()).isEqualTo((long) entries * length);
        assertThat(chain.add(ram.memory(), buffer, (1L << 32) - 1, true)).contains("4 GiB");
    }

    @Test
    void aRingThatIsNotAlignedIsRefused() {
        assertThatThrownBy(
                        () ->
                                RingQueue.open(
                                        0,
                                        new RingAddresses(SIZE, descriptors + 8, driver, device),
                                        Features.VERSION_1,
                                        ram.memory(),
                                        owner))
                .isInstanceOf(BadRingException.class)
                .hasMessageContaining("aligned to 16");
    }

    @Property(tries = 500)
    void whateverARingHoldsEveryChainLiesInMemory(@ForAll boolean packed, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        RingQueue queue = open(packed);
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < SIZE; i++) {
                long address =
                        random.nextInt(8) == 0 ? random.nextLong() : buffer + random.nextInt(100);
                boolean toTable = random.nextInt(6) == 0;
                describe(
                        packed,
                        random.nextBoolean() ? descriptors : table,
                        i,
                        toTable ? table : address,
                        toTable ? random.nextInt(20) * 16 : random.nextInt(5000),
                        (toTable ? INDIRECT : random.nextInt(4)) | random.nextInt(2) << 15,
                        random.nextInt(SIZE));
            }
            publish(packed, round * 3 & 0xffff);
            int taken = 0;
            while (taken++ < 3 * SIZE && queue.take(chain)) {
                for (int i = 0; i < chain.ranges(); i++) {
                    assertThat(ram.memory().contains(chain.guestAddress(i), chain.guestLength(i)))
                            .isTrue();
                }
                queue.put(chain, random.nextInt(10_000));
            }
            queue.signal();
            queue.enableNotifications();
            if (!broken.isEmpty()) {
                broken.clear();
                queue = open(packed);
            }
        }
    }
}
