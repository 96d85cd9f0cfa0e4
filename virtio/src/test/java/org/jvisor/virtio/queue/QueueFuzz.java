package org.jvisor.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.testing.FuzzInput;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.vmm.api.GuestMemory;

/**
 * A ring whose memory a fuzzer writes, between calls of the device's side. Every chain lies in
 * memory, what the device writes is told to the memory, and a broken ring is not touched.
 */
final class QueueFuzz implements RingOwner {
    private static final int TABLE_ENTRIES = 40;

    /** One guest for all runs, as clearing it is faster. */
    private static final GuestRam RAM = new GuestRam(16 << 10);

    private final FuzzInput input;
    private final boolean packed;
    private final long features;
    private final RingAddresses addresses;
    private final long table;
    private final long buffers;
    private final List<Chain> inFlight = new ArrayList<>();
    private int available;
    private int broken;

    private QueueFuzz(FuzzInput input, boolean packed) {
        this.input = input;
        this.packed = packed;
        RAM.clear();
        int bits = input.nextInt(16);
        features =
                Features.VERSION_1
                        | (packed ? Features.RING_PACKED : 0)
                        | ((bits & 1) != 0 ? Features.RING_INDIRECT_DESC : 0)
                        | ((bits & 2) != 0 ? Features.RING_EVENT_IDX : 0);
        int size = packed ? 1 + input.nextInt(64) : 1 << input.nextInt(7);
        RingAddresses good =
                new RingAddresses(
                        size,
                        RAM.allocate(size * 16, 16),
                        RAM.allocate(6 + size * 2, 4),
                        RAM.allocate(6 + size * 8, 4));
        table = RAM.allocate(TABLE_ENTRIES * 16, 16);
        buffers = RAM.allocate(4096, 16);
        addresses = bits < 14 ? good : badAddresses(good);
    }

    /** Rings that overlap, or lie where there is no memory or the wrong one. */
    private RingAddresses badAddresses(RingAddresses good) {
        return new RingAddresses(
                input.nextBoolean() ? good.size() : input.nextInt(),
                input.nextBoolean() ? good.descriptors() : address(),
                input.nextBoolean() ? good.driver() : address(),
                input.nextBoolean() ? good.device() : address());
    }

    /** One run of a fuzzer. */
    static void run(byte[] data, boolean packed) {
        new QueueFuzz(new FuzzInput(data), packed).run();
    }

    @Override
    public void interrupt(int queue) {
        assertThat(queue).isEqualTo(3);
    }

    @Override
    public void broken(String why) {
        assertThat(why).isNotEmpty();
        broken++;
    }

    private RingQueue open() {
        return RingQueue.open(3, addresses, features, RAM.memory(), this);
    }

    private void run() {
        RingQueue queue;
        try {
            queue = open();
        } catch (BadRingException e) {
            assertThat(e.getMessage()).isNotEmpty();
            return;
        }
        try {
            while (!input.exhausted()) {
                queue = step(queue);
                assertThat(broken).isLessThanOrEqualTo(1);
            }
        } finally {
            inFlight.forEach(Chain::close);
        }
    }

    private RingQueue step(RingQueue queue) {
        switch (input.nextInt(12)) {
            case 0, 1, 2 -> describe();
            case 3 -> publish();
            case 4 -> scribble();
            case 5, 6 -> take(queue);
            case 7 -> device(queue, () -> put(queue));
            case 8 -> device(queue, () -> notifications(queue));
            case 9 -> device(queue, queue::signal);
            case 10 -> untake(queue);
            default -> {
                return inFlight.isEmpty() ? again(queue) : queue;
            }
        }
        return queue;
    }

    // ---- The driver

    private void describe() {
        boolean inTable = input.nextInt(4) == 0;
        int at = input.nextInt(inTable ? TABLE_ENTRIES : 64);
        long entry = (inTable ? table : addresses.descriptors()) + at * 16L;
        if (!RAM.memory().contains(entry, 16)) {
            return;
        }
        int kind = input.nextInt(8);
        int flags = kind == 7 ? 4 : kind & 3;
        RAM.writeLong(entry, kind == 7 ? table : address());
        RAM.writeInt(entry + 8, kind == 7 ? input.nextInt(TABLE_ENTRIES + 2) * 16 : length());
        int other = input.nextInt(65);
        int marks = input.nextInt(4);
        RAM.writeShort(entry + 12, packed ? other : flags);
        RAM.writeShort(entry + 14, packed ? flags | (marks & 1) << 7 | (marks & 2) << 14 : other);
    }

    private void publish() {
        int heads = input.nextInt(4);
        for (int i = 0; i < heads && !packed; i++) {
            long at = addresses.driver() + 4 + (available++ & addresses.size() - 1) * 2L;
            if (RAM.memory().contains(at, 2)) {
                RAM.writeShort(at, input.nextInt(addresses.size() + 1));
            }
        }
        if (!packed && RAM.memory().contains(addresses.driver(), 4)) {
            RAM.writeShort(addresses.driver() + 2, available);
        }
    }

    private void scribble() {
        long[] places = {addresses.descriptors(), addresses.driver(), addresses.device(), table};
        long at = places[input.nextInt(4)] + input.nextInt(256);
        if (RAM.memory().contains(at, 2)) {
            RAM.writeShort(at, input.nextInt(1 << 16));
        }
    }

    private long address() {
        return switch (input.nextInt(8)) {
            case 0 -> input.nextLong();
            case 1 -> RAM.end() - input.nextInt(64);
            case 2 -> GuestRam.BASE + RAM.size() / 2 - input.nextInt(64);
            case 3 -> addresses == null ? 0 : addresses.device() + input.nextInt(64);
            default -> buffers + input.nextInt(1 << 12);
        };
    }

    private int length() {
        return switch (input.nextInt(4)) {
            case 0 -> input.nextInt();
            case 1 -> input.nextInt(1 << 14);
            default -> input.nextInt(256);
        };
    }

    // ---- The device

    private void take(RingQueue queue) {
        Chain chain = new Chain();
        byte[] before = RAM.snapshot();
        boolean taken = queue.take(chain);
        assertThat(RAM.snapshot()).isEqualTo(before);
        if (!taken) {
            chain.close();
            return;
        }
        assertThat(broken).isZero();
        inFlight.add(chain);
        assertThat(inFlight).hasSizeLessThanOrEqualTo(queue.size());
        assertThat(queue.inFlight()).isEqualTo(inFlight.size());
        check(chain, queue.size());
        access(chain);
    }

    private static void check(Chain chain, int size) {
        // An indirect table's entries, each of which may cross from one region to another.
        assertThat(chain.ranges()).isLessThanOrEqualTo(3 * (size + RingQueue.INDIRECT_LIMIT));
        long readable = 0;
        long writable = 0;
        for (int i = 0; i < chain.ranges(); i++) {
            GuestMemory.Region region =
                    Objects.requireNonNull(RAM.memory().find(chain.guestAddress(i)));
            assertThat(chain.guestLength(i)).isPositive();
            assertThat(RAM.memory().contains(chain.guestAddress(i), chain.guestLength(i))).isTrue();
            if (i < chain.readableRanges()) {
                readable += chain.guestLength(i);
            } else {
                assertThat(region.readOnly()).isFalse();
                writable += chain.guestLength(i);
            }
        }
        assertThat(chain.readable().length()).isEqualTo(readable);
        assertThat(chain.writable().length()).isEqualTo(writable);
        assertThat(readable + writable).isLessThanOrEqualTo(1L << 32);
    }

    private void access(Chain chain) {
        long offset = input.nextInt(3) == 0 ? input.nextLong() : input.nextInt(300);
        boolean there = offset >= 0 && offset <= chain.readable().length() - 8;
        if (there) {
            assertThat(chain.readInt(offset)).isEqualTo((int) chain.readLong(offset));
        } else {
            assertThatThrownBy(() -> chain.readLong(offset))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        RAM.forgetWrites();
        byte[] before = RAM.snapshot();
        if (offset >= 0 && offset <= chain.writable().length() - 4) {
            chain.writeInt(offset, 0x5a5a_5a5a);
        } else {
            assertThatThrownBy(() -> chain.writeInt(offset, 1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThat(RAM.reportedAllSince(before)).isTrue();
    }

    private void put(RingQueue queue) {
        if (!inFlight.isEmpty()) {
            Chain chain = inFlight.remove(input.nextInt(inFlight.size()));
            long written = Math.min(length() & 0xffff_ffffL, chain.writable().length());
            queue.put(chain, written);
            chain.close();
        }
    }

    private void untake(RingQueue queue) {
        if (!inFlight.isEmpty()) {
            Chain chain = inFlight.removeLast();
            queue.untake(chain);
            chain.close();
        }
    }

    private void notifications(RingQueue queue) {
        if (input.nextBoolean()) {
            queue.enableNotifications();
        } else {
            queue.disableNotifications();
        }
    }

    /** Does what may write: only what is told, and nothing once the ring is broken. */
    private void device(RingQueue queue, Runnable what) {
        boolean was = broken != 0;
        RAM.forgetWrites();
        byte[] before = RAM.snapshot();
        what.run();
        assertThat(RAM.reportedAllSince(before)).isTrue();
        if (was) {
            assertThat(Arrays.equals(RAM.snapshot(), before)).isTrue();
            assertThat(queue.enableNotifications()).isFalse();
        }
    }

    /** The ring as another machine would go on with it. */
    private RingQueue again(RingQueue queue) {
        try {
            byte[] state = state(queue);
            RingQueue restored = open();
            restored.restore(new DataInputStream(new ByteArrayInputStream(state)));
            assertThat(state(restored)).isEqualTo(state);
            if (broken != 0) {
                restored.stop();
            }
            return restored;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] state(RingQueue queue) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        queue.save(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }
}
