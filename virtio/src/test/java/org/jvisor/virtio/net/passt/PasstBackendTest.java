package org.jvisor.virtio.net.passt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.virtio.net.GuestStack;
import org.jvisor.virtio.net.NetBackend;
import org.jvisor.virtio.net.NetBackends;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.NetPort;
import org.jvisor.virtio.net.NetSpec;
import org.jvisor.virtio.net.packet.Packets;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PasstBackendTest {
    private static NetBackend open(String text) {
        return NetBackends.open("net0", NetSpec.parse(text));
    }

    private static void needsPasst() {
        try {
            new ProcessBuilder("passt", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            assumeTrue(false, "passt is not installed");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The other end of a connection: what passt does, as far as these tests need it. */
    private static void write(SocketChannel channel, byte[] frame) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4 + frame.length);
        buffer.putInt(frame.length).put(frame).flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static byte[] read(SocketChannel channel) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(4);
        fill(channel, length);
        ByteBuffer frame = ByteBuffer.allocate(length.getInt(0));
        fill(channel, frame);
        return frame.array();
    }

    private static void fill(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            assertThat(channel.read(buffer)).isPositive();
        }
    }

    private static byte[] frame(int number, int length) {
        byte[] payload = new byte[length];
        new Random(number).nextBytes(payload);
        return Packets.ethernet(GuestStack.MAC, number, 0x88b5, payload);
    }

    @Test
    void framesGoBothWaysInOrder(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (NetBackend backend = open("passt,socket=" + socket);
                    SocketChannel other = server.accept()) {
                GuestStack guest = new GuestStack(backend);
                for (int i = 0; i < 300; i++) {
                    int number = i;
                    byte[] frame = frame(number, 1 + i * 200);
                    guest.send(frame);
                    assertThat(read(other)).isEqualTo(frame);
                    write(other, frame);
                    assertThat(guest.await("echo", f -> true)).isEqualTo(frame);
                }
            }
        }
    }

    @Test
    void framesTheGuestHasNoRoomForWaitInTheSocket(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (NetBackend backend = open("passt,socket=" + socket);
                    SocketChannel other = server.accept()) {
                StubbornPort port = new StubbornPort();
                backend.start(port);
                for (int i = 0; i < 20; i++) {
                    write(other, frame(i, 100));
                }
                for (int i = 0; i < 20; i++) {
                    port.room.release();
                    backend.wake(0);
                    assertThat(port.taken.tryAcquire(1, TimeUnit.MINUTES)).isTrue();
                    assertThat(port.last).isEqualTo(frame(i, 100));
                }
            }
        }
    }

    /** Takes a frame only when there is a permit. */
    private static final class StubbornPort implements NetPort {
        final Semaphore room = new Semaphore(0);
        final Semaphore taken = new Semaphore(0);
        volatile byte[] last = {};

        @Override
        public long transmit(int pair, NetBackend.Sink sink) {
            return NEVER;
        }

        @Override
        public long receive(
                int pair, NetHeader header, MemorySegment memory, long offset, int length) {
            if (!room.tryAcquire()) {
                return NEVER;
            }
            last = memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
            taken.release();
            return TAKEN;
        }

        @Override
        public void received(int pair) {}

        @Override
        public void linkChanged() {}
    }

    @Test
    void theLinkGoesDownWithTheConnectionAndComesBack(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (NetBackend backend = open("passt,socket=" + socket)) {
                SocketChannel first = server.accept();
                GuestStack guest = new GuestStack(backend);
                assertThat(backend.linkUp()).isTrue();
                first.close();
                try (SocketChannel second = server.accept()) {
                    byte[] frame = frame(1, 50);
                    write(second, frame);
                    assertThat(guest.await("frame", f -> true)).isEqualTo(frame);
                    assertThat(backend.linkUp()).isTrue();
                }
            }
        }
    }

    @Test
    void aMissingSocketIsTold() {
        assertThatThrownBy(() -> open("passt,socket=/nonexistent/socket"))
                .isInstanceOf(NetException.class)
                .hasMessageContaining("/nonexistent/socket")
                .hasMessageContaining("Start passt");
    }

    @Test
    void aMissingProgramIsTold() {
        assertThatThrownBy(() -> open("passt,program=/nonexistent/passt"))
                .isInstanceOf(NetException.class)
                .hasMessageContaining("Install passt");
    }

    @Test
    void aProgramThatEndsIsToldWithItsWords(@TempDir Path directory) throws Exception {
        Path program = directory.resolve("broken");
        Files.writeString(program, "#!/bin/sh\necho no such luck\nexit 1\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        assertThatThrownBy(() -> open("passt,program=" + program))
                .isInstanceOf(NetException.class)
                .hasMessageContaining("no such luck");
    }

    @Test
    void aStartedPasstServesTheGuest() throws Exception {
        needsPasst();
        int port;
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        byte[] sent = new byte[30_000];
        new Random(1).nextBytes(sent);
        try (NetBackend backend = open("passt,mtu=1500,hostfwd=tcp:127.0.0.1:" + port + "-:22")) {
            GuestStack guest = new GuestStack(backend);
            guest.dhcp();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write(sent); // passt acknowledges with data only
                socket.shutdownOutput();
                guest.accept(22);
                assertThat(guest.readToEnd()).isEqualTo(sent);
            }
        }
    }
}
