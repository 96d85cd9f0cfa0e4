package org.jvisor.machine;

/**
 * A machine cannot be made or run as asked. The message is for the user: what was tried, what was
 * found, what to do.
 */
public final class MachineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** What is at fault. */
    public enum Kind {
        /** The configuration asks for what no machine can be. */
        CONFIGURATION,
        /** A file it names is missing, unreadable or not what it should be. */
        FILE,
        /** The host lacks something: /dev/kvm, permission, memory. */
        HOST
    }

    /** Made where the fault is found. */
    public MachineException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** Made where the fault is found, from the exception that told of it. */
    public MachineException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What is at fault. */
    public Kind kind() {
        return kind;
    }
}
