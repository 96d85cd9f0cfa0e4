package org.jvisor.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestDriver.Transport;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

/** A driver that resets a disk whose back end does not answer (virtio 1.2 §2.4). */
@Timeout(60)
class StuckDiskTest {
    private static final int SIZE = 1 << 18;

    private final GuestRam ram = new GuestRam(4 << 20);
    private final MemoryDisk disk = new MemoryDisk(SIZE, false);
    private final CountDownLatch held = disk.holdFlushes();

    /** A driver that has a flush under way, which ends when the latch is opened. */
    private GuestDriver flushing(Setup setup) throws InterruptedException {
        VirtioBlock device = new VirtioBlock("disk0", disk, VirtioBlock.Settings.of("serial", 2));
        GuestDriver driver = GuestDriver.start(device, ram, setup, device.features());
        long header = ram.allocate(16, 8);
        ram.writeInt(header, BlockRequests.VIRTIO_BLK_T_FLUSH);
        driver.send(0, Buffer.out(header, 16), Buffer.in(ram.allocate(1, 1), 1));
        disk.reached.await();
        return driver;
    }

    @ParameterizedTest
    @EnumSource
    void theStatusIsNotZeroUntilNothingIsUnderWay(Setup setup) throws InterruptedException {
        try (GuestDriver driver = flushing(setup)) {
            GuestQueue queue = driver.queue(0);
            driver.setStatus(0); // returns, though the disk is stuck
            assertThat(driver.status()).isNotZero();
            assertThat(queue.poll()).isNull();
            held.countDown();
            driver.reset();
            byte[] before = ram.snapshot();
            driver.kick(0);
            assertThat(ram.snapshot()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theDeviceWorksOnceTheResetIsComplete(Setup setup) throws InterruptedException {
        try (GuestDriver driver = flushing(setup)) {
            driver.setStatus(0);
            driver.setStatus(0);
            held.countDown();
            driver.start(setup.rings);
            VirtioBlockDriverTest.writeAndRead(driver, ram, 1, 3);
        }
    }

    @ParameterizedTest
    @EnumSource(names = "PCI.*", mode = EnumSource.Mode.MATCH_ALL)
    void aPciDriverThatDoesNotWaitIsNotHeard(Transport transport) throws InterruptedException {
        try (GuestDriver driver = flushing(setup(transport))) {
            driver.setStatus(0);
            int before = driver.status();
            driver.setStatus(GuestDriver.ACKNOWLEDGE | GuestDriver.FAILED);
            assertThat(driver.status()).isEqualTo(before);
            held.countDown();
            driver.reset();
        }
    }

    /** As Linux's driver of this transport does. */
    @ParameterizedTest
    @EnumSource(names = "MMIO.*", mode = EnumSource.Mode.MATCH_ALL)
    void anMmioDriverThatDoesNotWaitIsHeldUpUntilThen(Transport transport)
            throws InterruptedException {
        try (GuestDriver driver = flushing(setup(transport))) {
            driver.setStatus(0);
            Thread cpu = Thread.ofPlatform().start(() -> driver.setStatus(GuestDriver.ACKNOWLEDGE));
            held.countDown();
            cpu.join();
            assertThat(driver.status()).isEqualTo(GuestDriver.ACKNOWLEDGE);
        }
    }

    private static Setup setup(Transport transport) {
        for (Setup setup : Setup.values()) {
            if (setup.transport == transport) {
                return setup;
            }
        }
        throw new AssertionError(transport);
    }

    @ParameterizedTest
    @EnumSource
    void aPausedMachineWaitsForAResetUnderWay(Setup setup) throws InterruptedException {
        try (GuestDriver driver = flushing(setup)) {
            driver.setStatus(0);
            Thread machine = Thread.ofPlatform().start(driver::pause);
            held.countDown();
            machine.join();
            assertThat(driver.status()).isZero();
            driver.resume();
            driver.start(setup.rings);
            VirtioBlockDriverTest.writeAndRead(driver, ram, 0, 4);
        }
    }
}
