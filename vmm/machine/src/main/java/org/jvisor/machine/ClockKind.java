package org.jvisor.machine;

import java.util.Locale;

/** What a machine's clock goes by. */
public enum ClockKind {
    /** The host's monotonic clock. */
    HOST,
    /**
     * The instructions that its CPUs execute, a nanosecond for each; while all are halted, the
     * host's clock up to the next timer's deadline. Only in software, with CPUs that run in turn.
     */
    INSTRUCTIONS;

    /** The name used on the command line and in configuration files. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
