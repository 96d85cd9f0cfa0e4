package org.jvisor.firmware;

/**
 * A guest cannot be booted as asked. The message is one sentence for the user: what was tried, what
 * was found, and what to do about it.
 */
public final class BootException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What is wrong, for callers that act on it. */
    public enum Reason {
        /** A file does not exist. */
        MISSING,
        /** A path names a directory or a device. */
        NOT_A_FILE,
        /** A file cannot be read: permissions, I/O error. */
        UNREADABLE,
        /** A file ends before its headers say it does. */
        TRUNCATED,
        /** A file is none of the known kinds of kernel. */
        NOT_A_KERNEL,
        /** A kernel has no 64-bit entry. */
        NOT_64_BIT,
        /** A kernel is too old or needs something this firmware does not offer. */
        UNSUPPORTED,
        /** Something does not fit in the guest's memory. */
        DOES_NOT_FIT,
        /** A compressed kernel cannot be unpacked. */
        DAMAGED,
        /** The kernel cannot take a command line of this length. */
        COMMAND_LINE_TOO_LONG
    }

    private final Reason reason;

    BootException(Reason reason, String tried, String found, String advice) {
        super("cannot " + tried + ": " + found + "; " + advice);
        this.reason = reason;
    }

    /** What is wrong. */
    public Reason reason() {
        return reason;
    }
}
