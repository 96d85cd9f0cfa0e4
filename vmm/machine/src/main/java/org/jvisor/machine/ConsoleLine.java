package org.jvisor.machine;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.jvisor.virtio.console.ConsolePort;
import org.jvisor.virtio.console.ConsoleSink;
import org.jvisor.virtio.console.StreamSink;

/**
 * One port of the virtio console with its far end: output goes there on a thread of its own, input
 * waits until the guest has room for it.
 */
final class ConsoleLine implements ConsoleSink {
    private final StreamSink out;
    private final ConsolePort port;
    private final Object room = new Object();
    private boolean closed;

    /**
     * Makes a port.
     *
     * @param name what a program in the guest finds it by; empty for a terminal (hvc)
     * @param threadName of the thread that hands output on
     */
    @SuppressWarnings("this-escape") // the port calls nothing before its device is active
    ConsoleLine(String name, String threadName, SerialPort farEnd) {
        out = new StreamSink(threadName, new FarEnd(farEnd));
        port = new ConsolePort(name, name.isEmpty(), this);
        out.connect(port);
    }

    ConsolePort port() {
        return port;
    }

    /** Sends to the guest; blocks while it has no room, until the machine is closed. */
    void input(byte[] bytes, int offset, int length) throws InterruptedException {
        int done = 0;
        synchronized (room) {
            while (done < length && !closed) {
                int taken = port.input(bytes, offset + done, length - done);
                done += taken;
                if (taken == 0) {
                    room.wait();
                }
            }
        }
    }

    @Override
    public int output(byte[] bytes, int offset, int length) {
        return out.output(bytes, offset, length);
    }

    @Override
    public void inputTaken() {
        synchronized (room) {
            room.notifyAll();
        }
    }

    @Override
    public void close() {
        out.close();
        synchronized (room) {
            closed = true;
            room.notifyAll();
        }
    }

    /** A far end as a stream. */
    private static final class FarEnd extends OutputStream {
        private final SerialPort port;

        FarEnd(SerialPort port) {
            this.port = port;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            byte[] part = offset == 0 ? bytes : Arrays.copyOfRange(bytes, offset, offset + length);
            port.output(part, length);
        }
    }
}
