package org.jvisor.virtio.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One connection and the flow control of both directions (virtio 1.2 §5.10.6.3). Of the device's
 * thread only.
 */
final class Connection {
    /** Bytes from the guest that may wait for the socket: what the guest is told as buf_alloc. */
    static final int BUFFER = 256 << 10;

    /** Forwarded bytes the guest need not know of yet. */
    private static final int UPDATE_AFTER = BUFFER / 4;

    /** The longest line that begins a connection from the host. */
    private static final int LONGEST_LINE = 32;

    enum State {
        /** The host's program is still to say where to. */
        LINE,
        /** The guest is asked. */
        REQUESTED,
        /** Both sides may send. */
        OPEN
    }

    final SocketChannel channel;
    final SelectionKey key;
    final boolean fromHost;
    State state;
    int hostPort;
    int guestPort;

    // To the guest: its credit, in bytes modulo 2^32.
    private int guestBuffer;
    private int guestForwarded;
    private int sent;
    private boolean creditAsked;

    /** The socket may have bytes, or its end, to read. */
    boolean readable;

    /** The socket's end was reached and told; the guest will not receive any more. */
    boolean endOfInput;

    boolean guestReceivesNoMore;

    // To the host: bytes that wait for the socket, and those that went through.
    private byte[] waiting = new byte[0];
    private int waitingHead;
    private int waitingSize;
    private int forwarded;
    private int forwardedTold;

    /** The guest sends nothing more: told to the socket once everything waiting is out. */
    boolean guestSendsNoMore;

    private boolean outputShut;

    /** Operations to send, a bit for each: {@code 1 << Packet.REQUEST} and so on. */
    private int pending;

    boolean queued;
    private final byte[] line = new byte[LONGEST_LINE];
    private int lineLength;

    Connection(SocketChannel channel, SelectionKey key, boolean fromHost, State state) {
        this.channel = channel;
        this.key = key;
        this.fromHost = fromHost;
        this.state = state;
    }

    // ---- Operations to send

    void post(int operation) {
        pending |= 1 << operation;
    }

    /** The next operation to send, or 0; a reset replaces all others. */
    int takeOperation() {
        int bits = (pending & 1 << Packet.RST) != 0 ? 1 << Packet.RST : pending;
        if (bits == 0) {
            return 0;
        }
        int operation = Integer.numberOfTrailingZeros(bits);
        pending &= ~(1 << operation);
        return operation;
    }

    boolean hasOperation() {
        return pending != 0;
    }

    // ---- Credit

    /** Takes the guest's word for its buffer. */
    void credit(int bufferSize, int forwardedByGuest) {
        guestBuffer = bufferSize;
        guestForwarded = forwardedByGuest;
        creditAsked = false;
    }

    /** Bytes the guest has room for. */
    int room() {
        long inFlight = sent - guestForwarded & 0xffff_ffffL;
        long free = (guestBuffer & 0xffff_ffffL) - inFlight;
        return Math.clamp(free, 0, Packet.MOST_DATA);
    }

    void sent(int bytes) {
        sent += bytes;
    }

    /** The guest has no room: asks it once to say when it has. */
    void askForCredit() {
        if (!creditAsked) {
            creditAsked = true;
            post(Packet.CREDIT_REQUEST);
        }
    }

    int forwarded() {
        return forwarded;
    }

    /** The guest hears of what was forwarded with the packet being sent. */
    void toldForwarded() {
        forwardedTold = forwarded;
    }

    // ---- From the guest to the socket

    /**
     * Takes data of a packet.
     *
     * @return false if the guest sends more than it was allowed
     */
    boolean accept(ByteBuffer data) throws IOException {
        if (data.remaining() > BUFFER - waitingSize) {
            return false;
        }
        if (waitingSize == 0) {
            count(channel.write(data));
        }
        int left = data.remaining();
        if (left > 0) {
            reserve(left);
            data.get(waiting, waitingHead + waitingSize, left);
            waitingSize += left;
        }
        return true;
    }

    private void reserve(int bytes) {
        if (waitingHead + waitingSize + bytes <= waiting.length) {
            return;
        }
        byte[] to =
                waitingSize + bytes <= waiting.length
                        ? waiting
                        : new byte[Math.min(BUFFER, (waitingSize + bytes) * 2)];
        System.arraycopy(waiting, waitingHead, to, 0, waitingSize);
        waiting = to;
        waitingHead = 0;
    }

    /** Writes what waits, as far as the socket takes it. */
    void flush(ByteBuffer scratch) throws IOException {
        while (waitingSize > 0) {
            int length = Math.min(waitingSize, scratch.capacity());
            scratch.clear().put(waiting, waitingHead, length).flip();
            int written = channel.write(scratch);
            if (written == 0) {
                return;
            }
            waitingHead += written;
            waitingSize -= written;
            count(written);
        }
        waitingHead = 0;
        if (waiting.length > 0) {
            waiting = new byte[0]; // few connections are ever slow
        }
        if (guestSendsNoMore && !outputShut) {
            outputShut = true;
            channel.shutdownOutput();
        }
    }

    private void count(int written) {
        forwarded += written;
        if (forwarded - forwardedTold >= UPDATE_AFTER) {
            post(Packet.CREDIT_UPDATE);
        }
    }

    boolean drained() {
        return waitingSize == 0;
    }

    // ---- The line that begins a connection from the host

    /**
     * Reads what there is of it.
     *
     * @return the guest's port, -1 if the line is not complete, -2 if it is wrong or the end
     */
    long readLine(ByteBuffer scratch) throws IOException {
        while (true) {
            // Byte by byte: what follows the line is the guest's.
            scratch.clear().limit(1);
            int got = channel.read(scratch);
            if (got <= 0) {
                return got == 0 ? -1 : -2;
            }
            byte next = scratch.get(0);
            if (next == '\n') {
                return parse();
            }
            if (lineLength == LONGEST_LINE) {
                return -2;
            }
            line[lineLength++] = next;
        }
    }

    private long parse() {
        String text =
                new String(Arrays.copyOf(line, lineLength), StandardCharsets.US_ASCII).strip();
        String[] words = text.split(" +", -1);
        if (words.length != 2 || !words[0].equalsIgnoreCase("CONNECT")) {
            return -2;
        }
        try {
            return Integer.parseUnsignedInt(words[1]) & 0xffff_ffffL;
        } catch (NumberFormatException e) {
            return -2;
        }
    }

    // ---- Selection

    /** Waits for what can be gone on with. */
    void updateInterest() {
        if (!key.isValid()) {
            return;
        }
        boolean reads = !readable && !endOfInput && !guestReceivesNoMore;
        boolean wantsInput = reads && state != State.REQUESTED;
        int interest =
                (wantsInput ? SelectionKey.OP_READ : 0)
                        | (waitingSize > 0 ? SelectionKey.OP_WRITE : 0);
        if (key.interestOps() != interest) {
            key.interestOps(interest);
        }
    }

    void close() {
        key.cancel();
        try {
            channel.close();
        } catch (IOException e) {
            // There is nothing left to lose.
        }
    }

    /** The socket a key belongs to, or null for the listener's. */
    static @Nullable Connection of(SelectionKey key) {
        return (Connection) key.attachment();
    }
}
