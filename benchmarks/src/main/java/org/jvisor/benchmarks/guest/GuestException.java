package org.jvisor.benchmarks.guest;

/** A guest cannot be made here: the message says what was tried, what was found, what to do. */
public final class GuestException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Made where the fault is found, with a message for the user. */
    public GuestException(String message) {
        super(message);
    }

    /** Made where the fault is found, from the exception that told of it. */
    public GuestException(String message, Throwable cause) {
        super(message, cause);
    }
}
