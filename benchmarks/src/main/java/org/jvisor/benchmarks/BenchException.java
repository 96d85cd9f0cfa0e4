package org.jvisor.benchmarks;

/** A measurement cannot be made: the message says what was tried, what was found, what to do. */
final class BenchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BenchException(String message) {
        super(message);
    }

    BenchException(String message, Throwable cause) {
        super(message, cause);
    }
}
