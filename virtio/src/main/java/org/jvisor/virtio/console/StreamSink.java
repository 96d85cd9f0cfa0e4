package org.jvisor.virtio.console;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Hands a port's output to a stream on a thread of its own, so that a slow terminal stops nothing
 * but its own port. When its buffer is full the guest waits: nothing is lost.
 */
public final class StreamSink implements ConsoleSink {
    private static final int CAPACITY = 64 << 10;

    /** How long {@link #close} waits for a stream that does not take what is left. */
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

    private final OutputStream stream;
    private final Thread thread;
    private final byte[] buffer = new byte[CAPACITY];
    private final byte[] chunk = new byte[CAPACITY];
    private int head;
    private int size;
    private boolean refused;
    private boolean closed;
    private @Nullable ConsolePort port;

    /**
     * Makes a sink; its thread starts with the first output.
     *
     * @param threadName such as {@code "console0-out-0"}
     * @param stream flushed whenever nothing more waits; not closed
     */
    public StreamSink(String threadName, OutputStream stream) {
        this.stream = stream;
        thread = Thread.ofPlatform().daemon().name(threadName).unstarted(this::run);
    }

    /** Says which port to tell when there is room again. */
    public synchronized void connect(ConsolePort to) {
        port = to;
    }

    @Override
    public synchronized int output(byte[] bytes, int offset, int length) {
        if (closed) {
            return length;
        }
        int count = Math.min(length, CAPACITY - size);
        for (int i = 0; i < count; i++) {
            buffer[(head + size + i) % CAPACITY] = bytes[offset + i];
        }
        refused |= count < length;
        size += count;
        if (thread.getState() == Thread.State.NEW) {
            thread.start();
        }
        notifyAll();
        return count;
    }

    private void run() {
        boolean broken = false;
        try {
            for (int length = take(); length > 0; length = take()) {
                if (!broken) {
                    try {
                        stream.write(chunk, 0, length);
                        stream.flush();
                    } catch (IOException e) {
                        broken = true; // the other side is gone: later output is dropped
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for bytes and moves them into the chunk; 0 when closed and empty. */
    private int take() throws InterruptedException {
        ConsolePort waiting = null;
        int length;
        synchronized (this) {
            while (size == 0) {
                if (closed) {
                    return 0;
                }
                wait();
            }
            length = size;
            int first = Math.min(length, CAPACITY - head);
            System.arraycopy(buffer, head, chunk, 0, first);
            System.arraycopy(buffer, 0, chunk, first, length - first);
            head = (head + length) % CAPACITY;
            size = 0;
            if (refused) {
                refused = false;
                waiting = port;
            }
        }
        if (waiting != null) {
            waiting.outputReady();
        }
        return length;
    }

    /** Hands over what is left, waiting a little for the stream. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        if (Thread.currentThread() == thread || thread.getState() == Thread.State.NEW) {
            return;
        }
        try {
            if (!thread.join(CLOSE_PATIENCE)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
