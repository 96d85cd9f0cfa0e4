package org.jvisor.virtio.net;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jvisor.virtio.net.LoopBackend.Frame;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.DeviceFuzz;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.virtio.testing.HostileDriver;
import org.jvisor.virtio.testing.HostileDriver.Insight;

/** A hostile driver of a network interface; run by Jazzer, and by the tests. */
public final class VirtioNetFuzzer {
    private static final int CONTROL = 4;

    private VirtioNetFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        DeviceFuzz.run(data, VirtioNetFuzzer::attack);
    }

    /** Attacks an interface, which serves a good driver afterwards. */
    static void attack(GuestRam ram, Setup setup, RandomGenerator random) {
        boolean plain = random.nextBoolean();
        LoopBackend backend =
                new LoopBackend(2, plain ? 0 : NetGuest.EVERYTHING, NetGuest.EVERYTHING);
        VirtioNet device =
                VirtioNet.open(
                        "net0",
                        backend,
                        NetSpec.parse("tap,mac=52:54:00:12:34:56,queues=2").options(),
                        () -> 0);
        long features = device.features();
        try (GuestDriver driver =
                HostileDriver.attack(
                        device, ram, setup, features, random, insight(device, backend))) {
            device.setLink(true);
            sendOne(driver, ram, backend);
            receiveOne(driver, ram, backend);
        }
    }

    private static Insight insight(VirtioNet device, LoopBackend backend) {
        return new Insight() {
            @Override
            public boolean writeRequest(
                    RandomGenerator choices, int queue, GuestRam to, long at, int room) {
                if (queue == CONTROL) {
                    to.writeShort(at, choices.nextInt(6) | choices.nextInt(6) << 8);
                    to.writeInt(at + 2, choices.nextInt(300));
                    to.writeInt(at + 6, choices.nextInt(1 << 16));
                } else {
                    writePacket(choices, to, at, room);
                }
                return true;
            }

            @Override
            public void happen(RandomGenerator choices) {
                if (choices.nextInt(4) == 0) {
                    device.setLink(choices.nextBoolean());
                } else {
                    int length = 1 + choices.nextInt(3000);
                    backend.deliver(
                            choices.nextInt(2),
                            new Frame(
                                    NetGuest.frame(NetGuest.MAC, length),
                                    choices.nextInt(4),
                                    choices.nextInt(6),
                                    choices.nextInt(1 << 16),
                                    choices.nextInt(64),
                                    choices.nextInt(64)));
                }
            }
        };
    }

    /** A header that may ask for offloads, before a packet that may be fit for them. */
    private static void writePacket(RandomGenerator choices, GuestRam to, long at, int room) {
        to.writeInt(at, choices.nextInt(4) | choices.nextInt(6) << 8 | choices.nextInt(200) << 16);
        to.writeInt(at + 4, choices.nextInt(1 << 12) | choices.nextInt(64) << 16);
        to.writeInt(at + 8, choices.nextInt(32));
        if (room >= 128) {
            boolean six = choices.nextBoolean();
            long ip = at + NetGuest.HEADER + 14;
            to.writeShort(ip - 2, six ? 0xdd86 : 0x0008); // EtherType, big-endian
            to.writeInt(ip, six ? 0x60 : 0x40 | choices.nextInt(16) | choices.nextInt() << 16);
            to.writeInt(ip + 4, six ? choices.nextInt() & 0xff_ffff : 0);
            to.writeInt(ip + 8, choices.nextBoolean() ? 0x0640 : 0x1140);
            to.writeInt(ip + (six ? 52 : 32), choices.nextInt(1 << 16));
        }
    }

    private static void sendOne(GuestDriver driver, GuestRam ram, LoopBackend backend) {
        byte[] sent = NetGuest.frame(1, 333);
        driver.request(
                NetGuest.TX,
                Buffer.out(ram.place(new byte[NetGuest.HEADER]), NetGuest.HEADER),
                Buffer.out(ram.place(sent), sent.length));
        while (!Arrays.equals(backend.await(0).bytes(), sent)) {
            // What the attack sent comes first.
        }
    }

    private static void receiveOne(GuestDriver driver, GuestRam ram, LoopBackend backend) {
        byte[] wanted = NetGuest.frame(NetGuest.MAC, 444);
        backend.deliver(0, Frame.plain(wanted));
        byte[] got;
        do { // what waited for the attack's buffers comes first
            long at = ram.allocate(5000, 16);
            driver.send(NetGuest.RX, Buffer.in(at, 5000));
            GuestQueue.Used used = driver.await(NetGuest.RX);
            int length = (int) used.length() - NetGuest.HEADER;
            got = ram.memory().read(at + NetGuest.HEADER, length);
        } while (!Arrays.equals(got, wanted));
    }
}
