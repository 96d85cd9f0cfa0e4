package org.jvisor.virtio.net;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.net.packet.Packets;

/**
 * A guest of a few lines on a back end, without a device in between: DHCP, ARP and one TCP
 * connection at a time. A test's thread uses it; what it waits for must come within a minute.
 */
public final class GuestStack implements NetPort {
    /** The guest's address on the wire. */
    public static final long MAC = 0x5254_0012_3456L;

    private static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final int FIN = 1, SYN = 2, ACK = 16, SEGMENT = 1460;

    private final NetBackend backend;
    private final ConcurrentLinkedQueue<byte[]> outgoing = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<byte[]> incoming = new LinkedBlockingQueue<>();
    private final NetHeader header = new NetHeader();
    private final MemorySegment buffer =
            Arena.ofShared().allocate((long) NetBackend.Sink.HEADROOM + MAX_FRAME);

    private int address;
    private long gateway;
    private int peer;
    private int port;
    private int peerPort;
    private int sequence;
    private int expected;

    /** Makes a guest and starts the back end for it. */
    public GuestStack(NetBackend backend) {
        this.backend = backend;
        backend.start(this);
        backend.receive(0, 1);
    }

    // ---- the port

    @Override
    public long transmit(int pair, NetBackend.Sink sink) {
        for (byte[] frame = outgoing.poll(); frame != null; frame = outgoing.poll()) {
            int at = NetBackend.Sink.HEADROOM;
            MemorySegment.copy(frame, 0, buffer, ValueLayout.JAVA_BYTE, at, frame.length);
            sink.send(header, buffer, at, frame.length);
        }
        return NEVER;
    }

    @Override
    public long receive(int pair, NetHeader info, MemorySegment memory, long offset, int length) {
        incoming.add(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
        return TAKEN;
    }

    @Override
    public void received(int pair) {}

    @Override
    public void linkChanged() {}

    // ---- frames

    /** Sends a frame. */
    public void send(byte[] frame) {
        outgoing.add(frame);
        backend.wake(0);
    }

    /** Waits for a frame; others are dropped, but those that ask who has the guest's address. */
    public byte[] await(String what, Predicate<byte[]> wanted) {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        try {
            while (true) {
                byte[] frame = incoming.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (frame == null) {
                    throw new AssertionError("no " + what + " came within a minute");
                }
                if (wanted.test(frame)) {
                    return frame;
                }
                answerArp(frame);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- ARP (RFC 826)

    private static boolean isArp(byte[] frame, int operation) {
        return Packets.shortAt(frame, 12) == 0x0806 && Packets.shortAt(frame, 20) == operation;
    }

    private void answerArp(byte[] frame) {
        if (isArp(frame, 1) && address != 0 && Packets.intAt(frame, 38) == address) {
            send(arp(2, source(frame), Packets.intAt(frame, 28)));
        }
    }

    private byte[] arp(int operation, long to, int target) {
        ByteBuffer body = ByteBuffer.allocate(28);
        body.putShort((short) 1).putShort((short) 0x0800).put((byte) 6).put((byte) 4);
        body.putShort((short) operation);
        body.putShort((short) (MAC >>> 32)).putInt((int) MAC).putInt(address);
        body.putShort((short) (to >>> 32)).putInt((int) to).putInt(target);
        return Packets.ethernet(operation == 1 ? BROADCAST : to, MAC, 0x0806, body.array());
    }

    private static long source(byte[] frame) {
        return (long) Packets.shortAt(frame, 6) << 32 | (Packets.intAt(frame, 8) & 0xffff_ffffL);
    }

    /** Asks for the Ethernet address of an IP address. */
    public long resolve(int target) {
        send(arp(1, 0, target));
        byte[] answer = await("ARP answer", f -> isArp(f, 2) && Packets.intAt(f, 28) == target);
        return source(answer);
    }

    // ---- DHCP (RFC 2131)

    /** Gets an address by DHCP, and finds the router. Returns the offer's options. */
    public byte[] dhcp() {
        send(dhcp(1, 0));
        byte[] offer = await("DHCP offer", f -> isDhcp(f, 2));
        int offered = Packets.intAt(offer, 42 + 16);
        send(dhcp(3, offered));
        byte[] answer = await("DHCP acknowledgement", f -> isDhcp(f, 5));
        address = offered;
        byte[] router = option(answer, 3);
        if (router != null) {
            gateway = resolve(ByteBuffer.wrap(router).getInt());
        }
        return answer;
    }

    private static byte[] dhcp(int type, int requested) {
        ByteBuffer message = ByteBuffer.allocate(300);
        message.put((byte) 1).put((byte) 1).put((byte) 6).put((byte) 0).putInt(0x1234);
        message.position(28);
        message.putShort((short) (MAC >>> 32)).putInt((int) MAC);
        message.position(236);
        message.putInt(0x6382_5363).put((byte) 53).put((byte) 1).put((byte) type);
        if (requested != 0) {
            message.put((byte) 50).put((byte) 4).putInt(requested);
        }
        message.put((byte) 255);
        byte[] packet = Packets.ipv4(17, 0, -1, 1, Packets.udp(68, 67, message.array()));
        return Packets.complete(Packets.ethernet(BROADCAST, MAC, 0x0800, packet));
    }

    private static boolean isDhcp(byte[] frame, int type) {
        if (!isIpv4(frame, 17) || Packets.shortAt(frame, 36) != 68) {
            return false;
        }
        byte[] value = option(frame, 53);
        return value != null && value[0] == type;
    }

    /** A DHCP option of a frame; null if it has none. */
    public static byte @Nullable [] option(byte[] frame, int wanted) {
        for (int at = 42 + 240; at + 1 < frame.length && frame[at] != -1; ) {
            int length = frame[at + 1] & 0xff;
            if ((frame[at] & 0xff) == wanted) {
                byte[] value = new byte[length];
                System.arraycopy(frame, at + 2, value, 0, length);
                return value;
            }
            at += 2 + length;
        }
        return null;
    }

    /** Takes an address without asking, and finds the router. */
    public void use(int own, int router) {
        address = own;
        gateway = resolve(router);
    }

    /** A port of a device nobody uses. */
    public static NetPort unused() {
        return new NetPort() {
            @Override
            public long transmit(int pair, NetBackend.Sink sink) {
                return NEVER;
            }

            @Override
            public long receive(
                    int pair, NetHeader header, MemorySegment memory, long offset, int length) {
                return TAKEN;
            }

            @Override
            public void received(int pair) {}

            @Override
            public void linkChanged() {}
        };
    }

    /** The guest's address. */
    public int address() {
        return address;
    }

    // ---- UDP

    private static boolean isIpv4(byte[] frame, int protocol) {
        return Packets.shortAt(frame, 12) == 0x0800 && frame[23] == protocol;
    }

    /** Sends a datagram. */
    public void sendUdp(int to, int fromPort, int toPort, byte[] payload) {
        byte[] packet = Packets.ipv4(17, address, to, 2, Packets.udp(fromPort, toPort, payload));
        send(Packets.complete(Packets.ethernet(gateway, MAC, 0x0800, packet)));
    }

    /** Waits for a datagram to a port; returns its frame. */
    public byte[] awaitUdp(int toPort) {
        return await(
                "datagram to port " + toPort,
                f -> isIpv4(f, 17) && Packets.shortAt(f, 36) == toPort);
    }

    /** Sends an ICMP echo request, and waits for the answer. */
    public byte[] ping(int to, byte[] payload) {
        ByteBuffer echo = ByteBuffer.allocate(8 + payload.length);
        echo.put((byte) 8).put((byte) 0).putShort((short) 0).putInt(0x4242_0001).put(payload);
        Packets.putShort(echo.array(), 2, ~Packets.sum(echo.array(), 0, echo.capacity(), 0));
        byte[] packet = Packets.ipv4(1, address, to, 3, echo.array());
        send(Packets.ethernet(gateway, MAC, 0x0800, packet));
        return await("echo reply", f -> isIpv4(f, 1) && f[34] == 0);
    }

    // ---- TCP: no retransmission, as the link loses nothing

    /** Connects. */
    public void connect(int to, int toPort, int fromPort) {
        peer = to;
        peerPort = toPort;
        port = fromPort;
        sequence = 1000;
        sendTcp(SYN, new byte[0]);
        byte[] answer = awaitTcp(SYN | ACK);
        sequence++;
        expected = Packets.intAt(answer, 38) + 1;
        sendTcp(ACK, new byte[0]);
    }

    /** Waits for a connection to a port. */
    public void accept(int toPort) {
        port = toPort;
        byte[] syn =
                await(
                        "connection to port " + toPort,
                        f -> isIpv4(f, 6) && Packets.shortAt(f, 36) == toPort && f[47] == SYN);
        peer = Packets.intAt(syn, 26);
        peerPort = Packets.shortAt(syn, 34);
        gateway = source(syn);
        sequence = 2000;
        expected = Packets.intAt(syn, 38) + 1;
        sendTcp(SYN | ACK, new byte[0]);
        sequence++;
        byte[] answer = awaitTcp(ACK);
        if (Packets.shortAt(answer, 16) > 40) {
            incoming.addAll(putBack(answer));
        }
    }

    /** What was received and is to be received again, before anything later. */
    private List<byte[]> putBack(byte[] first) {
        List<byte[]> all = new ArrayList<>();
        all.add(first);
        incoming.drainTo(all);
        return all;
    }

    /** Sends bytes, a segment at a time, each once the one before is acknowledged. */
    public void write(byte[] bytes) {
        for (int at = 0; at < bytes.length; at += SEGMENT) {
            byte[] part = new byte[Math.min(SEGMENT, bytes.length - at)];
            System.arraycopy(bytes, at, part, 0, part.length);
            sendTcp(ACK, part);
            sequence += part.length;
            await("acknowledgement", f -> isMine(f) && Packets.intAt(f, 42) == sequence);
        }
    }

    /** Receives until the other side ends the connection, and ends it too. */
    public byte[] readToEnd() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (true) {
            byte[] frame = await("segment", f -> isMine(f) && Packets.intAt(f, 38) == expected);
            if (!Packets.checksumRight(frame)) {
                throw new AssertionError("a segment came with a wrong checksum");
            }
            int start = 34 + ((frame[46] & 0xf0) >>> 2);
            int end = 14 + Packets.shortAt(frame, 16);
            all.write(frame, start, end - start);
            expected += end - start;
            boolean last = (frame[47] & FIN) != 0;
            expected += last ? 1 : 0;
            if (end > start || last) {
                sendTcp(last ? FIN | ACK : ACK, new byte[0]);
            }
            if (last) {
                sequence++;
                return all.toByteArray();
            }
        }
    }

    /** Ends the connection, and waits until the other side has too. */
    public void finish() {
        sendTcp(FIN | ACK, new byte[0]);
        sequence++;
        readToEndAfterFin();
    }

    private void readToEndAfterFin() {
        byte[] last = await("FIN", f -> isMine(f) && (f[47] & FIN) != 0);
        expected = Packets.intAt(last, 38) + 1;
        sendTcp(ACK, new byte[0]);
    }

    private void sendTcp(int flags, byte[] payload) {
        byte[] segment = Packets.tcp(port, peerPort, sequence, expected, flags, payload);
        byte[] packet = Packets.ipv4(6, address, peer, 4, segment);
        send(Packets.complete(Packets.ethernet(gateway, MAC, 0x0800, packet)));
    }

    private byte[] awaitTcp(int flags) {
        return await("TCP segment with flags " + flags, f -> isMine(f) && (f[47] & flags) == flags);
    }

    private boolean isMine(byte[] frame) {
        return isIpv4(frame, 6)
                && Packets.shortAt(frame, 36) == port
                && Packets.shortAt(frame, 34) == peerPort
                && Packets.intAt(frame, 26) == peer;
    }
}
