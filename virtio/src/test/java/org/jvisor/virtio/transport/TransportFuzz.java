package org.jvisor.virtio.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.queue.RingAddresses;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.EchoDevice;
import org.jvisor.virtio.testing.FuzzInput;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Transport;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

/**
 * A device that echoes, whose registers and configuration space a fuzzer accesses in any way and
 * order, pauses and moves to another machine. A reset brings it back whatever happened.
 */
final class TransportFuzz {
    private static final int MOST_STEPS = 200;
    private static final long[] FEATURES = {
        0,
        Features.RING_EVENT_IDX,
        Features.RING_INDIRECT_DESC,
        Features.RING_PACKED,
        Features.RING_PACKED | Features.RING_EVENT_IDX | Features.RING_INDIRECT_DESC
    };

    /** One guest for all runs, as clearing it is faster. */
    private static final GuestRam RAM = new GuestRam(1 << 20);

    private final FuzzInput input;
    private final Transport transport;
    private GuestDriver driver;
    private boolean paused;

    private TransportFuzz(FuzzInput input, Transport transport) {
        this.input = input;
        this.transport = transport;
        RAM.clear();
        driver = new GuestDriver(new EchoDevice(), RAM, transport);
    }

    /** One run of a fuzzer. */
    static void run(byte[] data, Transport... transports) {
        FuzzInput input = new FuzzInput(data);
        new TransportFuzz(input, transports[input.nextInt(transports.length)]).run();
    }

    private void run() {
        try {
            for (int i = 0; i < MOST_STEPS && !input.exhausted(); i++) {
                step();
            }
            if (paused) {
                driver.resume();
            }
            driver.recover();
            driver.start(Features.RING_EVENT_IDX);
            echo();
        } finally {
            driver.close();
        }
    }

    private void step() {
        switch (input.nextInt(16)) {
            case 0, 1, 2 -> driver.poke(offset(), width(), value());
            case 3 -> driver.peek(offset(), width());
            case 4, 5, 6 -> driver.pokeFunction(input.nextInt(256), 1 << input.nextInt(3), value());
            case 7 -> driver.peekFunction(input.nextInt(256), 1 << input.nextInt(3));
            case 8 -> start();
            case 9 -> offer();
            case 10 -> driver.setStatus(input.nextInt(256));
            case 11 -> setUpSomewhere();
            case 12 -> driver.kick(input.nextInt(EchoDevice.QUEUES));
            case 13 -> scribble();
            case 14 -> pauseOrResume();
            default -> migrate();
        }
    }

    private int width() {
        return 1 << input.nextInt(4);
    }

    private long offset() {
        int most = driver.window() - 8;
        return switch (input.nextInt(3)) {
            case 0 -> input.nextInt(most);
            case 1 -> input.nextInt(0x100); // where registers are dense
            default -> (input.nextInt(4) << 12 | input.nextInt(0x100)) % most; // each structure
        };
    }

    private long value() {
        return switch (input.nextInt(4)) {
            case 0 -> input.nextLong();
            case 1 -> input.nextInt();
            case 2 -> -1;
            default -> input.nextInt(256);
        };
    }

    /** A good driver's start, which may fail if registers were moved. */
    private void start() {
        driver.setStatus(0);
        driver.setStatus(1);
        driver.setStatus(3);
        long features = FEATURES[input.nextInt(FEATURES.length)] | Features.VERSION_1;
        driver.setDriverFeatures(features);
        driver.setStatus(11);
        int size = 1 << input.nextInt(5);
        for (int i = 0; i < EchoDevice.QUEUES; i++) {
            if (room(size)) {
                driver.setUp(i, size, features);
            }
        }
        driver.setStatus(15);
    }

    private static boolean room(int size) {
        return RAM.left() > size * 32L + 8192;
    }

    private void offer() {
        int queue = input.nextInt(EchoDevice.QUEUES);
        GuestQueue ring = driver.queueOrNull(queue);
        if (ring == null || !ring.fits(2)) {
            return;
        }
        long at = GuestRam.BASE + input.nextInt(1 << 20);
        ring.add(Buffer.out(at, input.nextInt(300)), Buffer.in(at, input.nextInt(300)));
        driver.kick(queue);
        while (ring.poll() != null) {
            // makes room
        }
    }

    private void setUpSomewhere() {
        long at = GuestRam.BASE + input.nextInt(1 << 20);
        driver.setUpAt(
                input.nextInt(EchoDevice.QUEUES + 1),
                new RingAddresses(
                        input.nextInt(1 << 16), at & -16, value(), at + input.nextInt(4096)));
    }

    private void scribble() {
        GuestQueue ring = driver.queueOrNull(input.nextInt(EchoDevice.QUEUES));
        if (ring != null) {
            RingAddresses at = ring.addresses();
            long[] places = {at.descriptors(), at.driver(), at.device()};
            RAM.writeShort(places[input.nextInt(3)] + input.nextInt(64), input.nextInt(1 << 16));
        }
    }

    private void pauseOrResume() {
        if (paused) {
            driver.resume();
        } else {
            driver.pause();
        }
        paused = !paused;
    }

    private void migrate() {
        // Also if it is paused: a reset that was written since is complete then.
        driver.pause();
        try {
            byte[] state = driver.save();
            driver = driver.migrate(new EchoDevice());
            assertThat(driver.save()).isEqualTo(state);
        } catch (IOException e) {
            throw new AssertionError(transport + " does not take what it saved", e);
        }
        paused = true;
    }

    private void echo() {
        byte[] bytes = {1, 2, 3, 4, 5};
        long from = RAM.place(bytes);
        long to = RAM.allocate(8, 8);
        for (int i = 0; i < EchoDevice.QUEUES; i++) {
            RAM.writeLong(to, 0);
            assertThat(driver.request(i, Buffer.out(from, 5), Buffer.in(to, 8)).length())
                    .isEqualTo(5);
            assertThat(RAM.memory().read(to, 5)).isEqualTo(bytes);
        }
    }
}
