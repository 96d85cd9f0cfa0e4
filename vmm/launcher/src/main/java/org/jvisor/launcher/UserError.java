package org.jvisor.launcher;

/**
 * A command cannot do what was asked. The message is for the user: what was tried, what was found,
 * what to do.
 */
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * Made where the fault is found.
     *
     * @param status of {@link ExitStatus}
     * @param message without a final newline
     */
    public UserError(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Made where the fault is found, from the exception that told of it. */
    public UserError(int status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /** The exit status, of {@link ExitStatus}. */
    public int status() {
        return status;
    }
}
