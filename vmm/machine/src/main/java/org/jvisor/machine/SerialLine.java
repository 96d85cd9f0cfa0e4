package org.jvisor.machine;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.jvisor.machine.device.SerialBackend;
import org.jvisor.machine.device.Uart16550;

/**
 * The host's side of a serial line: carries what the guest sends to a {@link SerialPort} on a
 * thread of its own, so that a slow terminal never holds up a vCPU thread.
 */
final class SerialLine implements SerialBackend {
    private static final int BUFFER = 1 << 16;

    private final SerialPort port;
    private final Thread thread;

    /** A ring, guarded by this object. */
    private final byte[] ring = new byte[BUFFER];

    private int head;
    private int size;
    private boolean refused;
    private boolean closed;
    private @Nullable Uart16550 uart;

    SerialLine(String name, SerialPort port) {
        this.port = port;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::loop);
    }

    /** Says whose transmitter waits when the buffer is full, and starts the thread. */
    void connect(Uart16550 sender) {
        uart = sender;
        thread.start();
    }

    @Override
    public synchronized boolean transmit(int value) {
        if (closed) {
            return true;
        }
        if (size == BUFFER) {
            refused = true;
            return false;
        }
        ring[(head + size) & (BUFFER - 1)] = (byte) value;
        if (size++ == 0) {
            notifyAll();
        }
        return true;
    }

    /** Sends what is buffered, then ends the thread. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        if (thread.getState() == Thread.State.NEW || Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void loop() {
        byte[] bytes = new byte[BUFFER];
        boolean unplugged = false;
        while (true) {
            int length;
            boolean room;
            synchronized (this) {
                while (size == 0 && !closed) {
                    try {
                        wait();
                    } catch (InterruptedException e) {
                        // Only close() ends the thread.
                    }
                }
                if (size == 0) {
                    return;
                }
                length = size;
                for (int i = 0; i < length; i++) {
                    bytes[i] = ring[(head + i) & (BUFFER - 1)];
                }
                head = (head + length) & (BUFFER - 1);
                size = 0;
                room = refused;
                refused = false;
            }
            Uart16550 sender = uart;
            if (room && sender != null) {
                sender.outputReady();
            }
            if (!unplugged) {
                try {
                    port.output(bytes, length);
                } catch (IOException e) {
                    unplugged = true;
                }
            }
        }
    }
}
