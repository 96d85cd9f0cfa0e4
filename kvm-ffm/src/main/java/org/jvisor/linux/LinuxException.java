package org.jvisor.linux;

/**
 * A system call that the kernel refused. The message names the operation, the error's symbol and
 * text, and, where one is known, what to do about it.
 */
public class LinuxException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String operation;
    private final int errno;

    /**
     * Makes the exception of a failed call.
     *
     * @param operation what was tried, such as {@code mmap of 4096 bytes}
     * @param errno the positive error number
     */
    public LinuxException(String operation, int errno) {
        this(operation, errno, "");
    }

    /**
     * Makes the exception of a failed call, with advice.
     *
     * @param operation what was tried
     * @param errno the positive error number
     * @param hint what to do about it, a sentence; empty where there is nothing to say
     */
    public LinuxException(String operation, int errno, String hint) {
        super(
                operation
                        + " failed: "
                        + Errno.name(errno)
                        + " ("
                        + Errno.text(errno)
                        + ")"
                        + (hint.isEmpty() ? "" : ". " + hint));
        this.operation = operation;
        this.errno = errno;
    }

    /** What was tried. */
    public final String operation() {
        return operation;
    }

    /** The error number, positive. */
    public final int errno() {
        return errno;
    }

    /** The error's symbol, such as {@code EBUSY}. */
    public final String errnoName() {
        return Errno.name(errno);
    }

    /**
     * Turns a result in the kernel's convention into an exception where it is an error.
     *
     * @param operation what was tried
     * @param result the result, or {@code -errno}
     * @return the result
     */
    public static int check(String operation, int result) {
        if (result < 0) {
            throw new LinuxException(operation, -result);
        }
        return result;
    }

    /** The same for a long result. */
    public static long check(String operation, long result) {
        if (result < 0) {
            throw new LinuxException(operation, (int) -result);
        }
        return result;
    }
}
