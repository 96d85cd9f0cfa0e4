package org.jvisor.virtio.net;

/**
 * An interface cannot be connected as asked. The message is for the user: what was tried, what was
 * found, what to do.
 */
public final class NetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Made where the fault is found. */
    public NetException(String message) {
        super(message);
    }

    /** Made where the fault is found. */
    public NetException(String message, Throwable cause) {
        super(message, cause);
    }

    /** For the user. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
