package org.jvisor.benchmarks;

/** A measurement cannot be made: the message says what was tried, what was found, what to do. */
final class BenchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int FAILED = 70;

    private final int status;

    BenchException(String message) {
        super(message);
        status = FAILED;
    }

    BenchException(String message, Throwable cause) {
        this(message, cause, FAILED);
    }

    BenchException(String message, Throwable cause, int status) {
        super(message, cause);
        this.status = status;
    }

    /** What the command ends with. */
    int status() {
        return status;
    }
}
