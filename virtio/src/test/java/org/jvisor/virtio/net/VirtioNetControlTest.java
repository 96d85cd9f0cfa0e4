package org.jvisor.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.jvisor.virtio.net.LoopBackend.Frame;
import org.jvisor.virtio.net.packet.Packets;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;

/** The configuration, and the control queue. */
class VirtioNetControlTest extends NetGuest {
    @Test
    void theConfigurationSaysWhatTheInterfaceIsLike() {
        LoopBackend backend = new LoopBackend(4, 0, 0);
        String options = ",queues=4,mtu=9000,speed=10000,duplex=half";
        try (GuestDriver driver = start(backend, options, Setup.PCI_SPLIT, 0)) {
            assertThat(driver.readConfig(0, 4)).isEqualTo(0x1200_5452L);
            assertThat(driver.readConfig(4, 2)).isEqualTo(0x5634);
            assertThat(driver.readConfig(6, 2)).isOne();
            assertThat(driver.readConfig(8, 2)).isEqualTo(4);
            assertThat(driver.readConfig(10, 2)).isEqualTo(9000);
            assertThat(driver.readConfig(12, 4)).isEqualTo(10000);
            assertThat(driver.readConfig(16, 1)).isZero();
            driver.writeConfig(0, 4, 0);
            assertThat(driver.readConfig(0, 1)).isEqualTo(0x52);
        }
    }

    @Test
    void aFilterLetsThroughWhatTheDriverAskedFor() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        long features = NetFeatures.CTRL_VQ | NetFeatures.CTRL_RX | NetFeatures.CTRL_RX_EXTRA;
        try (GuestDriver driver = start(backend, "", Setup.PCI_SPLIT, features)) {
            byte[] other = frame(0x0200_0000_0001L, 60);
            byte[] multicast = frame(0x0100_5e00_0001L, 60);
            byte[] broadcast = frame(0xffff_ffff_ffffL, 60);
            expect(driver, backend, other);
            assertThat(command(driver, 2, 0, 0, 0)).isZero(); // promiscuous off
            expect(driver, backend, frame(MAC, 50));
            expect(driver, backend, broadcast);
            expectDropped(driver, backend, other);
            expectDropped(driver, backend, multicast);
            assertThat(command(driver, 2, 0, 1, 1)).isZero(); // all multicast
            expect(driver, backend, multicast);
            assertThat(command(driver, 2, 0, 1, 0)).isZero();
            assertThat(command(driver, 2, 0, 5, 1)).isZero(); // no broadcast
            expectDropped(driver, backend, broadcast);
            assertThat(
                            command(
                                    driver, 2, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0,
                                    0x5e, 0, 0, 1))
                    .isZero(); // tables of one address each
            expect(driver, backend, other);
            expect(driver, backend, multicast);
        }
    }

    @Test
    void vlansAreFilteredByTheirTable() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        long features = NetFeatures.CTRL_VQ | NetFeatures.CTRL_RX | NetFeatures.CTRL_VLAN;
        try (GuestDriver driver = start(backend, "", Setup.PCI_SPLIT, features)) {
            byte[] tagged = Packets.ethernet(MAC, 2, 0x8100, new byte[] {0, 100, 8, 0, 1, 2, 3});
            assertThat(command(driver, 2, 0, 0, 0)).isZero();
            expectDropped(driver, backend, tagged);
            assertThat(command(driver, 2, 2, 0, 100, 0)).isZero();
            expect(driver, backend, tagged);
            assertThat(command(driver, 2, 2, 1, 100, 0)).isZero();
            expectDropped(driver, backend, tagged);
            assertThat(command(driver, 2, 2, 0, 0, 0x10)).isOne();
        }
    }

    @Test
    void theGuestCanChangeItsAddress() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        long features = NetFeatures.CTRL_VQ | NetFeatures.CTRL_RX | NetFeatures.CTRL_MAC_ADDR;
        try (GuestDriver driver = start(backend, "", Setup.PCI_SPLIT, features)) {
            assertThat(command(driver, 2, 0, 0, 0)).isZero();
            assertThat(command(driver, 2, 1, 1, 2, 0, 0, 0, 0, 9)).isZero();
            assertThat(driver.readConfig(0, 8) & 0xffff_ffff_ffffL).isEqualTo(0x0900_0000_0002L);
            byte[] mine = frame(0x0200_0000_0009L, 60);
            expect(driver, backend, mine);
            driver.start(features);
            assertThat(driver.readConfig(0, 4)).isEqualTo(0x1200_5452L);
        }
    }

    @Test
    void commandsThatMakeNoSenseAreRefused() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        long features = NetFeatures.CTRL_VQ | NetFeatures.CTRL_RX;
        try (GuestDriver driver = start(backend, "", Setup.PCI_SPLIT, features)) {
            assertThat(command(driver, 2, 0)).isOne();
            assertThat(command(driver, 2, 0, 0)).isOne();
            assertThat(command(driver, 2, 0, 0, 2)).isOne();
            assertThat(command(driver, 2, 0, 2, 1)).isOne(); // not negotiated
            assertThat(command(driver, 2, 0, 77, 1)).isOne();
            assertThat(command(driver, 2, 99, 0, 1)).isOne();
            assertThat(command(driver, 2, 1, 0, 255, 255, 255, 255)).isOne();
            assertThat(command(driver, 2, 4, 0, 1, 0)).isOne();
            assertThat(command(driver, 2, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0)).isOne();
        }
    }

    @Test
    void severalPairsOfQueuesCarryFramesEach() {
        LoopBackend backend = new LoopBackend(2, 0, 0);
        long features = NetFeatures.CTRL_VQ | NetFeatures.MQ;
        try (GuestDriver driver = start(backend, ",queues=2", Setup.PCI_SPLIT, features)) {
            assertThat(told(backend)).containsExactly(0, 1);
            assertThat(command(driver, 4, 4, 0, 3, 0)).isOne();
            assertThat(command(driver, 4, 4, 0, 0, 0)).isOne();
            assertThat(command(driver, 4, 4, 0, 2, 0)).isZero();
            assertThat(told(backend)).containsExactly(0, 2);
            byte[] frame = frame(1, 60);
            driver.request(
                    3,
                    Buffer.out(ram.place(new byte[HEADER]), HEADER),
                    Buffer.out(ram.place(frame), frame.length));
            assertThat(backend.await(1).bytes()).isEqualTo(frame);
            long at = ram.allocate(2000, 16);
            driver.send(2, Buffer.in(at, 2000));
            backend.deliver(1, Frame.plain(frame));
            assertThat(received(at, driver.await(2))).isEqualTo(frame);
        }
    }

    @Test
    void theGuestCanTurnOffloadsOff() {
        LoopBackend backend = new LoopBackend(1, 0, EVERYTHING);
        long features =
                NetFeatures.CTRL_VQ
                        | NetFeatures.CTRL_GUEST_OFFLOADS
                        | NetFeatures.GUEST_CSUM
                        | NetFeatures.GUEST_TSO4;
        try (GuestDriver driver = start(backend, "", Setup.PCI_SPLIT, features)) {
            assertThat(told(backend)).containsExactly(Offloads.CSUM | Offloads.TSO4, 1);
            assertThat(command(driver, 2, 5, 0, 2, 0, 0, 0, 0, 0, 0, 0)).isZero();
            assertThat(told(backend)).containsExactly(Offloads.CSUM, 1);
            assertThat(command(driver, 2, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0)).isOne(); // TSO6
        }
    }

    @Test
    void unpluggingTheCableIsToldAndStopsFrames() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        VirtioNet device = device(backend, "");
        try (GuestDriver driver =
                GuestDriver.start(device, ram, Setup.PCI_SPLIT, NetFeatures.STATUS)) {
            device.setLink(false);
            driver.awaitConfigChange();
            assertThat(driver.readConfig(6, 2)).isZero();
            transmit(driver, frame(1, 60));
            backend.deliver(0, Frame.plain(frame(MAC, 60)));
            device.setLink(true);
            driver.awaitConfigChange();
            assertThat(driver.readConfig(6, 2)).isOne();
            byte[] frame = frame(1, 61);
            transmit(driver, frame);
            assertThat(backend.await(0).bytes()).isEqualTo(frame);
        }
    }

    @Test
    void theGuestIsAskedToAnnounceItselfUntilItDid() {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        VirtioNet device = device(backend, "");
        long features = NetFeatures.STATUS | NetFeatures.CTRL_VQ | NetFeatures.GUEST_ANNOUNCE;
        try (GuestDriver driver = GuestDriver.start(device, ram, Setup.PCI_SPLIT, features)) {
            device.announce();
            driver.awaitConfigChange();
            assertThat(driver.readConfig(6, 2)).isEqualTo(3);
            assertThat(command(driver, 2, 3, 0)).isZero();
            assertThat(driver.readConfig(6, 2)).isOne();
        }
    }

    @Test
    void featuresThatLackWhatTheyRequireAreRefused() {
        LoopBackend backend = new LoopBackend(1, 0, EVERYTHING);
        try (VirtioNet device = device(backend, "")) {
            assertThat(device.accepts(NetFeatures.HOST_TSO4)).isFalse();
            assertThat(device.accepts(NetFeatures.HOST_TSO4 | NetFeatures.CSUM)).isTrue();
            assertThat(device.accepts(NetFeatures.GUEST_TSO6)).isFalse();
            assertThat(device.accepts(NetFeatures.CTRL_RX)).isFalse();
            assertThat(device.accepts(device.features())).isTrue();
        }
    }
}
