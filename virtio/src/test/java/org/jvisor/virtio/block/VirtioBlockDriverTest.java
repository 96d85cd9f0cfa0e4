package org.jvisor.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.RateLimiter;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

/** The device behind the registers of both transports, with good drivers and a bad one. */
class VirtioBlockDriverTest {
    private static final int SIZE = 1 << 18;
    private static final int QUEUES = 3;

    private final GuestRam ram = new GuestRam(4 << 20);
    private final MemoryDisk disk = new MemoryDisk(SIZE, false);

    private static VirtioBlock device(BlockBackend disk) {
        return new VirtioBlock("disk0", disk, VirtioBlock.Settings.of("serial", QUEUES));
    }

    private static GuestDriver start(VirtioBlock device, GuestRam ram, Setup setup) {
        return GuestDriver.start(device, ram, setup, device.features());
    }

    /** Makes a request of one data buffer; returns its status. */
    private static int request(
            GuestDriver driver, GuestRam ram, int queue, int type, long sector, Buffer data) {
        long header = ram.allocate(16, 8);
        long status = ram.allocate(1, 1);
        ram.writeInt(header, type);
        ram.writeLong(header + 8, sector);
        ram.memory().slice(status, 1).fill((byte) 0xee);
        driver.request(queue, Buffer.out(header, 16), data, Buffer.in(status, 1));
        return ram.memory().readByte(status);
    }

    private static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + seed);
        }
        return bytes;
    }

    static void writeAndRead(GuestDriver driver, GuestRam ram, int queue, int seed) {
        byte[] bytes = pattern(4096, seed);
        long from = ram.place(bytes);
        long to = ram.allocate(4096, 16);
        Buffer out = Buffer.out(from, 4096);
        assertThat(request(driver, ram, queue, BlockRequests.VIRTIO_BLK_T_OUT, 8, out)).isZero();
        Buffer in = Buffer.in(to, 4096);
        assertThat(request(driver, ram, queue, BlockRequests.VIRTIO_BLK_T_IN, 8, in)).isZero();
        assertThat(ram.memory().read(to, 4096)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @EnumSource
    void everyQueueWritesAndReads(Setup setup) {
        try (GuestDriver driver = start(device(disk), ram, setup)) {
            for (int queue = 0; queue < QUEUES; queue++) {
                writeAndRead(driver, ram, queue, queue);
            }
        }
        assertThat(disk.closed).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aRequestWithoutRoomForItsStatusBreaksTheDevice(Setup setup) {
        try (GuestDriver driver = start(device(disk), ram, setup)) {
            driver.send(0, Buffer.out(ram.allocate(16, 8), 16));
            driver.awaitNeedsReset();
            assertThat(driver.failure()).contains("no room for the status");
            driver.start(device(disk).features() | setup.rings);
            writeAndRead(driver, ram, 0, 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSavedDeviceGoesOnElsewhere(Setup setup) throws IOException {
        GuestDriver driver = start(device(disk), ram, setup);
        driver.writeConfig(32, 1, 0);
        writeAndRead(driver, ram, 0, 1);
        driver.pause();
        try (GuestDriver moved = driver.migrate(device(disk))) {
            moved.resume();
            assertThat(moved.readConfig(32, 1)).isZero();
            writeAndRead(moved, ram, 0, 2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLimitedDiskServesWhatWaitsWhenItIsPaused(Setup setup) {
        RateLimiter.Limits slow = new RateLimiter.Limits(1, 4096, 0, 0);
        VirtioBlock device =
                new VirtioBlock("disk0", disk, new VirtioBlock.Settings("", 1, 64, slow));
        try (GuestDriver driver = start(device, ram, setup)) {
            long at = ram.allocate(4096, 16);
            Buffer in = Buffer.in(at, 4096);
            assertThat(request(driver, ram, 0, BlockRequests.VIRTIO_BLK_T_IN, 0, in)).isZero();
            long header = ram.allocate(16, 8);
            ram.writeLong(header, 0);
            ram.writeLong(header + 8, 0);
            // This one would have to wait for more than an hour.
            int id = driver.send(0, Buffer.out(header, 16), in, Buffer.in(at, 1));
            GuestQueue.Used used = null;
            while (used == null) {
                driver.pause(); // whatever was taken by then is carried out
                used = driver.queue(0).poll();
                driver.resume();
            }
            assertThat(used.id()).isEqualTo(id);
        }
    }

    @Property(tries = 200)
    void aHostileDriverHarmsOnlyItself(@ForAll Setup setup, @ForAll long seed) {
        VirtioBlockFuzzer.attack(new GuestRam(4 << 20), setup, new SplittableRandom(seed));
    }
}
