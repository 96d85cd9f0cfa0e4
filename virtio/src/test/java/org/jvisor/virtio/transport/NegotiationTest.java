package org.jvisor.virtio.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.WorkerDevice;
import org.jvisor.virtio.queue.RingAddresses;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Transport;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

/** The status register, features and queues on every transport (virtio 1.2 §2.1, §3.1). */
class NegotiationTest {
    private static final int ACKNOWLEDGE = GuestDriver.ACKNOWLEDGE;
    private static final int DRIVER = GuestDriver.DRIVER;
    private static final int FEATURES_OK = GuestDriver.FEATURES_OK;
    private static final int DRIVER_OK = GuestDriver.DRIVER_OK;
    private static final int NEEDS_RESET = GuestDriver.NEEDS_RESET;

    private static final long FIRST = 1, SECOND = 2;

    /** A device with two features, the second of which needs the first, and two queues. */
    private static final class Probe extends WorkerDevice {
        final List<String> life = new ArrayList<>();

        Probe() {
            super("probe0", 42, 12);
            config.put(0, 4, 0x4433_2211);
        }

        @Override
        public long features() {
            return FIRST | SECOND;
        }

        @Override
        public boolean accepts(long features) {
            return (features & SECOND) == 0 || (features & FIRST) != 0;
        }

        @Override
        public int queues() {
            return 2;
        }

        @Override
        public int queueSize(int queue) {
            return 128;
        }

        @Override
        public void writeConfig(int offset, int size, long value) {
            config.write(offset, size, value, 8, 4);
        }

        @Override
        protected void activated(VirtioHost host) {
            life.add("activated " + host.queue(0).size() + " " + host.queue(1).enabled());
        }

        @Override
        protected void deactivated() {
            life.add("deactivated");
        }

        @Override
        protected void serve(VirtioHost host) {
            // The tests are about what happens before.
        }

        @Nullable VirtioHost active() {
            return host();
        }

        void change(int value) {
            config.put(4, 4, value);
            VirtioHost host = host();
            if (host != null) {
                host.configChanged();
            }
        }
    }

    private final GuestRam ram = new GuestRam(1 << 20);
    private final Probe device = new Probe();
    private final List<GuestDriver> drivers = new ArrayList<>();

    private GuestDriver driver(Transport transport) {
        GuestDriver driver = new GuestDriver(device, ram, transport);
        drivers.add(driver);
        driver.reset();
        device.life.clear();
        return driver;
    }

    @AfterEach
    void close() {
        drivers.forEach(GuestDriver::close);
    }

    @ParameterizedTest
    @EnumSource
    void theRingsFeaturesAreOfferedBesideTheDevices(Transport transport) {
        assertThat(driver(transport).deviceFeatures())
                .isEqualTo(FIRST | SECOND | Features.RINGS)
                .matches(offered -> (offered & Features.ACCESS_PLATFORM) == 0);
    }

    @ParameterizedTest
    @EnumSource
    void featuresThatWereNotOfferedAreRefused(Transport transport) {
        for (long refused : new long[] {4, Features.ACCESS_PLATFORM, 1L << 40, 1L << 63}) {
            GuestDriver driver = driver(transport);
            driver.setStatus(ACKNOWLEDGE | DRIVER);
            driver.setDriverFeatures(Features.VERSION_1 | refused);
            driver.setStatus(ACKNOWLEDGE | DRIVER | FEATURES_OK);
            assertThat(driver.status()).as("%#x", refused).isEqualTo(ACKNOWLEDGE | DRIVER);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLegacyDriverIsRefused(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.setStatus(ACKNOWLEDGE | DRIVER);
        driver.setDriverFeatures(FIRST);
        driver.setStatus(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assertThat(driver.status() & FEATURES_OK).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void theDeviceMayRefuseASetOfFeatures(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.setStatus(ACKNOWLEDGE | DRIVER);
        driver.setDriverFeatures(Features.VERSION_1 | SECOND);
        driver.setStatus(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assertThat(driver.status() & FEATURES_OK).isZero();
        driver.setDriverFeatures(Features.VERSION_1 | SECOND | FIRST);
        driver.setStatus(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assertThat(driver.status() & FEATURES_OK).isNotZero();
    }

    @ParameterizedTest
    @EnumSource
    void featuresCannotBeSettledBeforeTheDriverIsKnown(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.setDriverFeatures(Features.VERSION_1);
        driver.setStatus(FEATURES_OK);
        assertThat(driver.status() & FEATURES_OK).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void settledFeaturesCannotBeChanged(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.negotiate(FIRST);
        driver.setDriverFeatures(Features.VERSION_1 | 1L << 50);
        driver.driverOk();
        VirtioHost host = device.active();
        assertThat(host).isNotNull();
        assertThat(host == null ? 0 : host.features()).isEqualTo(Features.VERSION_1 | FIRST);
    }

    @ParameterizedTest
    @EnumSource
    void aDriverThatNeverSettledFeaturesNeedsAReset(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.setStatus(ACKNOWLEDGE | DRIVER);
        driver.setStatus(ACKNOWLEDGE | DRIVER | DRIVER_OK);
        assertThat(driver.status()).isEqualTo(ACKNOWLEDGE | DRIVER | NEEDS_RESET);
        assertThat(driver.failure()).contains("FEATURES_OK");
        assertThat(device.life).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theDriverOnlyAddsBitsToTheStatusAndNeverNeedsReset(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.setStatus(ACKNOWLEDGE);
        driver.setStatus(DRIVER | NEEDS_RESET | GuestDriver.FAILED);
        assertThat(driver.status()).isEqualTo(ACKNOWLEDGE | DRIVER | GuestDriver.FAILED);
    }

    @ParameterizedTest
    @EnumSource
    void theDeviceIsActivatedOnceWithTheQueuesThatWereEnabled(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.negotiate(0);
        driver.setUp(0, 32);
        driver.driverOk();
        driver.driverOk();
        assertThat(device.life.getLast()).isEqualTo("activated 32 false");
        assertThat(device.life.stream().filter(what -> what.startsWith("activated"))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aResetBringsTheFirstStateBack(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.start(FIRST);
        driver.reset();
        assertThat(device.life.getLast()).isEqualTo("deactivated");
        assertThat(driver.status()).isZero();
        assertThat(driver.queueSizeMax(0)).isEqualTo(128);
        assertThat(device.active()).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void aQueueThatIsNotThereHasNoSize(Transport transport) {
        GuestDriver driver = driver(transport);
        assertThat(driver.queueSizeMax(2)).isZero();
        assertThat(driver.queueSizeMax(0xffff)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aRingOutsideRamNeedsAReset(Transport transport) {
        long[] bad = {0, 0x1000, ram.end(), ram.end() - 16, Long.MIN_VALUE, -16};
        for (long address : bad) {
            GuestDriver driver = driver(transport);
            driver.negotiate(0);
            long good = ram.allocate(4096, 16);
            driver.setUpAt(0, new RingAddresses(64, good, good + 1024, address));
            driver.driverOk();
            assertThat(driver.status() & NEEDS_RESET).as("%#x", address).isNotZero();
            assertThat(device.life).doesNotContain("activated");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSplitRingWhoseSizeIsNoPowerOfTwoNeedsAReset(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.negotiate(0);
        long at = ram.allocate(4096, 16);
        driver.setUpAt(0, new RingAddresses(24, at, at + 1024, at + 2048));
        driver.driverOk();
        assertThat(driver.status() & NEEDS_RESET).isNotZero();
        driver.awaitConfigChange();
    }

    @ParameterizedTest
    @EnumSource
    void anEnabledQueueCannotBeMoved(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.negotiate(0);
        GuestQueue queue = driver.setUp(0, 32);
        driver.setUpAt(0, new RingAddresses(64, 1, 2, 3));
        driver.driverOk();
        driver.setUpAt(0, new RingAddresses(64, 1, 2, 3));
        driver.setUpAt(1, new RingAddresses(64, 1, 2, 3));
        assertThat(driver.status() & NEEDS_RESET).isZero();
        assertThat(device.life.getLast()).isEqualTo("activated 32 false");
        assertThat(queue.addresses().size()).isEqualTo(32);
    }

    @ParameterizedTest
    @EnumSource
    void aChangeOfConfigurationMovesTheGenerationAndInterrupts(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.start(0);
        int before = driver.generation();
        device.change(77);
        driver.awaitConfigChange();
        assertThat(driver.generation()).isNotEqualTo(before);
        assertThat(driver.readConfig(4, 4)).isEqualTo(77);
    }

    @ParameterizedTest
    @EnumSource
    void configurationIsReadAtAnyOffsetAndWidth(Transport transport) {
        GuestDriver driver = driver(transport);
        assertThat(driver.readConfig(1, 1)).isEqualTo(0x22);
        assertThat(driver.readConfig(1, 2)).isEqualTo(0x3322);
        assertThat(driver.readConfig(0, 8)).isEqualTo(0x4433_2211L);
        assertThat(driver.readConfig(10, 8)).isZero();
        assertThat(driver.readConfig(100, 4)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void onlyWritableConfigurationIsWritten(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.writeConfig(0, 4, -1);
        driver.writeConfig(6, 4, 0x1234_5678);
        driver.writeConfig(11, 8, -1);
        assertThat(driver.readConfig(0, 8)).isEqualTo(0x4433_2211L);
        assertThat(driver.readConfig(8, 4)).isEqualTo(0xff00_1234L);
    }

    @ParameterizedTest
    @EnumSource
    void aBrokenDeviceTellsWhyAndIsWellAfterAReset(Transport transport) {
        GuestDriver driver = driver(transport);
        driver.start(0);
        VirtioHost host = device.active();
        if (host != null) {
            host.needsReset("the test says so");
        }
        driver.awaitNeedsReset();
        assertThat(driver.failure()).isEqualTo("the test says so");
        driver.start(0);
        assertThat(driver.status() & NEEDS_RESET).isZero();
        assertThat(driver.failure()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceIsRestoredWhateverFeaturesItsDriverHadYetToSeal(Transport transport)
            throws IOException {
        GuestDriver driver = driver(transport);
        driver.setStatus(ACKNOWLEDGE | DRIVER);
        driver.setDriverFeatures(1L << 20);
        driver.pause();
        GuestDriver moved = driver.migrate(new Probe());
        drivers.add(moved);
        moved.resume();
        moved.setStatus(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assertThat(moved.status() & FEATURES_OK).isZero();
    }
}
