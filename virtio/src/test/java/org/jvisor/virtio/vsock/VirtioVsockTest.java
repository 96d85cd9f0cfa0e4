package org.jvisor.virtio.vsock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

@Timeout(60)
class VirtioVsockTest {
    private static final int RX = 0, TX = 1, EVENT = 2;
    private static final long CID = 5;
    private static final int GUEST_PORT = 1234, HOST_PORT = 52;

    /** What the guest got. */
    private record Got(int operation, int hostPort, int guestPort, int flags, byte[] data) {
        String text() {
            return new String(data, StandardCharsets.ISO_8859_1);
        }
    }

    private final GuestRam ram = new GuestRam(4 << 20);
    private final long out = ram.allocate(Packet.HEADER + Packet.MOST_DATA, 8);
    private final long in = ram.allocate(Packet.HEADER + Packet.MOST_DATA, 8);
    private Path folder = Path.of("");

    /** The guest's side of flow control, for all connections. */
    private int guestBuffer = 1 << 20;

    private int guestForwarded;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory("vsock");
    }

    @AfterEach
    void removeFolder() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private VirtioVsock device() throws IOException {
        return new VirtioVsock("vsock0", CID, folder.resolve("v.sock"));
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("v.sock")));
    }

    private ServerSocketChannel listen() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        return server.bind(UnixDomainSocketAddress.of(folder.resolve("v.sock_" + HOST_PORT)));
    }

    private static void write(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] read(SocketChannel channel, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            // more
        }
        return java.util.Arrays.copyOf(buffer.array(), buffer.position());
    }

    private static String readLine(SocketChannel channel) throws IOException {
        StringBuilder line = new StringBuilder();
        for (byte[] next = read(channel, 1); next.length == 1; next = read(channel, 1)) {
            line.append((char) next[0]);
            if (next[0] == '\n') {
                break;
            }
        }
        return line.toString();
    }

    private void send(
            GuestDriver driver,
            int hostPort,
            int guestPort,
            int operation,
            int flags,
            byte[] data) {
        ram.writeLong(out, CID);
        ram.writeLong(out + 8, Packet.HOST_CID);
        ram.writeInt(out + 16, guestPort);
        ram.writeInt(out + 20, hostPort);
        ram.writeInt(out + 24, data.length);
        ram.writeShort(out + 28, Packet.TYPE_STREAM);
        ram.writeShort(out + 30, operation);
        ram.writeInt(out + 32, flags);
        ram.writeInt(out + 36, guestBuffer);
        ram.writeInt(out + 40, guestForwarded);
        ram.memory().slice(out + Packet.HEADER, data.length).copyFrom(MemorySegment.ofArray(data));
        driver.request(
                TX, Buffer.out(out, Packet.HEADER), Buffer.out(out + Packet.HEADER, data.length));
    }

    private void send(GuestDriver driver, int operation) {
        send(driver, HOST_PORT, GUEST_PORT, operation, 0, new byte[0]);
    }

    private Got receive(GuestDriver driver) {
        int size = Packet.HEADER + Packet.MOST_DATA;
        GuestQueue.Used used = driver.request(RX, Buffer.in(in, size));
        assertThat(ram.memory().readLong(in)).isEqualTo(Packet.HOST_CID);
        assertThat(ram.memory().readLong(in + 8)).isEqualTo(CID);
        int length = ram.memory().readInt(in + 24);
        assertThat(used.length()).isEqualTo(Packet.HEADER + length);
        guestForwarded += length;
        return new Got(
                ram.memory().readShort(in + 30),
                ram.memory().readInt(in + 16),
                ram.memory().readInt(in + 20),
                ram.memory().readInt(in + 32),
                ram.memory().read(in + Packet.HEADER, length));
    }

    /** A connection from the guest to a program of the host. */
    private SocketChannel fromGuest(GuestDriver driver) throws IOException {
        try (ServerSocketChannel server = listen()) {
            send(driver, Packet.REQUEST);
            SocketChannel accepted = server.accept();
            assertThat(receive(driver).operation()).isEqualTo(Packet.RESPONSE);
            return accepted;
        }
    }

    private GuestDriver start(Setup setup) throws IOException {
        return GuestDriver.start(device(), ram, setup, 0);
    }

    @ParameterizedTest
    @EnumSource
    void theHostConnectsToAPortOfTheGuest(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup);
                SocketChannel client = connect()) {
            write(client, bytes("CONNECT 1234\nearly"));
            Got request = receive(driver);
            assertThat(request.operation()).isEqualTo(Packet.REQUEST);
            assertThat(request.guestPort()).isEqualTo(1234);
            int port = request.hostPort();
            send(driver, port, 1234, Packet.RESPONSE, 0, new byte[0]);
            assertThat(readLine(client)).isEqualTo("OK " + port + "\n");
            assertThat(receive(driver).text()).isEqualTo("early");
            send(driver, port, 1234, Packet.RW, 0, bytes("answer"));
            assertThat(read(client, 6)).isEqualTo(bytes("answer"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theGuestConnectsToAProgramOfTheHost(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup);
                SocketChannel program = fromGuest(driver)) {
            send(driver, HOST_PORT, GUEST_PORT, Packet.RW, 0, bytes("question"));
            assertThat(read(program, 8)).isEqualTo(bytes("question"));
            write(program, bytes("answer"));
            assertThat(receive(driver).text()).isEqualTo("answer");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPortNobodyServesIsRefused(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup)) {
            send(driver, Packet.REQUEST);
            Got answer = receive(driver);
            assertThat(answer.operation()).isEqualTo(Packet.RST);
            assertThat(answer.hostPort()).isEqualTo(HOST_PORT);
            assertThat(answer.guestPort()).isEqualTo(GUEST_PORT);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theGuestRefusesAConnection(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup);
                SocketChannel client = connect()) {
            write(client, bytes("CONNECT 1234\n"));
            Got request = receive(driver);
            send(driver, request.hostPort(), 1234, Packet.RST, 0, new byte[0]);
            assertThat(read(client, 1)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLineThatIsNotUnderstoodEndsTheConnection(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup)) {
            for (String line :
                    new String[] {
                        "GET / HTTP/1.1\n",
                        "CONNECT\n",
                        "CONNECT -1\n",
                        "CONNECT 4294967296\n",
                        "x".repeat(33)
                    }) {
                try (SocketChannel client = connect()) {
                    write(client, bytes(line));
                    assertThat(read(client, 1)).as(line).isEmpty();
                }
            }
            assertThat(driver.queue(RX).poll()).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void theGuestGetsNoMoreThanItHasRoomFor(Setup setup) throws IOException {
        guestBuffer = 100;
        try (GuestDriver driver = start(setup);
                SocketChannel program = fromGuest(driver)) {
            write(program, new byte[250]);
            assertThat(receive(driver).data()).hasSize(100);
            guestForwarded = 0;
            assertThat(receive(driver).operation()).isEqualTo(Packet.CREDIT_REQUEST);
            guestForwarded = 40;
            send(driver, Packet.CREDIT_UPDATE);
            assertThat(receive(driver).data()).hasSize(40);
            guestForwarded = 140;
            send(driver, Packet.CREDIT_UPDATE);
            assertThat(receive(driver).data()).hasSize(100);
            assertThat(receive(driver).operation()).isEqualTo(Packet.CREDIT_REQUEST);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aGuestThatSendsMoreThanItMayIsCutOff(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup);
                SocketChannel program = fromGuest(driver)) {
            // The socket's own buffer takes some; then ours is full, and the guest knew its size.
            for (int i = 0; i < 100; i++) {
                send(driver, HOST_PORT, GUEST_PORT, Packet.RW, 0, new byte[Packet.MOST_DATA]);
            }
            Got got = receive(driver);
            while (got.operation() == Packet.CREDIT_UPDATE) {
                got = receive(driver);
            }
            assertThat(got.operation()).isEqualTo(Packet.RST);
            assertThat(program.isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void muchDataArrivesWholeBothWays(Setup setup) throws Exception {
        byte[] much = new byte[2 << 20];
        new java.util.SplittableRandom(7).nextBytes(much);
        guestBuffer = 128 << 10;
        try (GuestDriver driver = start(setup);
                SocketChannel program = fromGuest(driver)) {
            Thread echo = Thread.ofPlatform().daemon().start(() -> echo(program));
            ByteArrayOutputStream back = new ByteArrayOutputStream();
            int sent = 0;
            while (back.size() < much.length) {
                if (sent < much.length && sent - back.size() < 64 << 10) {
                    byte[] part = java.util.Arrays.copyOfRange(much, sent, sent + (32 << 10));
                    send(driver, HOST_PORT, GUEST_PORT, Packet.RW, 0, part);
                    sent += part.length;
                } else {
                    Got got = receive(driver);
                    back.writeBytes(got.data());
                    if (got.operation() == Packet.CREDIT_REQUEST || got.data().length > 0) {
                        send(driver, Packet.CREDIT_UPDATE);
                    }
                }
            }
            assertThat(back.toByteArray()).isEqualTo(much);
            send(
                    driver,
                    HOST_PORT,
                    GUEST_PORT,
                    Packet.SHUTDOWN,
                    Packet.NO_RECEIVE | Packet.NO_SEND,
                    new byte[0]);
            echo.join();
        }
    }

    private static void echo(SocketChannel channel) {
        ByteBuffer buffer = ByteBuffer.allocate(10_000);
        try {
            while (channel.read(buffer.clear()) >= 0) {
                write(channel, java.util.Arrays.copyOf(buffer.array(), buffer.position()));
            }
        } catch (IOException e) {
            // The test ends it.
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachSideClosesItsHalf(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup);
                SocketChannel program = fromGuest(driver)) {
            write(program, bytes("last"));
            program.shutdownOutput();
            assertThat(receive(driver).text()).isEqualTo("last");
            Got end = receive(driver);
            assertThat(end.operation()).isEqualTo(Packet.SHUTDOWN);
            assertThat(end.flags()).isEqualTo(Packet.NO_SEND);
            send(driver, HOST_PORT, GUEST_PORT, Packet.RW, 0, bytes("reply"));
            send(
                    driver,
                    HOST_PORT,
                    GUEST_PORT,
                    Packet.SHUTDOWN,
                    Packet.NO_RECEIVE | Packet.NO_SEND,
                    new byte[0]);
            assertThat(read(program, 100)).isEqualTo(bytes("reply"));
            assertThat(receive(driver).operation()).isEqualTo(Packet.RST);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aResetEndsAllConnections(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup);
                SocketChannel program = fromGuest(driver)) {
            driver.reset();
            assertThat(read(program, 1)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRestoredDeviceSaysThatConnectionsAreGone(Setup setup) throws IOException {
        VirtioVsock second = new VirtioVsock("vsock0", CID, folder.resolve("other"));
        GuestDriver driver = start(setup);
        try (SocketChannel program = fromGuest(driver)) {
            driver.pause();
            try (GuestDriver moved = driver.migrate(second)) {
                moved.resume();
                assertThat(moved.request(EVENT, Buffer.in(in, 8)).length()).isEqualTo(4);
                assertThat(ram.memory().readInt(in)).isZero();
                send(moved, HOST_PORT, GUEST_PORT, Packet.RW, 0, bytes("hello?"));
                assertThat(receive(moved).operation()).isEqualTo(Packet.RST);
            }
            assertThat(read(program, 1)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "PCI_PACKED")
    void theSocketIsOneDevicesAtATimeAndGoneAfterwards(Setup setup) throws IOException {
        try (GuestDriver driver = start(setup)) {
            assertThat(driver.readConfig(0, 8)).isEqualTo(CID);
            assertThatThrownBy(this::device)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("v.sock");
        }
        assertThat(folder.resolve("v.sock")).doesNotExist();
    }

    @Property(tries = 100)
    void aHostileDriverHarmsOnlyItself(@ForAll Setup setup, @ForAll long seed) {
        VirtioVsockFuzzer.attack(new GuestRam(4 << 20), setup, new SplittableRandom(seed));
    }
}
