package org.jvisor.virtio.queue;

/** A driver set up a ring that cannot be: its message says what is wrong. */
public final class BadRingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadRingException(String message) {
        super(message);
    }
}
