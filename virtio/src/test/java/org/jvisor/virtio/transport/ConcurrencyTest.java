package org.jvisor.virtio.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.entropy.VirtioRng;
import org.jvisor.virtio.queue.RingAddresses;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

/** A driver and a device at the same time: no notification and no interrupt may get lost. */
@Timeout(120)
class ConcurrencyTest {
    private final GuestRam ram = new GuestRam(2 << 20);

    @ParameterizedTest
    @EnumSource
    void noWakeUpIsLostWhileManyRequestsAreInFlight(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0)) {
            GuestQueue queue = driver.queue(0);
            long at = ram.allocate(64, 1);
            int inFlight = 0;
            int done = 0;
            for (int round = 0; done < 5_000; round++) {
                // Bursts of all sizes, so that the device falls asleep at every moment.
                int burst = 1 + round * 7 % 23;
                while (inFlight < burst && queue.fits(2)) {
                    queue.add(Buffer.in(at, 1), Buffer.in(at, 3));
                    inFlight++;
                }
                driver.kickIfWanted(0);
                while (inFlight > round % 3) {
                    assertThat(driver.await(0).length()).isEqualTo(4);
                    inFlight--;
                    done++;
                }
            }
            assertThat(driver.failure()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void pausesInBetweenLoseNothing(Setup setup) throws InterruptedException {
        try (GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0)) {
            AtomicBoolean stop = new AtomicBoolean();
            Thread machine =
                    Thread.ofPlatform()
                            .daemon()
                            .start(
                                    () -> {
                                        while (!stop.get()) {
                                            driver.pause();
                                            driver.resume();
                                        }
                                    });
            long at = ram.allocate(64, 1);
            for (int i = 0; i < 300; i++) {
                assertThat(driver.request(0, Buffer.in(at, 32)).length()).isEqualTo(32);
            }
            stop.set(true);
            machine.join();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCpuThatScribblesOnTheRingMeanwhileHarmsOnlyTheGuest(Setup setup)
            throws InterruptedException {
        try (GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0)) {
            AtomicBoolean stop = new AtomicBoolean();
            RingAddresses at = driver.queue(0).addresses();
            Thread cpu =
                    Thread.ofPlatform()
                            .daemon()
                            .start(
                                    () -> {
                                        for (int i = 0; !stop.get(); i++) {
                                            long entry = at.descriptors() + i % at.size() * 16L;
                                            ram.writeLong(entry, i % 5 == 0 ? -1 : at.device());
                                            ram.writeInt(entry + 8, i % 7 == 0 ? -1 : 4);
                                            ram.writeShort(entry + 12, i * 31);
                                            ram.writeShort(entry + 14, i * 17);
                                        }
                                    });
            for (int i = 0; i < 200; i++) {
                driver.start(setup.rings);
                RingAddresses now = driver.queue(0).addresses();
                driver.reset();
                driver.negotiate(setup.rings);
                driver.setUpAt(
                        0, new RingAddresses(64, at.descriptors(), now.driver(), now.device()));
                driver.driverOk();
                ram.writeShort(now.driver() + 2, i % 65);
                driver.kick(0);
            }
            stop.set(true);
            cpu.join();
            driver.start(setup.rings);
            long buffer = ram.allocate(32, 1);
            assertThat(driver.request(0, Buffer.in(buffer, 32)).length()).isEqualTo(32);
        }
    }
}
