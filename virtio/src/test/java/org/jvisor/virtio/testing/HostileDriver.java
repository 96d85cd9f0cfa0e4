package org.jvisor.virtio.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.queue.RingAddresses;
import org.jvisor.virtio.testing.GuestDriver.Setup;

/**
 * A driver that lies in every field, at random or as a fuzzer wants it: chains that loop, lie
 * outside RAM, overlap, have no bytes or 4 GiB; indices that run ahead; queues moved while the
 * device uses them; registers accessed at any offset and width. Whatever it does must raise no
 * exception, and a reset must bring the device back.
 */
public final class HostileDriver {
    private static final int STEPS = 150;

    private final VirtioDevice device;
    private final GuestRam ram;
    private final Setup setup;
    private final long features;
    private final RandomGenerator random;
    private final Insight insight;
    private final GuestDriver driver;

    /** What makes an attack on one kind of device go deeper than noise does. */
    public interface Insight {
        /** An insight into nothing. */
        Insight NONE = new Insight() {};

        /**
         * Writes a request that may be believable.
         *
         * @param at where its first readable buffer is
         * @param room bytes there
         * @return whether it wrote one
         */
        default boolean writeRequest(
                RandomGenerator random, int queue, GuestRam ram, long at, int room) {
            return false;
        }

        /** Has something happen on the host's side. */
        default void happen(RandomGenerator random) {}
    }

    private HostileDriver(
            VirtioDevice device,
            GuestRam ram,
            Setup setup,
            long features,
            RandomGenerator random,
            Insight insight) {
        this.device = device;
        this.ram = ram;
        this.setup = setup;
        this.features = features;
        this.random = random;
        this.insight = insight;
        driver = GuestDriver.start(device, ram, setup, features);
    }

    /**
     * Attacks a device, then resets it.
     *
     * @param device a new one; the driver owns it
     * @param ram at least 4 MiB, which is overwritten
     * @param features those of the device to negotiate
     * @param seed tells the attack
     * @return a driver of the device, started anew: the device has to serve it well
     */
    public static GuestDriver attack(
            VirtioDevice device, GuestRam ram, Setup setup, long features, long seed) {
        return attack(device, ram, setup, features, new SplittableRandom(seed), Insight.NONE);
    }

    /**
     * Attacks a device as {@code random} tells, until that is exhausted if it is a {@link
     * FuzzInput}; otherwise as above.
     */
    public static GuestDriver attack(
            VirtioDevice device,
            GuestRam ram,
            Setup setup,
            long features,
            RandomGenerator random,
            Insight insight) {
        return new HostileDriver(device, ram, setup, features, random, insight).run();
    }

    private GuestDriver run() {
        for (int step = 0; step < STEPS && !FuzzInput.isExhausted(random); step++) {
            switch (random.nextInt(16)) {
                case 0 -> pokeRegisters();
                case 1 -> peekRegisters();
                case 2 -> scribbleOnRings();
                case 3 -> moveQueue();
                case 4 -> accessConfig();
                case 5 -> restart();
                case 6 -> driver.setStatus(random.nextInt(1, 256));
                case 7 -> insight.happen(random);
                default -> offer();
            }
            checkFailure();
        }
        driver.pause(); // what is under way ends now, and may have gone wrong
        checkFailure();
        driver.reset();
        driver.start(features | setup.rings);
        return driver;
    }

    /** A driver's lie is answered by a reason, not by what went wrong inside. */
    private void checkFailure() {
        assertThat(driver.failure()).doesNotContain("internal error");
    }

    /** A chain that is believable but for what is in it, and sometimes not even that. */
    private void offer() {
        int queue = random.nextInt(device.queues());
        GuestQueue ring = driver.queue(queue);
        int readable = random.nextInt(4);
        int writable = random.nextInt(readable == 0 ? 1 : 0, 4);
        List<Buffer> buffers = new ArrayList<>();
        for (int i = 0; i < readable + writable; i++) {
            boolean write = i >= readable;
            buffers.add(
                    random.nextInt(40) == 0
                            ? new Buffer(address(), length(), random.nextBoolean())
                            : new Buffer(somewhere(), random.nextInt(600), write));
        }
        if (readable > 0) {
            fill(queue, buffers.getFirst());
        }
        while (ring.poll() != null) {
            // makes room
        }
        if (ring.fits(buffers.size())) {
            ring.add(buffers);
        }
        driver.kick(queue);
    }

    private void fill(int queue, Buffer buffer) {
        long at = buffer.address();
        long middle = GuestRam.BASE + ram.size() / 2; // where one region ends
        if (at < GuestRam.BASE || at > ram.end() - 64 || (at < middle && at > middle - 64)) {
            return;
        }
        int room = (int) Math.min((at < middle ? middle : ram.end()) - at, 4096);
        if (random.nextBoolean() && insight.writeRequest(random, queue, ram, at, room)) {
            return;
        }
        // Small numbers make the beginnings of headers a device may take seriously.
        for (int i = random.nextInt(17); i > 0; i--) {
            int word =
                    switch (random.nextInt(4)) {
                        case 0 -> 0;
                        case 1 -> random.nextInt(1 << 8);
                        case 2 -> random.nextInt(1 << 16);
                        default -> random.nextInt();
                    };
            ram.writeInt(at + (i - 1) * 4L, word);
        }
    }

    private void scribbleOnRings() {
        int queue = random.nextInt(device.queues());
        RingAddresses at = driver.queue(queue).addresses();
        for (int i = random.nextInt(8); i >= 0; i--) {
            long entry = at.descriptors() + random.nextInt(at.size()) * 16L;
            ram.writeLong(entry, random.nextBoolean() ? somewhere() : address());
            ram.writeInt(entry + 8, length());
            ram.writeShort(entry + 12, random.nextInt(at.size() + 2));
            ram.writeShort(
                    entry + 14,
                    random.nextBoolean()
                            ? random.nextInt(1 << 16)
                            : random.nextInt(8) | random.nextInt(4) << 7 | 1 << 15);
        }
        if (random.nextBoolean()) {
            int[] jumps = {1, 2, at.size(), at.size() + 1, 0x8000, 0xffff};
            int now = ram.memory().readShort(at.driver() + 2);
            ram.writeShort(at.driver() + 2, now + jumps[random.nextInt(jumps.length)]);
        }
        driver.kick(queue);
    }

    private void moveQueue() {
        int queue = random.nextInt(device.queues());
        RingAddresses at = driver.queue(queue).addresses();
        driver.setUpAt(
                queue,
                new RingAddresses(
                        random.nextInt(at.size() * 4), address(), address(), somewhere()));
    }

    private void pokeRegisters() {
        int size = 1 << random.nextInt(4);
        long offset = random.nextInt(driver.window() - size + 1);
        if (random.nextBoolean()) {
            offset %= 0x100; // where registers are dense
        }
        driver.poke(offset, size, random.nextBoolean() ? random.nextLong() : random.nextInt(16));
    }

    private void peekRegisters() {
        int size = 1 << random.nextInt(4);
        driver.peek(random.nextInt(driver.window() - size + 1), size);
    }

    private void accessConfig() {
        int size = 1 << random.nextInt(4);
        int offset = random.nextInt(device.configSize() + 8);
        if (random.nextBoolean()) {
            driver.writeConfig(offset, size, random.nextLong());
        } else {
            driver.readConfig(offset, size);
        }
    }

    private void restart() {
        driver.reset();
        driver.start(random.nextBoolean() ? features | setup.rings : setup.rings);
    }

    // ---- Values

    private long somewhere() {
        return GuestRam.BASE + random.nextInt(ram.size() - 1024);
    }

    private long address() {
        return switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> random.nextLong();
            case 2 -> ram.end() - random.nextInt(64);
            case 3 -> GuestRam.BASE - random.nextInt(64);
            case 4 -> -random.nextInt(4096);
            case 5 -> Long.MAX_VALUE - random.nextInt(64);
            default -> somewhere() & -16;
        };
    }

    private int length() {
        return switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> Integer.MIN_VALUE;
            case 3 -> random.nextInt();
            case 4 -> ram.size();
            default -> random.nextInt(4096);
        };
    }
}
