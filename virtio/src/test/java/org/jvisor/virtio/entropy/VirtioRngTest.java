package org.jvisor.virtio.entropy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

class VirtioRngTest {
    private final GuestRam ram = new GuestRam(1 << 20);

    @ParameterizedTest
    @EnumSource
    void aBufferIsFilledWithRandomBytes(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0)) {
            long first = ram.allocate(10_000, 1);
            long second = ram.allocate(10_000, 1);
            assertThat(driver.request(0, Buffer.in(first, 10_000)).length()).isEqualTo(10_000);
            assertThat(driver.request(0, Buffer.in(second, 10_000)).length()).isEqualTo(10_000);
            byte[] bytes = ram.memory().read(first, 10_000);
            assertThat(bytes).isNotEqualTo(ram.memory().read(second, 10_000));
            long zeros = 0;
            for (byte b : bytes) {
                zeros += b == 0 ? 1 : 0;
            }
            assertThat(zeros).isLessThan(200); // 39 on average
        }
    }

    @ParameterizedTest
    @EnumSource
    void manyBuffersAreServedOneAfterTheOther(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0)) {
            long at = ram.allocate(64, 1);
            for (int i = 0; i < 2000; i++) {
                assertThat(driver.request(0, Buffer.in(at, 32), Buffer.in(at + 32, 32)))
                        .extracting(GuestQueue.Used::length)
                        .isEqualTo(64L);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBufferTheDeviceCannotWriteGetsNothing(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0)) {
            assertThat(driver.request(0, Buffer.out(ram.allocate(64, 1), 64)).length()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPausedDeviceServesNothingUntilItIsResumed(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0)) {
            driver.pause();
            int id = driver.send(0, Buffer.in(ram.allocate(64, 1), 64));
            byte[] before = ram.snapshot();
            driver.kick(0);
            assertThat(ram.snapshot()).isEqualTo(before);
            driver.resume();
            assertThat(driver.await(0).id()).isEqualTo(id);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRestoredDeviceGoesOnWithTheSameRings(Setup setup) throws IOException {
        GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0);
        long at = ram.allocate(64, 1);
        for (int i = 0; i < 100; i++) {
            assertThat(driver.request(0, Buffer.in(at, 64)).length()).isEqualTo(64);
        }
        driver.pause();
        int id = driver.send(0, Buffer.in(at, 63));
        try (GuestDriver moved = driver.migrate(new VirtioRng("rng0"))) {
            moved.resume();
            assertThat(moved.await(0)).isEqualTo(new GuestQueue.Used(id, 63));
            assertThat(moved.request(0, Buffer.in(at, 64)).length()).isEqualTo(64);
        }
    }

    @Property(tries = 300)
    void aHostileDriverHarmsOnlyItself(@ForAll Setup setup, @ForAll long seed) {
        VirtioRngFuzzer.attack(new GuestRam(4 << 20), setup, new SplittableRandom(seed));
    }

    @ParameterizedTest
    @EnumSource
    void aResetDeviceWorksAgain(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(new VirtioRng("rng0"), ram, setup, 0)) {
            long at = ram.allocate(64, 1);
            for (int i = 0; i < 20; i++) {
                assertThat(driver.request(0, Buffer.in(at, 64)).length()).isEqualTo(64);
                driver.send(0, Buffer.in(at, 64));
                driver.start(setup.rings);
            }
        }
    }
}
