package org.jvisor.virtio.net.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jvisor.virtio.net.GuestStack;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetBackends;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.NetSpec;
import org.jvisor.virtio.net.packet.Packets;

/** User networking for real: libslirp between a guest of a few lines and the host's loopback. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class UserBackendTest {
    private static final int HOST = 0x0a00_0202, GUEST = 0x0a00_020f;

    @BeforeEach
    void needsLibslirp() {
        assumeTrue(SlirpLibrary.present(), "libslirp.so.0 is not installed (libslirp0)");
    }

    private static NetBackend open(String text) {
        return NetBackends.open("net0", NetSpec.parse(text));
    }

    private static ServerSocket listen() throws IOException {
        return new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void dhcpGivesTheGuestItsAddressRouterAndNameServer() {
        try (NetBackend backend = open("user,hostname=web,domain=example.org")) {
            GuestStack guest = new GuestStack(backend);
            byte[] answer = guest.dhcp();
            assertThat(guest.address()).isEqualTo(GUEST);
            assertThat(GuestStack.option(answer, 1)).containsExactly(255, 255, 255, 0);
            assertThat(GuestStack.option(answer, 3)).containsExactly(10, 0, 2, 2);
            assertThat(GuestStack.option(answer, 6)).containsExactly(10, 0, 2, 3);
            assertThat(new String(GuestStack.option(answer, 12), StandardCharsets.US_ASCII))
                    .isEqualTo("web");
        }
    }

    @Test
    void theAddressesCanBeChosen() {
        try (NetBackend backend =
                open("user,net=192.168.7.0/24,host=192.168.7.1,dhcpstart=192.168.7.99")) {
            GuestStack guest = new GuestStack(backend);
            byte[] answer = guest.dhcp();
            assertThat(guest.address()).isEqualTo(0xc0a8_0763);
            assertThat(GuestStack.option(answer, 3))
                    .isEqualTo(new byte[] {(byte) 192, (byte) 168, 7, 1});
        }
    }

    @Test
    void aConnectionOfTheGuestReachesAServerOnTheHost() throws Exception {
        byte[] request = bytes(20_000);
        byte[] response = bytes(300_000);
        try (NetBackend backend = open("user");
                ServerSocket server = listen()) {
            CompletableFuture<byte[]> received =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try (Socket socket = server.accept()) {
                                    byte[] read =
                                            socket.getInputStream().readNBytes(request.length);
                                    socket.getOutputStream().write(response);
                                    return read;
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            });
            GuestStack guest = new GuestStack(backend);
            guest.dhcp();
            guest.connect(HOST, server.getLocalPort(), 40_000);
            guest.write(request);
            assertThat(guest.readToEnd()).isEqualTo(response);
            assertThat(received.get(1, TimeUnit.MINUTES)).isEqualTo(request);
        }
    }

    @Test
    void aForwardedPortReachesAServerInTheGuest() throws Exception {
        int port;
        try (ServerSocket probe = listen()) {
            port = probe.getLocalPort();
        }
        byte[] sent = bytes(50_000);
        try (NetBackend backend = open("user,hostfwd=tcp:127.0.0.1:" + port + "-:22")) {
            GuestStack guest = new GuestStack(backend);
            guest.dhcp();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                CompletableFuture<byte[]> greeting =
                        CompletableFuture.supplyAsync(
                                () -> {
                                    try {
                                        return socket.getInputStream().readNBytes(5);
                                    } catch (IOException e) {
                                        throw new AssertionError(e);
                                    }
                                });
                guest.accept(22);
                guest.write("hello".getBytes(StandardCharsets.US_ASCII));
                assertThat(greeting.get(1, TimeUnit.MINUTES)).asString().isEqualTo("hello");
                socket.getOutputStream().write(sent);
                socket.shutdownOutput();
                assertThat(guest.readToEnd()).isEqualTo(sent);
            }
        }
    }

    @Test
    void datagramsGoBothWays() throws Exception {
        try (NetBackend backend = open("user");
                DatagramSocket socket =
                        new DatagramSocket(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            socket.setSoTimeout(60_000);
            GuestStack guest = new GuestStack(backend);
            guest.dhcp();
            byte[] ping = bytes(1000);
            guest.sendUdp(HOST, 5000, socket.getLocalPort(), ping);
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            socket.receive(packet);
            assertThat(Arrays.copyOf(packet.getData(), packet.getLength())).isEqualTo(ping);
            byte[] pong = bytes(1200);
            socket.send(new DatagramPacket(pong, pong.length, packet.getSocketAddress()));
            byte[] frame = guest.awaitUdp(5000);
            assertThat(Packets.checksumRight(frame)).isTrue();
            assertThat(Arrays.copyOfRange(frame, 42, frame.length)).isEqualTo(pong);
        }
    }

    @Test
    void aForwardedUdpPortReachesTheGuest() throws Exception {
        int port;
        try (DatagramSocket probe = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        try (NetBackend backend = open("user,hostfwd=udp:127.0.0.1:" + port + "-:53");
                DatagramSocket socket = new DatagramSocket()) {
            GuestStack guest = new GuestStack(backend);
            guest.dhcp();
            byte[] sent = bytes(100);
            socket.send(
                    new DatagramPacket(sent, sent.length, InetAddress.getLoopbackAddress(), port));
            byte[] frame = guest.awaitUdp(53);
            assertThat(Arrays.copyOfRange(frame, 42, 42 + sent.length)).isEqualTo(sent);
        }
    }

    @Test
    void theRouterAnswersPings() {
        try (NetBackend backend = open("user")) {
            GuestStack guest = new GuestStack(backend);
            guest.dhcp();
            byte[] payload = bytes(64);
            byte[] reply = guest.ping(HOST, payload);
            assertThat(Arrays.copyOfRange(reply, 42, 42 + 64)).isEqualTo(payload);
        }
    }

    @Test
    void aTakenPortIsTold() throws Exception {
        try (ServerSocket taken = listen()) {
            String forward = "tcp:127.0.0.1:" + taken.getLocalPort() + "-:22";
            assertThatThrownBy(() -> open("user,hostfwd=" + forward))
                    .isInstanceOf(NetException.class)
                    .hasMessageContaining(forward)
                    .hasMessageContaining("EADDRINUSE");
        }
    }

    @Test
    void closingTwiceAndUnstartedIsFine() {
        NetBackend backend = open("user");
        backend.close();
        backend.close();
        backend.wake(0);
    }
}
