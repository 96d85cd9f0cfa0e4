package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A Debian made by {@code image create} boots in software to multi-user, is on the network, and the
 * host's ssh logs in and copies a file there and back: 100 MiB, or {@code
 * -Djvisor.rootdisk.copy=N}. By request only, see {@link WholeDebian}.
 */
class RootDiskTest {
    private static final int COPY = Integer.getInteger("jvisor.rootdisk.copy", 100);
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String WORD = "a word of the host's\n";

    @TempDir Path folder;

    @BeforeAll
    static void needsTheDisk() throws Exception {
        WholeDebian.require();
    }

    private static String sum(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static void jvisor(String... arguments) throws Exception {
        HostTools.Ended ended = WholeDebian.jvisor(LIMIT, arguments);
        assertThat(ended.status()).as(ended.output()).isZero();
    }

    private static HttpServer serve() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        HttpServer server = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
        server.createContext(
                "/word",
                exchange -> {
                    byte[] body = WORD.getBytes(StandardCharsets.US_ASCII);
                    try (exchange) {
                        exchange.sendResponseHeaders(200, body.length);
                        exchange.getResponseBody().write(body);
                    }
                });
        server.start();
        return server;
    }

    @Test
    void aDebianMadeByImageCreateIsOnTheNetworkAndCopiesAFileBothWays() throws Exception {
        String clone = "clone-" + ProcessHandle.current().pid();
        jvisor("image", "clone", WholeDebian.image(), clone);
        HttpServer server = serve();
        try (DebianMachine machine = DebianMachine.onImage(folder, clone)) {
            machine.run("systemctl is-system-running --wait");
            assertThat(machine.succeeds("systemctl is-active multi-user.target; hostname"))
                    .isEqualTo("active\n" + WholeDebian.HOSTNAME + "\n");
            assertThat(machine.succeeds("ip -4 -o address show scope global dynamic"))
                    .contains("inet 10.0.2.15/24");
            int port = server.getAddress().getPort();
            assertThat(machine.succeeds("curl -sS http://10.0.2.2:%d/word".formatted(port)))
                    .isEqualTo(WORD);
            String mirror = "deb.debian.org";
            boolean known = resolves(mirror);
            assertThat(machine.run("getent ahostsv4 " + mirror).status() == 0).isEqualTo(known);
            copyBothWays(machine);
            machine.powerOff();
        } finally {
            server.stop(0);
            jvisor("image", "rm", clone);
        }
    }

    /** Whether the host itself knows a name. */
    private static boolean resolves(String name) {
        return !new InetSocketAddress(name, 80).isUnresolved();
    }

    private void copyBothWays(DebianMachine machine) throws Exception {
        byte[] blob = new byte[COPY << 20];
        new Random(1).nextBytes(blob);
        Path sent = Files.write(folder.resolve("sent"), blob);
        Path back = folder.resolve("back");
        machine.send(sent, "/root/blob");
        assertThat(machine.succeeds("sha256sum /root/blob")).contains(sum(blob));
        machine.succeeds("sync; echo 3 >/proc/sys/vm/drop_caches");
        machine.fetch("/root/blob", back);
        assertThat(sum(Files.readAllBytes(back))).isEqualTo(sum(blob));
    }
}
