package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.virtio.net.user.SlirpLibrary;

/**
 * A Debian guest on user networking: it gets an address, fetches from a server on the host, and is
 * fetched from through a forwarded port. Needs the Debian image and libslirp.
 */
class NetworkTest {
    private static final Duration LIMIT = Duration.ofMinutes(6);
    private static final byte[] BLOB = new byte[5_000_000];

    private HttpServer server;
    private int forwarded;

    @BeforeAll
    static void needsTheImageAndLibslirp() throws IOException, InterruptedException {
        boolean present = SlirpLibrary.present();
        if (!present) {
            System.out.println("skipped: libslirp.so.0 is not installed (libslirp0)");
        }
        assumeTrue(present, "libslirp.so.0 is not installed (libslirp0)");
        DebianImage.require();
        new Random(4).nextBytes(BLOB);
    }

    @BeforeEach
    void serve() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket probe = new ServerSocket(0, 1, loopback)) {
            forwarded = probe.getLocalPort();
        }
        server = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/blob", exchange -> answer(exchange, BLOB));
        // The guest asks the host to fetch from the guest, and gets the sum of what came.
        server.createContext(
                "/fetch", exchange -> answer(exchange, ascii("fetched " + sum(fetch()) + "\n")));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private byte[] fetch() throws IOException {
        URI uri = URI.create("http://127.0.0.1:" + forwarded + "/blob");
        try (var body = uri.toURL().openStream()) {
            return body.readAllBytes();
        }
    }

    private static String sum(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pci", "mmio"})
    void aGuestReachesTheHostAndIsReached(String transport) throws Exception {
        String host = "http://10.0.2.2:" + server.getAddress().getPort();
        Jvisor.Result result =
                Jvisor.run(
                        """
                        mkdir /tmp/w; cd /tmp/w; ip -4 addr show eth0; cat /etc/resolv.conf
                        wget -q -O blob %s/blob; sha256sum blob
                        httpd -p 80 -h /tmp/w
                        wget -q -O - %s/fetch
                        ping -c 1 10.0.2.2 >/dev/null && echo ping-ok
                        dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace' || echo no-kernel-warning
                        poweroff -f
                        """
                                .formatted(host, host),
                        LIMIT,
                        "run",
                        "--accel",
                        "software",
                        "--transport",
                        transport,
                        "--net",
                        "user,mac=52:54:00:12:34:56,hostfwd=tcp:127.0.0.1:" + forwarded + "-:80");
        assertThat(result.text())
                .contains("inet 10.0.2.15/24")
                .contains("nameserver 10.0.2.3")
                .contains(sum(BLOB) + "  blob")
                .contains("fetched " + sum(BLOB))
                .contains("\nping-ok")
                .contains("\nno-kernel-warning");
        assertThat(result.status()).isZero();
    }

    @Test
    void aPortThatIsTakenIsToldBeforeTheMachineStarts() throws Exception {
        int taken = server.getAddress().getPort();
        Jvisor.Result result =
                Jvisor.run(
                        "",
                        LIMIT,
                        "run",
                        "--accel",
                        "software",
                        "--net",
                        "user,hostfwd=tcp:127.0.0.1:" + taken + "-:22");
        assertThat(result.status()).isNotZero();
        assertThat(result.errors())
                .contains("hostfwd=tcp:127.0.0.1:" + taken + "-:22", "EADDRINUSE");
    }
}
