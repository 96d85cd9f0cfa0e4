package org.jvisor.virtio.net.passt;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.net.NetAttachment;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.PortForward;

/** A passt that was started for one interface, in a directory of its own. */
final class PasstProcess implements AutoCloseable {
    /** How long it may take to listen on its socket. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

    private final Path directory;
    private final Process process;
    private final Path errors;

    private PasstProcess(Path directory, Process process, Path errors) {
        this.directory = directory;
        this.process = process;
        this.errors = errors;
    }

    /**
     * Starts one; it ends by itself when its connection does.
     *
     * @param mtu what it tells the guest
     * @throws NetException if it cannot be started
     */
    static PasstProcess start(NetAttachment.Passt passt, int mtu) {
        try {
            Path directory = Files.createTempDirectory("jvisor-passt-");
            if (((Number) Files.getAttribute(directory, "unix:uid")).intValue() == 0) {
                // Started by root, passt goes on as nobody, who has to make the socket.
                Files.setPosixFilePermissions(
                        directory, PosixFilePermissions.fromString("rwx-wx-wx"));
            }
            Path errors = directory.resolve("errors");
            List<String> command = command(passt, directory.resolve("socket"), mtu);
            try {
                Process process =
                        new ProcessBuilder(command)
                                .redirectErrorStream(true)
                                .redirectOutput(errors.toFile())
                                .start();
                return new PasstProcess(directory, process, errors);
            } catch (IOException e) {
                delete(directory);
                throw new NetException(
                        ("network passt: %s cannot be started (%s). Install passt (Debian: apt"
                                        + " install passt), name it with program=, or use --net"
                                        + " user")
                                .formatted(passt.program(), e.getMessage()),
                        e);
            }
        } catch (IOException e) {
            throw new NetException(
                    "network passt: no directory for its socket can be made: " + e.getMessage(), e);
        }
    }

    private static List<String> command(NetAttachment.Passt passt, Path socket, int mtu) {
        List<String> command = new ArrayList<>();
        command.add(passt.program());
        command.addAll(List.of("--foreground", "--one-off", "--stderr", "--quiet"));
        command.addAll(List.of("--socket", socket.toString(), "--mtu", String.valueOf(mtu)));
        for (PortForward forward : passt.forwards()) {
            if (forward.guestAddress() != null) {
                throw new NetException(
                        "hostfwd=%s: passt's guest has one address, leave it out after the '-'"
                                .formatted(forward));
            }
            boolean tcp = forward.protocol() == PortForward.Protocol.TCP;
            command.add(tcp ? "--tcp-ports" : "--udp-ports");
            command.add(
                    "%s/%d:%d"
                            .formatted(
                                    forward.hostAddress().getHostAddress(),
                                    forward.hostPort(),
                                    forward.guestPort()));
        }
        return command;
    }

    /**
     * Connects to it as soon as it listens.
     *
     * @throws NetException if it ends instead, or does not listen
     */
    SocketChannel connect() {
        long deadline = System.nanoTime() + PATIENCE;
        Path socket = directory.resolve("socket");
        while (true) {
            SocketChannel channel = Files.exists(socket) ? tryConnect(socket) : null;
            if (channel != null) {
                return channel;
            }
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                String said = said();
                close();
                throw new NetException(
                        "network passt: the program %s. It said: %s"
                                .formatted(
                                        process.isAlive() ? "does not listen" : "ended at once",
                                        said));
            }
            try {
                process.waitFor(10, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                close();
                throw new NetException("network passt: interrupted while it started", e);
            }
        }
    }

    private static @Nullable SocketChannel tryConnect(Path socket) {
        try {
            return connectTo(socket);
        } catch (IOException e) {
            return null; // bound, but not listening yet
        }
    }

    /** Connects to a passt's socket. */
    static SocketChannel connectTo(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private String said() {
        try {
            String text =
                    Files.readAllLines(errors, StandardCharsets.UTF_8).stream()
                            // Its logger complains of hosts without a system log.
                            .filter(line -> !line.isBlank() && !line.contains("to syslog"))
                            .collect(Collectors.joining("; "));
            return text.isEmpty() ? "nothing" : text;
        } catch (IOException e) {
            return "what cannot be read (" + e.getMessage() + ")";
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        delete(directory);
    }

    private static void delete(Path directory) {
        try {
            Files.deleteIfExists(directory.resolve("errors"));
            Files.deleteIfExists(directory.resolve("socket"));
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // A file is left in the directory for temporary ones; nothing depends on it.
        }
    }
}
