package org.jvisor.launcher.console;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A guest that remembers what was done to it. */
final class FakeGuest implements ConsoleGuest {
    final List<String> events = new ArrayList<>();
    private final ByteArrayOutputStream typed = new ByteArrayOutputStream();
    private final CountDownLatch reading;
    private final int expected;
    private final CountDownLatch complete = new CountDownLatch(1);

    /** A guest that reads at once. */
    FakeGuest() {
        this(new CountDownLatch(0), 0);
    }

    /**
     * A guest that reads once {@code reading} is open.
     *
     * @param expected how many bytes {@link #awaitInput} waits for
     */
    FakeGuest(CountDownLatch reading, int expected) {
        this.reading = reading;
        this.expected = expected;
    }

    @Override
    public void input(byte[] bytes, int offset, int length) throws InterruptedException {
        reading.await();
        synchronized (typed) {
            typed.write(bytes, offset, length);
            if (typed.size() >= expected) {
                complete.countDown();
            }
        }
    }

    byte[] awaitInput() throws InterruptedException {
        complete.await();
        synchronized (typed) {
            return typed.toByteArray();
        }
    }

    String text() {
        synchronized (typed) {
            return typed.toString(StandardCharsets.ISO_8859_1);
        }
    }

    @Override
    public void quit() {
        event("quit");
    }

    @Override
    public void reset() {
        event("reset");
    }

    @Override
    public void powerButton() {
        event("power");
    }

    @Override
    public String status() {
        return "test guest";
    }

    @Override
    public String device(List<String> words) {
        if (words.contains("9")) {
            throw new IllegalArgumentException("there is no such device");
        }
        event(String.join("/", words));
        return "done";
    }

    private void event(String name) {
        synchronized (events) {
            events.add(name);
            events.notifyAll();
        }
    }

    void awaitEvent(String name) throws InterruptedException {
        synchronized (events) {
            while (!events.contains(name)) {
                events.wait();
            }
        }
    }
}
