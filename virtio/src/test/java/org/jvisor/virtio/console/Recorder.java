package org.jvisor.virtio.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.TimeUnit;

/** Remembers what it was given; takes no more than it has room for. */
final class Recorder implements ConsoleSink {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long room = Long.MAX_VALUE;
    private boolean open;

    @Override
    public synchronized int output(byte[] from, int offset, int length) {
        int count = (int) Math.min(length, room);
        room -= count;
        bytes.write(from, offset, count);
        notifyAll();
        return count;
    }

    @Override
    public synchronized void guestOpen(boolean now) {
        open = now;
        notifyAll();
    }

    synchronized void room(long count) {
        room = count;
    }

    synchronized void forget() {
        bytes.reset();
    }

    synchronized byte[] await(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (bytes.size() < count && deadline - System.nanoTime() > 0) {
            doWait();
        }
        return bytes.toByteArray();
    }

    synchronized void awaitOpen(boolean wanted) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (open != wanted && deadline - System.nanoTime() > 0) {
            doWait();
        }
        assertThat(open).isEqualTo(wanted);
    }

    @SuppressWarnings("WaitNotInLoop") // every caller loops
    private void doWait() {
        try {
            wait(1000);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
