package org.jvisor.virtio.vsock;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.Worker;

/**
 * The host's side: the socket that host programs connect to, those that the guest connects to, and
 * the selector that the device's thread waits with.
 */
final class Sockets implements Worker.Idle, AutoCloseable {
    private final Path path;
    private final Selector selector;
    private final ServerSocketChannel listener;

    /**
     * Listens.
     *
     * @param path where; a socket nobody listens to any more is replaced
     * @throws IOException if somebody listens there, or it cannot be made
     */
    Sockets(Path path) throws IOException {
        this.path = path;
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        removeStale(path, address);
        selector = Selector.open();
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        boolean bound = false;
        try {
            listener.bind(address);
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
            bound = true;
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen at %s: %s. Name another path for the vsock's socket."
                            .formatted(path, e.getMessage()),
                    e);
        } finally {
            if (!bound) {
                listener.close();
                selector.close();
            }
        }
    }

    private static void removeStale(Path path, UnixDomainSocketAddress address) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        boolean socket =
                !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                        && !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                        && !Files.isSymbolicLink(path);
        boolean used = false;
        if (socket) {
            try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                probe.configureBlocking(false);
                probe.connect(address);
                used = true;
            } catch (IOException e) {
                // Refused: left behind by a process that was killed.
            }
        }
        if (!socket || used) {
            throw new IOException(
                    "cannot listen at %s: %s. Name another path for the vsock's socket."
                            .formatted(path, used ? "somebody does" : "a file is there"));
        }
        Files.delete(path);
    }

    /** The selector, whose keys have a {@link Connection} attached, but for the listener's. */
    Selector selector() {
        return selector;
    }

    /** The next program of the host that wants a connection, or null. */
    @Nullable Connection accept() throws IOException {
        SocketChannel channel = listener.accept();
        return channel == null ? null : connection(channel, true, Connection.State.LINE);
    }

    /**
     * Connects to the program that serves a port.
     *
     * @return null if there is none, or it does not accept
     */
    @Nullable Connection connect(int port) {
        SocketChannel channel = null;
        try {
            Path to = Path.of(path + "_" + Integer.toUnsignedString(port));
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.configureBlocking(false);
            if (channel.connect(UnixDomainSocketAddress.of(to))) {
                return connection(channel, false, Connection.State.OPEN);
            }
            channel.close(); // its backlog is full
        } catch (IOException | IllegalArgumentException e) {
            closeQuietly(channel);
        }
        return null;
    }

    private Connection connection(SocketChannel channel, boolean fromHost, Connection.State state)
            throws IOException {
        channel.configureBlocking(false);
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        Connection connection = new Connection(channel, key, fromHost, state);
        key.attach(connection);
        return connection;
    }

    private static void closeQuietly(@Nullable SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // It was never used.
        }
    }

    // ---- Idle

    @Override
    public boolean await() {
        try {
            selector.select();
            return selector.isOpen() && !selector.selectedKeys().isEmpty();
        } catch (IOException | java.nio.channels.ClosedSelectorException e) {
            return false; // only when it is closed
        }
    }

    @Override
    public void wake() {
        selector.wakeup();
    }

    @Override
    public void close() {
        try {
            if (listener.isOpen()) {
                listener.close();
                Files.deleteIfExists(path);
            }
            selector.close();
        } catch (IOException e) {
            // The file may be gone already.
        }
    }
}
