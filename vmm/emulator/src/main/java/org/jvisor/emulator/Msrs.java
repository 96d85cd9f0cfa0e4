package org.jvisor.emulator;

import java.util.Map;

/** The model-specific registers. */
final class Msrs {
    private Msrs() {}

    /** Adds the MSRs that are not elsewhere in the state. */
    static void save(Cpu c, Map<Integer, Long> out) {}

    /** Sets the MSRs named; unknown ones are ignored. */
    static void restore(Cpu c, Map<Integer, Long> in) {}
}
