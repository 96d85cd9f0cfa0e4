package org.jvisor.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

/** What both ring formats do for a driver that keeps the rules, with and without event index. */
class RingQueueTest {
    enum Format {
        SPLIT(0),
        SPLIT_EVENTS(Features.RING_EVENT_IDX),
        PACKED(Features.RING_PACKED),
        PACKED_EVENTS(Features.RING_PACKED | Features.RING_EVENT_IDX);

        final long features;

        Format(long features) {
            this.features = features | Features.VERSION_1 | Features.RING_INDIRECT_DESC;
        }
    }

    private static final int SIZE = 8;

    private final GuestRam ram = new GuestRam(1 << 20);
    private final List<String> broken = new ArrayList<>();
    private int interrupts;
    private final Chain chain = new Chain();

    private final RingOwner owner =
            new RingOwner() {
                @Override
                public void interrupt(int queue) {
                    interrupts++;
                }

                @Override
                public void broken(String why) {
                    broken.add(why);
                }
            };

    private RingQueue open(GuestQueue driver, Format format) {
        return RingQueue.open(3, driver.addresses(), format.features, ram.memory(), owner);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @EnumSource
    void anEmptyRingHasNoChain(Format format) {
        RingQueue queue = open(GuestQueue.make(ram, SIZE, format.features), format);
        assertThat(queue.take(chain)).isFalse();
        assertThat(broken).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aChainHasItsReadableBuffersBeforeItsWritableOnes(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long first = ram.place(bytes("abc"));
        long second = ram.place(bytes("defg"));
        long in = ram.allocate(100, 1);
        driver.add(Buffer.out(first, 3), Buffer.out(second, 4), Buffer.in(in, 100));

        assertThat(queue.take(chain)).isTrue();
        byte[] read = new byte[7];
        chain.read(0, MemorySegment.ofArray(read));
        assertThat(read).isEqualTo(bytes("abcdefg"));
        assertThat(chain.readable().length()).isEqualTo(7);
        assertThat(chain.writable().length()).isEqualTo(100);
        assertThat(chain.guestAddress(chain.readableRanges())).isEqualTo(in);
    }

    @ParameterizedTest
    @EnumSource
    void anIndirectTableIsAChain(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        driver.useIndirect(true);
        RingQueue queue = open(driver, format);
        Buffer[] many = new Buffer[SIZE * 3];
        for (int i = 0; i < many.length; i++) {
            long at = ram.allocate(4, 4);
            ram.writeInt(at, i);
            many[i] = i < SIZE ? Buffer.out(at, 4) : Buffer.in(at, 4);
        }
        int id = driver.add(many);

        assertThat(queue.take(chain)).isTrue();
        assertThat(chain.readInt(4L * (SIZE - 1))).isEqualTo(SIZE - 1);
        assertThat(chain.writable().length()).isEqualTo(4L * SIZE * 2);
        queue.put(chain, 5);
        assertThat(driver.poll()).isEqualTo(new GuestQueue.Used(id, 5));
    }

    @ParameterizedTest
    @EnumSource
    void chainsMayBeReturnedInAnyOrderOverManyRounds(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long at = ram.allocate(64, 16);
        Chain[] chains = {new Chain(), new Chain(), new Chain()};
        for (int round = 0; round < 20_000; round++) {
            int[] ids = {
                driver.add(Buffer.out(at, 1 + round % 7), Buffer.in(at, 9)),
                driver.add(Buffer.in(at, 2)),
                driver.add(Buffer.out(at, 3), Buffer.out(at, 3), Buffer.in(at, 3))
            };
            for (Chain each : chains) {
                assertThat(queue.take(each)).isTrue();
            }
            assertThat(chains[0].readable().length()).isEqualTo(1 + round % 7);
            for (int i : new int[] {2, 0, 1}) {
                queue.put(chains[i], i);
                GuestQueue.Used used = driver.poll();
                assertThat(used).isEqualTo(new GuestQueue.Used(ids[i], i));
            }
        }
        assertThat(broken).isEmpty();
        assertThat(queue.inFlight()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void everyByteTheDeviceWritesIsReported(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long in = ram.allocate(64, 1);
        driver.add(Buffer.in(in, 10), Buffer.in(in + 20, 10));
        byte[] before = ram.snapshot();
        ram.forgetWrites();

        queue.enableNotifications();
        assertThat(queue.take(chain)).isTrue();
        chain.writable().fill(0, 15, (byte) 7);
        chain.writeShort(18, 0x1234);
        queue.put(chain, 15);
        queue.disableNotifications();

        assertThat(ram.reportedAllSince(before)).isTrue();
        assertThat(ram.reported(in, 10)).isTrue();
        assertThat(ram.reported(in + 20, 5)).isTrue();
        assertThat(ram.reported(in + 28, 2)).isTrue();
        assertThat(ram.reported(in + 25, 1)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void aBufferMayCrossFromOneRegionOfMemoryToTheNext(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long at = GuestRam.BASE + ram.size() / 2 - 3;
        ram.memory().write(at, bytes("abc"));
        ram.memory().write(at + 3, bytes("defgh"));
        driver.add(Buffer.out(at, 8));

        assertThat(queue.take(chain)).isTrue();
        assertThat(chain.readLong(0)).isEqualTo(0x6867_6665_6463_6261L);
        assertThat(chain.readable().count()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void aBufferWithoutBytesIsSkipped(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long at = ram.place(bytes("x"));
        driver.add(Buffer.out(0, 0), Buffer.out(at, 1), Buffer.in(-1, 0));

        assertThat(queue.take(chain)).isTrue();
        assertThat(chain.ranges()).isEqualTo(1);
        assertThat(chain.readByte(0)).isEqualTo('x');
    }

    @ParameterizedTest
    @EnumSource
    void aChainGivenBackIsTakenAgain(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long at = ram.allocate(16, 16);
        int first = driver.add(Buffer.in(at, 1), Buffer.in(at, 1));
        int second = driver.add(Buffer.in(at, 2));
        Chain other = new Chain();
        assertThat(queue.take(chain)).isTrue();
        assertThat(queue.take(other)).isTrue();
        queue.untake(other);
        queue.untake(chain);

        assertThat(queue.take(chain)).isTrue();
        assertThat(queue.take(other)).isTrue();
        assertThat(queue.take(new Chain())).isFalse();
        queue.put(chain, 0);
        queue.put(other, 0);
        assertThat(driver.poll()).isEqualTo(new GuestQueue.Used(first, 0));
        assertThat(driver.poll()).isEqualTo(new GuestQueue.Used(second, 0));
    }

    @ParameterizedTest
    @EnumSource
    void theDriverIsInterruptedOnceForSeveralChains(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        assertThat(driver.enableInterrupts()).isFalse();
        long at = ram.allocate(16, 16);
        driver.add(Buffer.in(at, 1));
        driver.add(Buffer.in(at, 1));
        while (queue.take(chain)) {
            queue.put(chain, 1);
        }
        queue.signal();
        queue.signal();
        assertThat(interrupts).isEqualTo(1);
        assertThat(driver.enableInterrupts()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aDriverThatWantsNoInterruptGetsNone(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long at = ram.allocate(16, 16);
        driver.enableInterrupts();
        for (int i = 0; i < 3; i++) {
            driver.add(Buffer.in(at, 1));
            assertThat(queue.take(chain)).isTrue();
            queue.put(chain, 1);
            if (i > 0) {
                driver.disableInterrupts();
            }
            queue.signal();
        }
        // With an event index the second chain is past the index, and otherwise the flag tells.
        assertThat(interrupts).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void interruptsAndNotificationsWorkEachTimeRoundTheRing(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long at = ram.allocate(16, 16);
        int rounds = 40_000;
        for (int round = 0; round < rounds; round++) {
            assertThat(queue.enableNotifications()).isFalse();
            assertThat(driver.enableInterrupts()).isFalse();
            for (int i = 0; i < 1 + round % 3; i++) {
                driver.add(Buffer.in(at, 1), Buffer.in(at, 1));
            }
            assertThat(driver.wantsKick()).isTrue();
            queue.disableNotifications();
            while (queue.take(chain)) {
                queue.put(chain, 1);
            }
            queue.signal();
            while (driver.poll() != null) {
                // the next round wants them all
            }
        }
        assertThat(interrupts).isEqualTo(rounds);
    }

    @ParameterizedTest
    @EnumSource
    void aChainThatArrivesBeforeNotificationsAreEnabledIsNotMissed(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        queue.disableNotifications();
        driver.add(Buffer.in(ram.allocate(1, 1), 1));
        assertThat(queue.enableNotifications()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aRestoredRingGoesOnWhereItWas(Format format) throws IOException {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        long at = ram.allocate(16, 16);
        for (int i = 0; i < SIZE + 3; i++) {
            driver.add(Buffer.in(at, 1));
            assertThat(queue.take(chain)).isTrue();
            queue.put(chain, i);
            assertThat(driver.poll()).isNotNull();
        }
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        queue.save(new DataOutputStream(saved));
        queue.stop();

        RingQueue restored = open(driver, format);
        restored.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        assertThat(restored.take(chain)).isFalse();
        int id = driver.add(Buffer.in(at, 1));
        assertThat(restored.take(chain)).isTrue();
        restored.put(chain, 77);
        assertThat(driver.poll()).isEqualTo(new GuestQueue.Used(id, 77));
    }

    @ParameterizedTest
    @EnumSource
    void aRingWithChainsInFlightIsNotSaved(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        driver.add(Buffer.in(ram.allocate(1, 1), 1));
        assertThat(queue.take(chain)).isTrue();
        assertThatThrownBy(() -> queue.save(new DataOutputStream(new ByteArrayOutputStream())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("pause");
    }

    @ParameterizedTest
    @EnumSource
    void aStoppedRingTouchesNothing(Format format) {
        GuestQueue driver = GuestQueue.make(ram, SIZE, format.features);
        RingQueue queue = open(driver, format);
        driver.add(Buffer.in(ram.allocate(1, 1), 1));
        driver.add(Buffer.in(ram.allocate(1, 1), 1));
        driver.enableInterrupts();
        assertThat(queue.take(chain)).isTrue();
        byte[] before = ram.snapshot();
        queue.stop();

        queue.put(chain, 1);
        queue.signal();
        queue.disableNotifications();
        assertThat(queue.enableNotifications()).isFalse();
        assertThat(queue.take(chain)).isFalse();
        assertThat(ram.snapshot()).isEqualTo(before);
        assertThat(interrupts).isZero();
    }
}
