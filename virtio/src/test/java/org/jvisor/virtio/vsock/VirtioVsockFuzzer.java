package org.jvisor.virtio.vsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.DeviceFuzz;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.virtio.testing.HostileDriver;
import org.jvisor.virtio.testing.HostileDriver.Insight;

/**
 * A hostile driver of the socket device, with a host that listens, connects, sends and hangs up;
 * run by Jazzer, and by the tests.
 */
public final class VirtioVsockFuzzer {
    private static final long CID = 5;
    private static final int LISTENING_PORT = 52;
    private static final int RX = 0, TX = 1;

    private VirtioVsockFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        DeviceFuzz.run(data, VirtioVsockFuzzer::attack);
    }

    /** Attacks a device, which answers a good driver afterwards. */
    static void attack(GuestRam ram, Setup setup, RandomGenerator random) {
        try (Host host = new Host()) {
            VirtioVsock device = new VirtioVsock("vsock0", CID, host.path());
            host.connect(1);
            try (GuestDriver driver = HostileDriver.attack(device, ram, setup, 0, random, host)) {
                long at = ram.allocate(Packet.HEADER, 8);
                header(ram, at, Packet.REQUEST, 0, 7, 0);
                driver.request(TX, Buffer.out(at, Packet.HEADER));
                long answer = ram.allocate(100, 8);
                driver.request(RX, Buffer.in(answer, 100));
                assertThat(ram.memory().readShort(answer + 30)).isEqualTo(Packet.RST);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void header(
            GuestRam to, long at, int operation, int guestPort, int hostPort, int length) {
        to.writeLong(at, CID);
        to.writeLong(at + 8, Packet.HOST_CID);
        to.writeInt(at + 16, guestPort);
        to.writeInt(at + 20, hostPort);
        to.writeInt(at + 24, length);
        to.writeShort(at + 28, Packet.TYPE_STREAM);
        to.writeShort(at + 30, operation);
    }

    /** The host's side, which never waits. */
    private static final class Host implements Insight, AutoCloseable {
        private final Path folder = Files.createTempDirectory("vsock");
        private final ServerSocketChannel server;
        private final List<SocketChannel> connections = new ArrayList<>();
        private int lastPort = 1;

        Host() throws IOException {
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(folder.resolve("v.sock_" + LISTENING_PORT)));
            server.configureBlocking(false);
        }

        Path path() {
            return folder.resolve("v.sock");
        }

        private void add(SocketChannel connection) throws IOException {
            connection.configureBlocking(false);
            connections.add(connection);
        }

        void connect(int port) throws IOException {
            SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(path()));
            add(connection);
            String text = "CONNECT " + port + "\nsome data";
            connection.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        }

        @Override
        public boolean writeRequest(
                RandomGenerator choices, int queue, GuestRam to, long at, int room) {
            if (queue != TX || room < Packet.HEADER) {
                return false;
            }
            int hostPort =
                    switch (choices.nextInt(4)) {
                        case 0 -> choices.nextInt(3);
                        case 1 -> lastPort; // a port the device chose for the host
                        default -> LISTENING_PORT;
                    };
            header(to, at, choices.nextInt(9), choices.nextInt(4), hostPort, choices.nextInt(600));
            to.writeInt(at + 32, choices.nextInt(4));
            to.writeInt(at + 36, choices.nextInt(1 << 16));
            to.writeInt(at + 40, choices.nextInt(1 << 16));
            return true;
        }

        @Override
        public void happen(RandomGenerator choices) {
            try {
                act(choices);
            } catch (IOException e) {
                // The device hung up.
                assertThat(e).isNotNull();
            }
        }

        private void act(RandomGenerator choices) throws IOException {
            SocketChannel accepted = server.accept();
            if (accepted != null) {
                add(accepted);
            }
            int what = choices.nextInt(4);
            if (what == 0 || connections.isEmpty()) {
                if (connections.size() < 8) {
                    connect(choices.nextInt(4));
                }
                return;
            }
            int which = choices.nextInt(connections.size());
            SocketChannel connection = connections.get(which);
            switch (what) {
                case 1 -> connection.write(ByteBuffer.allocate(choices.nextInt(1 << 12)));
                case 2 -> learnPort(connection);
                default -> {
                    connections.remove(which);
                    connection.close();
                }
            }
        }

        /** The device's answer to CONNECT tells the port it chose. */
        private void learnPort(SocketChannel connection) throws IOException {
            ByteBuffer got = ByteBuffer.allocate(4096);
            connection.read(got);
            String text = new String(got.array(), 0, got.position(), StandardCharsets.US_ASCII);
            if (text.matches("OK [0-9]{1,18}\n(?s:.*)")) {
                lastPort = (int) Long.parseLong(text.substring(3, text.indexOf('\n')));
            }
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel connection : connections) {
                connection.close();
            }
            server.close();
            Files.delete(folder.resolve("v.sock_" + LISTENING_PORT));
            Files.delete(folder);
        }
    }
}
