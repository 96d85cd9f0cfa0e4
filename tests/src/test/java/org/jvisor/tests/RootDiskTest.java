package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.virtio.net.user.SlirpLibrary;

/**
 * A Debian made by {@code image create} boots in software, and the host's ssh logs in and copies a
 * file there and back. It takes many minutes and a mirror, so it runs only if asked to: {@code
 * -Djvisor.rootdisk=true}, with the size of the file in MiB as {@code -Djvisor.rootdisk.copy=N}.
 */
class RootDiskTest {
    private static final Duration CREATION = Duration.ofMinutes(20);
    private static final Duration BOOT = Duration.ofMinutes(10);

    @TempDir Path folder;

    private static void require(boolean there, String what) {
        if (!there) {
            System.out.println("skipped: " + what);
        }
        assumeTrue(there, what);
    }

    private static boolean installed(String program) {
        return List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin").stream()
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }

    /** How a program ended, and what it wrote. */
    private record Ended(int status, String output) {}

    private Ended run(Duration limit, List<String> command)
            throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process = start(command, output);
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError(command + " did not end: " + Files.readString(output));
        }
        return new Ended(process.exitValue(), Files.readString(output));
    }

    private Process start(List<String> command, Path output) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        return builder.start();
    }

    private static List<String> with(List<String> first, String... more) {
        List<String> all = new ArrayList<>(first);
        all.addAll(List.of(more));
        return all;
    }

    private static String sum(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private void succeeds(Duration limit, List<String> command) throws Exception {
        Ended ended = run(limit, command);
        assertThat(ended.status()).as("%s: %s", command, ended.output()).isZero();
    }

    @Test
    void sshLogsInToADebianMadeByImageCreateAndCopiesAFileBothWays() throws Exception {
        require(Boolean.getBoolean("jvisor.rootdisk"), "takes minutes: -Djvisor.rootdisk=true");
        for (String program : List.of("mmdebstrap", "mke2fs", "ssh", "scp", "ssh-keygen")) {
            require(installed(program), program + " is not installed");
        }
        require(SlirpLibrary.present(), "libslirp.so.0 is not installed (libslirp0)");
        String jvisor = Jvisor.root().resolve("jvisor").toString();
        String key = folder.resolve("key").toString();
        succeeds(BOOT, List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key));
        succeeds(
                CREATION,
                List.of(
                        jvisor,
                        "image",
                        "create",
                        "debian",
                        "--name",
                        "web",
                        "--size",
                        "2G",
                        "--ssh-key",
                        key + ".pub"));
        succeeds(BOOT, List.of(jvisor, "image", "clone", "web", "copy"));
        int port;
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        Path serial = folder.resolve("serial");
        Process machine =
                start(
                        List.of(
                                jvisor,
                                "run",
                                "--accel",
                                "software",
                                "--image",
                                "copy",
                                "--net",
                                "user,hostfwd=tcp:127.0.0.1:" + port + "-:22"),
                        serial);
        try {
            List<String> options =
                    List.of(
                            "-i",
                            key,
                            "-o",
                            "StrictHostKeyChecking=no",
                            "-o",
                            "UserKnownHostsFile=/dev/null",
                            "-o",
                            "ConnectTimeout=60");
            List<String> ssh = new ArrayList<>(List.of("ssh", "-p", "" + port));
            ssh.addAll(options);
            ssh.add("root@127.0.0.1");
            Instant end = Instant.now().plus(BOOT);
            while (run(BOOT, with(ssh, "true")).status() != 0) {
                assertThat(machine.isAlive()).as(() -> read(serial)).isTrue();
                assertThat(Instant.now()).as(() -> read(serial)).isBefore(end);
            }
            byte[] blob = new byte[Integer.getInteger("jvisor.rootdisk.copy", 8) << 20];
            new Random(1).nextBytes(blob);
            Path sent = Files.write(folder.resolve("sent"), blob);
            Path back = folder.resolve("back");
            List<String> scp = new ArrayList<>(List.of("scp", "-q", "-P", "" + port));
            scp.addAll(options);
            succeeds(BOOT, with(scp, sent.toString(), "root@127.0.0.1:/root/blob"));
            Ended summed = run(BOOT, with(ssh, "sha256sum /root/blob; hostname"));
            assertThat(summed.output()).contains(sum(blob) + "  /root/blob", "web");
            succeeds(BOOT, with(scp, "root@127.0.0.1:/root/blob", back.toString()));
            assertThat(sum(Files.readAllBytes(back))).isEqualTo(sum(blob));
            run(BOOT, with(ssh, "systemctl poweroff"));
            assertThat(machine.waitFor(BOOT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(machine.exitValue()).as(() -> read(serial)).isZero();
        } finally {
            machine.destroyForcibly().waitFor();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "(nothing: " + e.getMessage() + ")";
        }
    }
}
