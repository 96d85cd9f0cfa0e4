package org.jvisor.virtio.console;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jvisor.virtio.VirtioHost;
import org.jvisor.virtio.WorkerDevice;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;

/**
 * A console device (virtio 1.2 §5.3). Each port has a queue for each direction; two more carry
 * control messages. A driver without MULTIPORT sees the first port only.
 */
public final class VirtioConsole extends WorkerDevice {
    /** The most ports of a device. */
    public static final int MAX_PORTS = 31;

    private static final int TYPE = 3;

    /** Features (§5.3.3). */
    static final long SIZE = 1, MULTIPORT = 2, EMERG_WRITE = 4;

    /** Configuration space (§5.3.4). */
    private static final int COLS = 0, ROWS = 2, MAX_NR_PORTS = 4, EMERG_WR = 8, CONFIG_SIZE = 12;

    /** Queues (§5.3.2): the first port's, the control queues, the other ports'. */
    private static final int CONTROL_IN = 2, CONTROL_OUT = 3;

    private static final int PORT_QUEUE_SIZE = 256, CONTROL_QUEUE_SIZE = 64;

    /** Events of control messages (§5.3.6.2). */
    static final int DEVICE_READY = 0, DEVICE_ADD = 1, PORT_READY = 3, CONSOLE_PORT = 4;

    static final int EVENT_RESIZE = 5, PORT_OPEN = 6, PORT_NAME = 7;
    private static final int MESSAGE = 8, RESIZE_MESSAGE = 12;

    /** Bytes moved at once, and chains of one port served before the next has its turn. */
    private static final int CHUNK = 4096, TURN = 64;

    private final List<ConsolePort> ports;
    private final Chain chain = new Chain();
    private final byte[] chunk = new byte[CHUNK];
    private final MemorySegment chunkSegment = MemorySegment.ofArray(chunk);

    /**
     * Makes a device that is not active.
     *
     * @param name unique on its machine, such as {@code "console0"}
     * @param ports 1 to {@link #MAX_PORTS}, for this device only
     */
    @SuppressWarnings("this-escape") // ports only wake a worker that is stopped until activate
    public VirtioConsole(String name, List<ConsolePort> ports) {
        super(name, TYPE, CONFIG_SIZE);
        if (ports.isEmpty() || ports.size() > MAX_PORTS) {
            throw new IllegalArgumentException(
                    "a console has 1 to %d ports, not %d".formatted(MAX_PORTS, ports.size()));
        }
        this.ports = List.copyOf(ports);
        config.put(MAX_NR_PORTS, 4, ports.size());
        for (ConsolePort port : ports) {
            port.connect(this::wake);
        }
    }

    @Override
    public long features() {
        return SIZE | MULTIPORT | EMERG_WRITE;
    }

    @Override
    public int queues() {
        return 2 * (ports.size() + 1);
    }

    @Override
    public int queueSize(int queue) {
        return queue == CONTROL_IN || queue == CONTROL_OUT ? CONTROL_QUEUE_SIZE : PORT_QUEUE_SIZE;
    }

    /** The queue a port's input goes to; its output comes from the next. */
    static int inputQueue(int port) {
        return port == 0 ? 0 : 2 + 2 * port;
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        if (offset == EMERG_WR) {
            // §5.3.4: a character, at any time, from a driver that may not be set up yet.
            ports.getFirst().sink().output(new byte[] {(byte) value}, 0, 1);
        }
    }

    // ---- Serving

    @Override
    protected void serve(VirtioHost host) {
        boolean multiport = host.has(MULTIPORT);
        publishSize(host);
        boolean again = true;
        while (again && !stopping()) {
            again = false;
            if (multiport) {
                drain(host.queue(CONTROL_OUT), chain, this::command);
                again = sendMessages(host.queue(CONTROL_IN));
            }
            int count = multiport ? ports.size() : 1;
            for (int i = 0; i < count && !stopping(); i++) {
                ConsolePort port = ports.get(i);
                again |= output(port, host.queue(inputQueue(i) + 1));
                if (!multiport || port.guestOpen()) {
                    again |= input(port, host.queue(inputQueue(i)));
                }
            }
        }
    }

    /** The first port's size is in configuration space, for drivers without MULTIPORT. */
    private void publishSize(VirtioHost host) {
        ConsolePort first = ports.getFirst();
        int columns = first.columns();
        int rows = first.rows();
        if (config.read(COLS, 2) != columns || config.read(ROWS, 2) != rows) {
            config.put(COLS, 2, columns);
            config.put(ROWS, 2, rows);
            if (host.has(SIZE)) {
                host.configChanged();
            }
        }
    }

    /** Serves a control message from the driver. */
    private long command(Chain message) {
        if (message.readable().length() < MESSAGE) {
            return 0;
        }
        int id = message.readInt(0);
        int value = message.readShort(6);
        switch (message.readShort(4)) {
            case DEVICE_READY -> {
                if (value == 1) {
                    ports.forEach(ConsolePort::announce);
                }
            }
            case PORT_READY -> {
                if (value == 1 && id >= 0 && id < ports.size()) {
                    ports.get(id).driverReady();
                }
            }
            case PORT_OPEN -> {
                if (id >= 0 && id < ports.size()) {
                    ports.get(id).setGuestOpen(value == 1);
                }
            }
            default -> {
                // Not a message of the driver's.
            }
        }
        return 0;
    }

    /** Sends what the driver is to be told, as far as it gave buffers. */
    private boolean sendMessages(Virtqueue queue) {
        for (int i = 0; i < ports.size(); i++) {
            ConsolePort port = ports.get(i);
            while (port.hasMessage()) {
                if (!queue.take(chain)) {
                    queue.signal();
                    return queue.enableNotifications() && !stopping();
                }
                queue.put(chain, message(i, port, port.takeMessage()));
            }
        }
        queue.signal();
        return false;
    }

    private long message(int id, ConsolePort port, int which) {
        byte[] name = port.name().getBytes(StandardCharsets.UTF_8);
        int length =
                switch (which) {
                    case ConsolePort.RESIZE -> RESIZE_MESSAGE;
                    case ConsolePort.NAME -> MESSAGE + name.length;
                    default -> MESSAGE;
                };
        if (chain.writable().length() < length) {
            return 0; // a driver that gives too little misses it
        }
        chain.writeInt(0, id);
        chain.writeShort(
                4,
                switch (which) {
                    case ConsolePort.ADD -> DEVICE_ADD;
                    case ConsolePort.CONSOLE -> CONSOLE_PORT;
                    case ConsolePort.NAME -> PORT_NAME;
                    case ConsolePort.OPEN -> PORT_OPEN;
                    default -> EVENT_RESIZE;
                });
        chain.writeShort(6, which == ConsolePort.OPEN && !port.hostOpen() ? 0 : 1);
        if (which == ConsolePort.RESIZE) {
            chain.writeShort(8, port.columns());
            chain.writeShort(10, port.rows());
        } else if (which == ConsolePort.NAME) {
            chain.write(MESSAGE, MemorySegment.ofArray(name));
        }
        return length;
    }

    /** Moves a port's input to the driver; returns whether there may be more to do at once. */
    private boolean input(ConsolePort port, Virtqueue queue) {
        boolean more = false;
        while (port.hasInput() && !stopping()) {
            if (!queue.take(chain)) {
                more = queue.enableNotifications();
                break;
            }
            queue.put(chain, port.moveInput(chain));
        }
        queue.signal();
        return more;
    }

    /** Moves the driver's output to the sink; returns whether there may be more to do at once. */
    private boolean output(ConsolePort port, Virtqueue queue) {
        if (port.outputBlocked) {
            return false;
        }
        queue.disableNotifications();
        boolean more = false;
        for (int i = 0; !more; i++) {
            if (!port.outputHeld && !queue.take(port.output)) {
                break;
            }
            port.outputHeld = true;
            if (!outputChunk(port)) {
                queue.signal();
                return !port.outputBlocked; // outputReady wakes, and may have come already
            }
            if (port.outputSkip >= port.output.readable().length()) {
                port.outputHeld = false;
                port.outputSkip = 0;
                queue.put(port.output, 0);
            }
            more = i == TURN || stopping();
        }
        queue.signal();
        return more || queue.enableNotifications();
    }

    /** Hands the sink the next bytes of the chain; false if it does not take them all. */
    private boolean outputChunk(ConsolePort port) {
        long left = port.output.readable().length() - port.outputSkip;
        int length = (int) Math.min(CHUNK, Math.max(0, left));
        port.output.read(port.outputSkip, chunkSegment, 0, length);
        port.outputBlocked = true; // before the sink may say that it is not
        int taken = port.sink().output(chunk, 0, length);
        port.outputSkip += taken;
        if (taken == length) {
            port.outputBlocked = false;
            return true;
        }
        return false;
    }

    // ---- Life

    @Override
    protected void paused() {
        VirtioHost host = host();
        for (int i = 0; i < ports.size(); i++) {
            ConsolePort port = ports.get(i);
            if (port.outputHeld && host != null) {
                // What the sink has of it is remembered; the rest goes out after the pause.
                host.queue(inputQueue(i) + 1).untake(port.output);
                port.outputHeld = false;
            }
        }
    }

    @Override
    protected void deactivated() {
        ports.forEach(ConsolePort::forgetDriver);
    }

    @Override
    public void save(DataOutput out) throws IOException {
        super.save(out);
        for (ConsolePort port : ports) {
            port.save(out);
        }
    }

    @Override
    public void restore(DataInput in) throws IOException {
        super.restore(in);
        for (ConsolePort port : ports) {
            port.restore(in);
        }
    }

    @Override
    public void close() {
        super.close();
        for (ConsolePort port : ports) {
            port.sink().close();
            port.output.close();
        }
        chain.close();
    }
}
