package org.jvisor.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jvisor.virtio.net.LoopBackend.Frame;
import org.jvisor.virtio.net.packet.Packets;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

/** A guest with an interface whose other side is the test. */
abstract class NetGuest {
    static final int RX = 0, TX = 1, HEADER = 12;
    static final int EVERYTHING =
            Offloads.CSUM | Offloads.TSO4 | Offloads.TSO6 | Offloads.ECN | Offloads.USO;
    static final long MAC = 0x5254_0012_3456L;

    final GuestRam ram = new GuestRam(4 << 20);
    final AtomicLong clock = new AtomicLong();

    VirtioNet device(NetBackend backend, String options) {
        NetOptions parsed = NetSpec.parse("tap,mac=52:54:00:12:34:56" + options).options();
        return VirtioNet.open("net0", backend, parsed, clock::get);
    }

    GuestDriver start(NetBackend backend, String options, Setup setup, long features) {
        return GuestDriver.start(device(backend, options), ram, setup, features);
    }

    static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static byte[] frame(long to, int length) {
        return Packets.ethernet(to, 2, 0x88b5, random(length, length));
    }

    static byte[] header(int flags, int type, int size, int start, int offset) {
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

    GuestQueue.Used transmit(GuestDriver driver, byte[] header, byte[] frame) {
        return driver.request(
                TX,
                Buffer.out(ram.place(header), HEADER),
                Buffer.out(ram.place(frame), frame.length));
    }

    GuestQueue.Used transmit(GuestDriver driver, byte[] frame) {
        return transmit(driver, new byte[HEADER], frame);
    }

    long offer(GuestDriver driver, int length) {
        long at = ram.allocate(length, 16);
        driver.send(RX, Buffer.in(at, length));
        return at;
    }

    byte[] received(long at, GuestQueue.Used used) {
        return ram.memory().read(at + HEADER, (int) used.length() - HEADER);
    }

    static byte[] unfinished(int payload) {
        byte[] tcp = Packets.tcp(1, 2, 3, 4, 16, random(payload, 5));
        byte[] frame =
                Packets.ethernet(1, 2, 0x0800, Packets.ipv4(6, 0x0a000001, 0x0a000002, 9, tcp));
        int pseudo = Packets.pseudoHeader(frame, 14, tcp.length, 6);
        Packets.putShort(frame, 34 + 16, pseudo);
        return frame;
    }

    static int[] told(LoopBackend backend) {
        try {
            return Objects.requireNonNull(backend.told.poll(1, TimeUnit.MINUTES));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    int command(GuestDriver driver, int queue, int... bytes) {
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

    void expect(GuestDriver driver, LoopBackend backend, byte[] frame) {
        long at = offer(driver, 2000);
        backend.deliver(0, Frame.plain(frame));
        assertThat(received(at, driver.await(RX))).isEqualTo(frame);
    }

    /** Checks that a frame is dropped: the one that follows comes in its place. */
    void expectDropped(GuestDriver driver, LoopBackend backend, byte[] frame) {
        backend.deliver(0, Frame.plain(frame));
        expect(driver, backend, frame(MAC, 99));
    }
}
