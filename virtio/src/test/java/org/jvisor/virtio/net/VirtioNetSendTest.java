package org.jvisor.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.net.LoopBackend.Frame;
import org.jvisor.virtio.net.packet.Packets;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;

/** What the guest sends. */
class VirtioNetSendTest extends NetGuest {
    @ParameterizedTest
    @EnumSource
    void aFrameOfTheGuestReachesTheBackEnd(Setup setup) {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", setup, 0)) {
            for (int i = 1; i < 200; i++) {
                byte[] frame = frame(1, i * 7);
                assertThat(transmit(driver, frame).length()).isZero();
                assertThat(backend.await(0).bytes()).isEqualTo(frame);
            }
        }
    }

    @Test
    void checksumsAreCompletedForABackEndThatDoesNot() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", Setup.PCI_PACKED, NetFeatures.CSUM)) {
            transmit(driver, header(1, 0, 0, 34, 16), unfinished(777));
            Frame sent = backend.await(0);
            assertThat(sent.flags()).isZero();
            assertThat(Packets.checksumRight(sent.bytes())).isTrue();
        }
    }

    @Test
    void largePacketsAreDividedForABackEndThatTakesNone() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        long features = NetFeatures.CSUM | NetFeatures.HOST_TSO4;
        try (GuestDriver driver = start(backend, "", Setup.PCI_PACKED, features)) {
            transmit(driver, header(1, 1, 1448, 34, 16), unfinished(60_000));
            int bytes = 0;
            while (bytes < 60_000) {
                Frame sent = backend.await(0);
                assertThat(Packets.checksumRight(sent.bytes())).isTrue();
                assertThat(sent.bytes().length).isLessThanOrEqualTo(1448 + 54);
                bytes += sent.bytes().length - 54;
            }
            assertThat(bytes).isEqualTo(60_000);
        }
    }

    @Test
    void unfinishedFramesGoAsTheyAreToABackEndThatTakesThem() {
        LoopBackend backend = new LoopBackend(1, EVERYTHING, 0);
        long features = NetFeatures.CSUM | NetFeatures.HOST_TSO4;
        try (GuestDriver driver = start(backend, "", Setup.PCI_PACKED, features)) {
            byte[] frame = unfinished(60_000);
            transmit(driver, header(1, 1, 1448, 34, 16), frame);
            Frame sent = backend.await(0);
            assertThat(sent.bytes()).isEqualTo(frame);
            assertThat(sent)
                    .extracting(Frame::flags, Frame::gsoType, Frame::gsoSize)
                    .containsExactly(1, 1, 1448);
            assertThat(sent)
                    .extracting(Frame::csumStart, Frame::csumOffset)
                    .containsExactly(34, 16);
        }
    }

    @Test
    void offloadsThatWereNotNegotiatedAreDropped() {
        LoopBackend backend = new LoopBackend(1, EVERYTHING, 0);
        try (GuestDriver driver = start(backend, "", Setup.PCI_PACKED, NetFeatures.CSUM)) {
            transmit(driver, header(1, 1, 1448, 34, 16), unfinished(60_000));
            byte[] frame = frame(1, 60);
            transmit(driver, frame);
            assertThat(backend.await(0).bytes()).isEqualTo(frame);
        }
    }

    @Test
    void whatExceedsTheRateWaits() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, ",tx-iops=2", Setup.PCI_SPLIT, 0)) {
            for (int i = 0; i < 4; i++) {
                byte[] frame = frame(1, 100 + i);
                driver.send(
                        TX,
                        Buffer.out(ram.place(new byte[HEADER]), HEADER),
                        Buffer.out(ram.place(frame), frame.length));
            }
            for (int i = 0; i < 3; i++) { // two at once, and the one that goes into debt
                assertThat(backend.await(0).bytes()).isEqualTo(frame(1, 100 + i));
            }
            transmitted(driver, 3);
            assertThat(backend.has(0)).isFalse();
            clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
            backend.wake(0);
            assertThat(backend.await(0).bytes()).isEqualTo(frame(1, 103));
        }
    }

    private static void transmitted(GuestDriver driver, int count) {
        for (int i = 0; i < count; i++) {
            driver.await(TX);
        }
    }
}
