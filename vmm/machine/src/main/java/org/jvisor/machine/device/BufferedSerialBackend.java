package org.jvisor.machine.device;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A back end that buffers what the guest sends and hands it to a sink on a thread of its own, so
 * that a slow terminal never stops a vCPU. When the buffer is full the guest's transmitter stays
 * busy: nothing is lost.
 */
public final class BufferedSerialBackend implements SerialBackend {
    private static final int CAPACITY = 1 << 16;

    /** How long {@link #close} waits for a sink that does not take what is left. */
    private static final long CLOSE_SECONDS = 2;

    /**
     * How long bytes are gathered before they are handed over, in nanoseconds: a guest's driver
     * sends a line byte by byte, and waking a thread for each costs more than sending it.
     */
    private static final long GATHER = 500_000;

    private final Sink sink;
    private final Thread thread;
    private final byte[] buffer = new byte[CAPACITY];
    private final byte[] chunk = new byte[CAPACITY];
    private int head;
    private int size;
    private boolean refused;
    private boolean closed;
    private @Nullable Uart16550 uart;

    /** Where the bytes go in the end. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes bytes in the order they were sent, on the back end's thread; may block. After an
         * exception later bytes are dropped.
         *
         * @param bytes valid only during the call
         * @param length how many, 1 or more
         */
        void output(byte[] bytes, int length) throws IOException;
    }

    /**
     * Starts the thread.
     *
     * @param threadName its name, such as {@code "vm-serial0"}
     */
    public BufferedSerialBackend(String threadName, Sink sink) {
        this.sink = sink;
        this.thread = Thread.ofPlatform().daemon().name(threadName).unstarted(this::run);
        thread.start();
    }

    /** Says which UART to tell when there is room again. To be called before the guest runs. */
    public synchronized void connect(Uart16550 uart) {
        this.uart = uart;
    }

    @Override
    public synchronized boolean transmit(int value) {
        if (closed) {
            return true;
        }
        if (size == CAPACITY) {
            refused = true;
            return false;
        }
        buffer[(head + size) & CAPACITY - 1] = (byte) value;
        if (size++ == 0) {
            notifyAll();
        }
        return true;
    }

    private void run() {
        boolean broken = false;
        try {
            while (true) {
                int length = take();
                if (length == 0) {
                    return;
                }
                if (!broken) {
                    try {
                        sink.output(chunk, length);
                    } catch (IOException e) {
                        broken = true; // unplugged
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for bytes and moves them into the chunk; 0 when closed and empty. */
    private int take() throws InterruptedException {
        Uart16550 waiting = null;
        int length;
        boolean gather;
        synchronized (this) {
            while (size == 0) {
                if (closed) {
                    return 0;
                }
                wait();
            }
            gather = !closed;
        }
        if (gather) {
            LockSupport.parkNanos(this, GATHER);
        }
        synchronized (this) {
            length = size;
            int first = Math.min(length, CAPACITY - head);
            System.arraycopy(buffer, head, chunk, 0, first);
            System.arraycopy(buffer, 0, chunk, first, length - first);
            head = (head + length) & CAPACITY - 1;
            size = 0;
            if (refused) {
                refused = false;
                waiting = uart;
            }
        }
        if (waiting != null) {
            waiting.outputReady(); // outside the monitor: the UART calls transmit under its own
        }
        return length;
    }

    /** Hands over what is left, waiting a little for the sink. Later output is dropped. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        LockSupport.unpark(thread);
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            if (!thread.join(
                    java.time.Duration.ofMillis(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS)))) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
