package org.jvisor.virtio.net.tap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jvisor.virtio.net.GuestStack;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetBackends;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.NetSpec;
import org.jvisor.virtio.net.packet.Packets;

/** A tap interface for real. It has an address that leads nowhere else, and is gone afterwards. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class TapBackendTest {
    private static final String HOST = "192.0.2.129", GUEST = "192.0.2.130";
    private static final int HOST_BITS = 0xc000_0281, GUEST_BITS = 0xc000_0282;

    private static NetBackend open(String text) {
        try {
            return NetBackends.open("net0", NetSpec.parse(text));
        } catch (NetException e) {
            boolean lacking =
                    e.getMessage().contains("EPERM")
                            || e.getMessage().contains("EACCES")
                            || e.getMessage().contains("of /dev/net/tun");
            assumeTrue(!lacking, "no tap interface can be made here: " + e.getMessage());
            throw e;
        }
    }

    private static String interfaceName(NetBackend backend) {
        return backend.name().substring("tap ".length());
    }

    private static void address(String name) throws IOException, InterruptedException {
        try {
            Process ip =
                    new ProcessBuilder("ip", "addr", "add", HOST + "/30", "dev", name)
                            .redirectErrorStream(true)
                            .start();
            String said = new String(ip.getInputStream().readAllBytes(), UTF_8);
            assertThat(ip.waitFor()).as(said).isZero();
        } catch (IOException e) {
            assumeTrue(false, "the ip program is not installed (iproute2)");
        }
    }

    @Test
    void datagramsGoBothWays() throws Exception {
        try (NetBackend backend = open("tap")) {
            address(interfaceName(backend));
            GuestStack guest = new GuestStack(backend);
            guest.use(GUEST_BITS, HOST_BITS);
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(HOST, 0))) {
                socket.setSoTimeout(60_000);
                byte[] ping = new byte[1000];
                new Random(1).nextBytes(ping);
                guest.sendUdp(HOST_BITS, 5000, socket.getLocalPort(), ping);
                DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
                socket.receive(packet);
                assertThat(packet.getAddress()).isEqualTo(InetAddress.getByName(GUEST));
                assertThat(Arrays.copyOf(packet.getData(), packet.getLength())).isEqualTo(ping);
                socket.send(new DatagramPacket(ping, ping.length, packet.getSocketAddress()));
                byte[] frame = guest.awaitUdp(5000);
                assertThat(Packets.checksumRight(frame)).isTrue();
                assertThat(Arrays.copyOfRange(frame, 42, frame.length)).isEqualTo(ping);
            }
        }
    }

    @Test
    void anInterfaceThatWasMadeHasItsNameAndMtuAndGoesWithTheBackEnd() {
        Path made = Path.of("/sys/class/net/jvisor-test0");
        assumeTrue(Files.notExists(made), "there is an interface jvisor-test0 here");
        try (NetBackend backend = open("tap,ifname=jvisor-test0,mtu=9000,queues=2")) {
            assertThat(backend.name()).isEqualTo("tap jvisor-test0");
            assertThat(backend.mtu()).isEqualTo(9000);
            assertThat(backend.queuePairs()).isEqualTo(2);
            assertThat(made).exists();
            backend.start(GuestStack.unused());
            backend.receive(backend.delivers(), 2);
            backend.receive(0, 1);
        }
        assertThat(made).doesNotExist();
    }

    @Test
    void anInterfaceInUseIsTold() {
        try (NetBackend backend = open("tap")) {
            assertThatThrownBy(() -> open("tap,ifname=" + interfaceName(backend)))
                    .isInstanceOf(NetException.class)
                    .hasMessageContaining("EBUSY")
                    .hasMessageContaining("of its own");
        }
    }

    @Test
    void whatIsNoTapIsTold() {
        assertThatThrownBy(() -> open("tap,ifname=lo"))
                .isInstanceOf(NetException.class)
                .hasMessageContaining("opening tap lo")
                .hasMessageContaining("no tap interface");
    }

    @Test
    void aMissingBridgeIsTold() {
        assertThatThrownBy(() -> open("tap,bridge=nosuchbridge0"))
                .isInstanceOf(NetException.class)
                .hasMessageContaining("nosuchbridge0");
    }
}
