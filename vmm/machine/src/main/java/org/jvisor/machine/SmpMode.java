package org.jvisor.machine;

import java.util.Locale;

/**
 * How the software accelerator runs several CPUs. KVM has but one way, and a single CPU needs none.
 */
public enum SmpMode {
    /**
     * One host thread runs the CPUs in turn: slower, but what they do to each other's memory
     * depends on nothing but the machine's clock and input.
     */
    DETERMINISTIC,
    /** A host thread for each CPU, with x86's memory ordering. */
    PARALLEL;

    /** The name used on the command line and in configuration files. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
