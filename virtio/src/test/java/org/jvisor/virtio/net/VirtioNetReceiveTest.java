package org.jvisor.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.net.LoopBackend.Frame;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;

/** What the guest receives. */
class VirtioNetReceiveTest extends NetGuest {
    @ParameterizedTest
    @EnumSource
    void aFrameOfTheBackEndReachesTheGuest(Setup setup) {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", setup, 0)) {
            for (int i = 1; i < 100; i++) {
                byte[] frame = frame(MAC, i * 10);
                long at = offer(driver, 1526);
                backend.deliver(0, Frame.plain(frame));
                GuestQueue.Used used = driver.await(RX);
                assertThat(received(at, used)).isEqualTo(frame);
                assertThat(ram.memory().read(at, HEADER))
                        .isEqualTo(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0});
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLargeFrameIsDividedAmongMergeableBuffers(Setup setup) {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", setup, NetFeatures.MRG_RXBUF)) {
            byte[] frame = frame(MAC, 5000);
            long[] at = new long[4];
            for (int i = 0; i < 4; i++) {
                at[i] = offer(driver, 1500 + i);
            }
            backend.deliver(0, Frame.plain(frame));
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < 4; i++) {
                all.writeBytes(ram.memory().read(at[i], (int) driver.await(RX).length()));
            }
            byte[] whole = all.toByteArray();
            assertThat(whole[10]).isEqualTo((byte) 4);
            assertThat(Arrays.copyOfRange(whole, HEADER, whole.length)).isEqualTo(frame);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFrameWaitsUntilThereIsRoomForAllOfIt(Setup setup) {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", setup, NetFeatures.MRG_RXBUF)) {
            byte[] frame = frame(MAC, 2000);
            long first = offer(driver, 1000);
            backend.deliver(0, Frame.plain(frame));
            long second = offer(driver, 3000);
            assertThat(driver.await(RX).length()).isEqualTo(1000);
            GuestQueue.Used rest = driver.await(RX);
            assertThat(rest.length()).isEqualTo(frame.length + HEADER - 1000);
            assertThat(ram.memory().read(first + HEADER, 988)).isEqualTo(Arrays.copyOf(frame, 988));
            assertThat(ram.memory().read(second, frame.length - 988))
                    .isEqualTo(Arrays.copyOfRange(frame, 988, frame.length));
        }
    }

    @Test
    void aFrameTooLargeForASingleBufferIsDropped() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", Setup.PCI_SPLIT, 0)) {
            long at = offer(driver, 100);
            backend.deliver(0, Frame.plain(frame(MAC, 200)));
            byte[] small = frame(MAC, 20);
            backend.deliver(0, Frame.plain(small));
            assertThat(received(at, driver.await(RX))).isEqualTo(small);
        }
    }

    @Test
    void aReceiveBufferWithoutRoomForTheHeaderNeedsAReset() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", Setup.MMIO_SPLIT, NetFeatures.MRG_RXBUF)) {
            offer(driver, 11);
            backend.deliver(0, Frame.plain(frame(MAC, 20)));
            driver.awaitNeedsReset();
            assertThat(driver.failure()).contains("receive buffer").contains("11 bytes");
        }
    }

    @Test
    void theGuestGetsUnfinishedFramesOnlyIfItTakesThem() {
        LoopBackend backend = new LoopBackend(1, 0, EVERYTHING);
        byte[] frame = unfinished(3000);
        Frame large = new Frame(frame, 1, 1, 1448, 34, 16);
        long with = NetFeatures.GUEST_CSUM | NetFeatures.GUEST_TSO4;
        try (GuestDriver driver = start(backend, "", Setup.PCI_PACKED, with)) {
            assertThat(told(backend)).containsExactly(Offloads.CSUM | Offloads.TSO4, 1);
            long at = offer(driver, 65562);
            backend.deliver(0, large);
            assertThat(received(at, driver.await(RX))).isEqualTo(frame);
            byte[] expected = header(1, 1, 1448, 34, 16);
            expected[10] = 1;
            assertThat(ram.memory().read(at, HEADER)).isEqualTo(expected);

            driver.start(Setup.PCI_PACKED.rings);
            assertThat(told(backend)).containsExactly(0, 1);
            at = offer(driver, 65562);
            backend.deliver(0, large);
            byte[] plain = frame(MAC, 100);
            backend.deliver(0, new Frame(plain, NetHeader.DATA_VALID, 0, 0, 0, 0));
            assertThat(received(at, driver.await(RX))).isEqualTo(plain);
            assertThat(ram.memory().readByte(at)).isZero();
        }
    }

    @Test
    void whatTheGuestReceivesBeyondTheRateWaits() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, ",rx-bps=100", Setup.PCI_SPLIT, 0)) {
            long first = offer(driver, 2000);
            long second = offer(driver, 2000);
            byte[] large = frame(MAC, 200 - 14); // twice what may go at once: into debt
            backend.deliver(0, Frame.plain(large));
            assertThat(received(first, driver.await(RX))).isEqualTo(large);
            byte[] small = frame(MAC, 20);
            backend.deliver(0, Frame.plain(small));
            transmit(driver, frame(1, 60)); // the back end has had its turn since
            assertThat(backend.await(0).bytes()).hasSize(74);
            assertThat(driver.queue(RX).poll()).isNull();
            clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
            backend.wake(0);
            assertThat(received(second, driver.await(RX))).isEqualTo(small);
        }
    }
}
