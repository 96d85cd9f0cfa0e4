package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jvisor.launcher.image.Image;

/** A running machine with the {@link WholeDebian}, in software, used by the host's ssh. */
final class DebianMachine implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(15);

    private final Process process;
    private final Path serial;
    private final int port;

    private DebianMachine(Process process, Path serial, int port) {
        this.process = process;
        this.serial = serial;
        this.port = port;
    }

    /** Boots an image, as {@code jvisor run --image} does. */
    static DebianMachine onImage(Path folder, String image, String... options) throws Exception {
        return start(folder, List.of("--image", image), options);
    }

    /**
     * Boots the image on a throw-away layer, so that it stays as it was made.
     *
     * @param folder for the machine's files
     * @param options of {@code jvisor run}, such as disks, the first of which is {@code /dev/vdb}
     */
    static DebianMachine boot(Path folder, String... options) throws Exception {
        return onDisk(folder, WholeDebian.disk() + ",overlay", options);
    }

    /** Boots the image's kernel on another disk that has its root file system. */
    static DebianMachine onDisk(Path folder, String disk, String... options) throws Exception {
        Image image = WholeDebian.stored();
        List<String> what = new ArrayList<>(List.of("--memory", "1G", "--disk", disk));
        what.addAll(List.of("--kernel", image.kernel().toString()));
        what.addAll(List.of("--initrd", image.initrd().toString()));
        what.addAll(List.of("--cmdline", image.commandLine()));
        return start(folder, what, options);
    }

    /** Starts a machine and waits until its ssh server lets us in. */
    private static DebianMachine start(Path folder, List<String> what, String... options)
            throws Exception {
        int port;
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        Path serial = folder.resolve("serial-" + port);
        List<String> command = new ArrayList<>();
        command.add(Jvisor.root().resolve("jvisor").toString());
        command.addAll(List.of("run", "--accel", "software"));
        command.addAll(what);
        command.addAll(List.of("--net", "user,hostfwd=tcp:127.0.0.1:" + port + "-:22"));
        command.addAll(List.of(options));
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(serial.toFile());
        builder.environment().putAll(WholeDebian.environment());
        DebianMachine machine = new DebianMachine(builder.start(), serial, port);
        try {
            machine.waitForLogin();
        } catch (Exception | AssertionError e) {
            machine.close();
            throw e;
        }
        return machine;
    }

    private void waitForLogin() throws Exception {
        Instant end = Instant.now().plus(LIMIT);
        while (run("true").status() != 0) {
            assertThat(process.isAlive()).as(this::serial).isTrue();
            assertThat(Instant.now()).as(this::serial).isBefore(end);
        }
    }

    private static List<String> ssh(String program, String portFlag, int port) {
        List<String> command = new ArrayList<>(List.of(program, portFlag, Integer.toString(port)));
        command.addAll(List.of("-i", WholeDebian.key().toString(), "-o", "LogLevel=ERROR"));
        command.addAll(List.of("-o", "StrictHostKeyChecking=no"));
        command.addAll(List.of("-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=60"));
        return command;
    }

    /** Runs a shell script in the guest, as root. */
    HostTools.Ended run(String script) throws IOException, InterruptedException {
        List<String> command = ssh("ssh", "-p", port);
        command.addAll(List.of("root@127.0.0.1", script));
        return HostTools.run(LIMIT, Map.of(), command);
    }

    /** Runs a shell script in the guest that has to end with status 0; returns what it wrote. */
    String succeeds(String script) throws IOException, InterruptedException {
        HostTools.Ended ended = run("set -e\n" + script);
        assertThat(ended.status()).as("%s: %s", script, ended.output()).isZero();
        return ended.output();
    }

    /** Copies a file of the host to the guest. */
    void send(Path file, String to) throws IOException, InterruptedException {
        copy(file.toString(), "root@127.0.0.1:" + to);
    }

    /** Copies a file of the guest to the host. */
    void fetch(String file, Path to) throws IOException, InterruptedException {
        copy("root@127.0.0.1:" + file, to.toString());
    }

    private void copy(String from, String to) throws IOException, InterruptedException {
        List<String> command = ssh("scp", "-P", port);
        command.addAll(List.of("-q", from, to));
        HostTools.succeeds(LIMIT, command.toArray(String[]::new));
    }

    /** What the guest wrote to its serial line. */
    String serial() {
        try {
            return Files.readString(serial);
        } catch (IOException e) {
            return "(nothing: " + e.getMessage() + ")";
        }
    }

    /** Switches the guest off, which has to end the machine well, without a kernel's warning. */
    void powerOff() throws IOException, InterruptedException {
        assertThat(run("dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace|I/O error'").output())
                .isEmpty();
        run("systemctl poweroff");
        assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(this::serial).isZero();
    }

    /** Kills the machine if it runs. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
