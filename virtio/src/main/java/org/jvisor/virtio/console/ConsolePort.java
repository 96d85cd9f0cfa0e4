package org.jvisor.virtio.console;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jvisor.virtio.queue.Chain;

/**
 * The host's end of a port. What the host sends waits in a buffer until the guest has room; what
 * the guest sends goes to a {@link ConsoleSink}. Any thread may call the public methods; none
 * blocks.
 */
public final class ConsolePort {
    /** Bytes of input that wait for the guest at most. */
    public static final int INPUT_CAPACITY = 64 << 10;

    /** Messages the driver is still to get, as bits in the order they are sent. */
    static final int ADD = 1, CONSOLE = 2, NAME = 4, OPEN = 8, RESIZE = 16;

    private final String name;
    private final boolean console;
    private final ConsoleSink sink;
    private Runnable wake = () -> {};

    private final byte[] input = new byte[INPUT_CAPACITY];
    private final MemorySegment inputSegment = MemorySegment.ofArray(input);
    private int head;
    private int size;
    private boolean hostOpen = true;
    private int columns;
    private int rows;

    /** What the driver has told, and is to be told. */
    private boolean guestOpen;

    private boolean ready;
    private int pending;

    /** Bytes of the next output chain that the sink has already; of the device's thread. */
    long outputSkip;

    /** The chain being output, while {@link #outputHeld}; of the device's thread. */
    final Chain output = new Chain();

    boolean outputHeld;

    /** Whether the sink had no room; cleared by {@link #outputReady}. */
    volatile boolean outputBlocked;

    /**
     * Makes a port.
     *
     * @param name what the guest finds it by, such as {@code "org.qemu.guest_agent.0"}; may be
     *     empty
     * @param console whether the guest makes a terminal of it (hvc)
     */
    public ConsolePort(String name, boolean console, ConsoleSink sink) {
        this.name = name;
        this.console = console;
        this.sink = sink;
    }

    // ---- For the host

    /**
     * Sends to the guest.
     *
     * @return how many bytes were taken, 0 to {@code length}; if fewer, {@link
     *     ConsoleSink#inputTaken} tells when to go on
     */
    public int input(byte[] bytes, int offset, int length) {
        int count;
        synchronized (this) {
            count = Math.min(length, INPUT_CAPACITY - size);
            for (int i = 0; i < count; i++) {
                input[(head + size + i) % INPUT_CAPACITY] = bytes[offset + i];
            }
            size += count;
        }
        wake();
        return count;
    }

    /** The sink has room again. */
    public void outputReady() {
        outputBlocked = false;
        wake();
    }

    /** Opens or closes the host's end; it is open at first. */
    public void setOpen(boolean open) {
        synchronized (this) {
            if (hostOpen == open) {
                return;
            }
            hostOpen = open;
            if (ready) {
                pending |= OPEN;
            }
        }
        wake();
    }

    /**
     * Tells the guest the size of the terminal.
     *
     * @param columns 0 to 65535
     * @param rows 0 to 65535
     */
    public void resize(int columns, int rows) {
        synchronized (this) {
            this.columns = columns;
            this.rows = rows;
            if (ready && console) {
                pending |= RESIZE;
            }
        }
        wake();
    }

    /** Whether a program in the guest has the port open. */
    public synchronized boolean guestOpen() {
        return guestOpen;
    }

    // ---- For the device

    synchronized void connect(Runnable wakeDevice) {
        wake = wakeDevice;
    }

    private void wake() {
        Runnable to;
        synchronized (this) {
            to = wake;
        }
        to.run();
    }

    String name() {
        return name;
    }

    ConsoleSink sink() {
        return sink;
    }

    synchronized int columns() {
        return columns;
    }

    synchronized int rows() {
        return rows;
    }

    synchronized boolean hostOpen() {
        return hostOpen;
    }

    /** The driver wants to hear of the ports. */
    synchronized void announce() {
        pending |= ADD;
    }

    /** The driver has set the port up. */
    synchronized void driverReady() {
        ready = true;
        pending |= OPEN;
        if (console) {
            pending |= columns == 0 && rows == 0 ? CONSOLE : CONSOLE | RESIZE;
        }
        if (!name.isEmpty()) {
            pending |= NAME;
        }
    }

    void setGuestOpen(boolean open) {
        synchronized (this) {
            if (guestOpen == open) {
                return;
            }
            guestOpen = open;
        }
        sink.guestOpen(open);
    }

    /** Takes the next message to send, one of the bits, or 0. */
    synchronized int takeMessage() {
        int message = Integer.lowestOneBit(pending);
        pending &= ~message;
        return message;
    }

    synchronized boolean hasMessage() {
        return pending != 0;
    }

    synchronized boolean hasInput() {
        return size > 0;
    }

    /** Moves input to a chain; returns how many bytes. */
    int moveInput(Chain chain) {
        int count;
        synchronized (this) {
            count = (int) Math.min(size, chain.writable().length());
            int first = Math.min(count, INPUT_CAPACITY - head);
            chain.write(0, inputSegment, head, first);
            chain.write(first, inputSegment, 0, count - first);
            head = (head + count) % INPUT_CAPACITY;
            size -= count;
        }
        sink.inputTaken();
        return count;
    }

    /** The driver is gone. */
    void forgetDriver() {
        outputSkip = 0;
        outputHeld = false;
        outputBlocked = false;
        synchronized (this) {
            ready = false;
            pending = 0;
        }
        setGuestOpen(false);
    }

    synchronized void save(DataOutput out) throws IOException {
        out.writeBoolean(guestOpen);
        out.writeBoolean(ready);
        out.writeInt(pending);
        out.writeLong(outputSkip);
        out.writeInt(size);
        for (int i = 0; i < size; i++) {
            out.writeByte(input[(head + i) % INPUT_CAPACITY]);
        }
    }

    void restore(DataInput in) throws IOException {
        boolean open = in.readBoolean();
        synchronized (this) {
            ready = in.readBoolean();
            pending = in.readInt() & (ADD | CONSOLE | NAME | OPEN | RESIZE);
            outputSkip = in.readLong();
            int length = in.readInt();
            if (length < 0 || length > INPUT_CAPACITY) {
                throw new IOException(
                        "the saved state is damaged: a port has %d bytes of input"
                                .formatted(length));
            }
            head = 0;
            size = length;
            in.readFully(input, 0, length);
        }
        setGuestOpen(open);
    }
}
