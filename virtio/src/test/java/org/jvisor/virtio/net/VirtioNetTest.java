package org.jvisor.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.net.LoopBackend.Frame;
import org.jvisor.virtio.net.packet.Packets;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.virtio.testing.HostileDriver;

class VirtioNetTest {
    private static final int RX = 0, TX = 1, HEADER = 12;
    private static final int EVERYTHING =
            Offloads.CSUM | Offloads.TSO4 | Offloads.TSO6 | Offloads.ECN | Offloads.USO;
    private static final long MAC = 0x5254_0012_3456L;

    private GuestRam ram = new GuestRam(4 << 20);
    private final AtomicLong clock = new AtomicLong();

    private VirtioNet device(NetBackend backend, String options) {
        NetOptions parsed = NetSpec.parse("tap,mac=52:54:00:12:34:56" + options).options();
        return VirtioNet.open("net0", backend, parsed, clock::get);
    }

    private GuestDriver start(NetBackend backend, String options, Setup setup, long features) {
        return GuestDriver.start(device(backend, options), ram, setup, features);
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] frame(long to, int length) {
        return Packets.ethernet(to, 2, 0x88b5, random(length, length));
    }

    private static byte[] header(int flags, int type, int size, int start, int offset) {
        byte[] header = new byte[HEADER];
        header[0] = (byte) flags;
        header[1] = (byte) type;
        header[4] = (byte) size;
        header[5] = (byte) (size >>> 8);
        header[6] = (byte) start;
        header[7] = (byte) (start >>> 8);
        header[8] = (byte) offset;
        header[9] = (byte) (offset >>> 8);
        return header;
    }

    private GuestQueue.Used transmit(GuestDriver driver, byte[] header, byte[] frame) {
        return driver.request(
                TX,
                Buffer.out(ram.place(header), HEADER),
                Buffer.out(ram.place(frame), frame.length));
    }

    private GuestQueue.Used transmit(GuestDriver driver, byte[] frame) {
        return transmit(driver, new byte[HEADER], frame);
    }

    private long offer(GuestDriver driver, int length) {
        long at = ram.allocate(length, 16);
        driver.send(RX, Buffer.in(at, length));
        return at;
    }

    private byte[] received(long at, GuestQueue.Used used) {
        return ram.memory().read(at + HEADER, (int) used.length() - HEADER);
    }

    // ---- frames

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

    // ---- offloads

    private static byte[] unfinished(int payload) {
        byte[] tcp = Packets.tcp(1, 2, 3, 4, 16, random(payload, 5));
        byte[] frame =
                Packets.ethernet(1, 2, 0x0800, Packets.ipv4(6, 0x0a000001, 0x0a000002, 9, tcp));
        int pseudo = Packets.pseudoHeader(frame, 14, tcp.length, 6);
        Packets.putShort(frame, 34 + 16, pseudo);
        return frame;
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

    private static int[] told(LoopBackend backend) {
        try {
            return Objects.requireNonNull(backend.told.poll(1, TimeUnit.MINUTES));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- configuration and control

    private int command(GuestDriver driver, int queue, int... bytes) {
        byte[] command = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            command[i] = (byte) bytes[i];
        }
        long answer = ram.place(new byte[] {77});
        GuestQueue.Used used =
                driver.request(
                        queue,
                        Buffer.out(ram.place(command), command.length),
                        Buffer.in(answer, 1));
        assertThat(used.length()).isOne();
        return ram.memory().readByte(answer);
    }

    private void expect(GuestDriver driver, LoopBackend backend, byte[] frame) {
        long at = offer(driver, 2000);
        backend.deliver(0, Frame.plain(frame));
        assertThat(received(at, driver.await(RX))).isEqualTo(frame);
    }

    /** Checks that a frame is dropped: the one that follows comes in its place. */
    private void expectDropped(GuestDriver driver, LoopBackend backend, byte[] frame) {
        backend.deliver(0, Frame.plain(frame));
        expect(driver, backend, frame(MAC, 99));
    }

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

    // ---- limits, pauses, resets

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

    private static void transmitted(GuestDriver driver, int count) {
        for (int i = 0; i < count; i++) {
            driver.await(TX);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPausedInterfaceLeavesMemoryAloneAndGoesOn(Setup setup) {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", setup, NetFeatures.MRG_RXBUF)) {
            long first = offer(driver, 500);
            byte[] frame = frame(MAC, 900);
            backend.deliver(0, Frame.plain(frame)); // takes the first buffer, waits for more
            driver.pause();
            byte[] before = ram.snapshot();
            backend.deliver(0, Frame.plain(frame));
            assertThat(ram.snapshot()).isEqualTo(before);
            long second = offer(driver, 500);
            driver.resume();
            assertThat(driver.await(RX).length()).isEqualTo(500);
            assertThat(driver.await(RX).length()).isEqualTo(frame.length + HEADER - 500);
            assertThat(ram.memory().read(first + HEADER, 488)).isEqualTo(Arrays.copyOf(frame, 488));
            assertThat(ram.memory().read(second, frame.length - 488))
                    .isEqualTo(Arrays.copyOfRange(frame, 488, frame.length));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aResetInterfaceWorksAgain(Setup setup) {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", setup, 0)) {
            for (int i = 0; i < 10; i++) {
                byte[] frame = frame(1, 60 + i);
                transmit(driver, frame);
                assertThat(backend.await(0).bytes()).isEqualTo(frame);
                offer(driver, 500);
                driver.start(setup.rings);
            }
        }
    }

    @Test
    void theStateSurvivesSavingAndRestoring() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LoopBackend backend = new LoopBackend(1, 0, 0);
        long features = NetFeatures.CTRL_VQ | NetFeatures.CTRL_RX | NetFeatures.CTRL_MAC_ADDR;
        VirtioNet saved = device(backend, "");
        try (GuestDriver driver = GuestDriver.start(saved, ram, Setup.PCI_SPLIT, features)) {
            assertThat(command(driver, 2, 0, 0, 0)).isZero();
            assertThat(command(driver, 2, 1, 1, 2, 0, 0, 0, 0, 9)).isZero();
            driver.pause();
            saved.save(new DataOutputStream(bytes));
        }
        LoopBackend other = new LoopBackend(1, 0, 0);
        VirtioNet restored = device(other, "");
        restored.restore(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        assertThat(restored.readConfig(5, 1)).isEqualTo(9);
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        restored.save(new DataOutputStream(again));
        assertThat(again.toByteArray()).isEqualTo(bytes.toByteArray());
        restored.close();
    }

    // ---- hostile drivers

    @Property(tries = 100)
    void aHostileDriverHarmsOnlyItself(@ForAll Setup setup, @ForAll long seed) {
        ram = new GuestRam(4 << 20);
        LoopBackend backend = new LoopBackend(2, seed % 2 == 0 ? 0 : EVERYTHING, EVERYTHING);
        for (int i = 0; i < 20; i++) {
            backend.deliver(i % 2, Frame.plain(frame(MAC, 100 + i * 200)));
        }
        VirtioNet device = device(backend, ",queues=2");
        long features = device.features();
        try (GuestDriver driver = HostileDriver.attack(device, ram, setup, features, seed)) {
            byte[] sent = frame(1, 333);
            transmit(driver, sent);
            while (!Arrays.equals(backend.await(0).bytes(), sent)) {
                // What the attack sent comes first.
            }
            byte[] wanted = frame(MAC, 444);
            backend.deliver(0, Frame.plain(wanted));
            byte[] got;
            do { // what waited for the attack's buffers comes first
                long at = offer(driver, 5000);
                got = received(at, driver.await(RX));
            } while (!Arrays.equals(got, wanted));
        }
    }
}
