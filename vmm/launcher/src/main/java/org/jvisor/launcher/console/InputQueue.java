package org.jvisor.launcher.console;

/**
 * A bounded queue of bytes between the thread that reads input and the one that feeds the guest.
 */
final class InputQueue {
    static final int CAPACITY = 64 * 1024;

    private final byte[] ring = new byte[CAPACITY];
    private int head;
    private int used;
    private boolean ended;

    /** Puts all of {@code bytes}; blocks while there is no room. */
    synchronized void put(byte[] bytes, int length) throws InterruptedException {
        int done = 0;
        while (done < length) {
            while (used == CAPACITY) {
                wait();
            }
            done += store(bytes, done, length - done);
        }
    }

    /** Puts as much as there is room for, and returns how much that was. */
    synchronized int offer(byte[] bytes, int length) {
        return store(bytes, 0, length);
    }

    /** No more will be put. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /**
     * Takes what is there; blocks while there is nothing.
     *
     * @return how many bytes, or -1 after the end
     */
    synchronized int take(byte[] into) throws InterruptedException {
        while (used == 0) {
            if (ended) {
                return -1;
            }
            wait();
        }
        int count = Math.min(used, into.length);
        for (int i = 0; i < count; i++) {
            into[i] = ring[(head + i) % CAPACITY];
        }
        head = (head + count) % CAPACITY;
        used -= count;
        notifyAll();
        return count;
    }

    private int store(byte[] bytes, int offset, int length) {
        int count = Math.min(length, CAPACITY - used);
        for (int i = 0; i < count; i++) {
            ring[(head + used + i) % CAPACITY] = bytes[offset + i];
        }
        used += count;
        notifyAll();
        return count;
    }
}
