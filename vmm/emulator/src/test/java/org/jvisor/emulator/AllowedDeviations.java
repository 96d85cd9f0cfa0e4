package org.jvisor.emulator;

import java.util.EnumMap;
import java.util.Map;

/**
 * Where the software CPU may differ from a given processor, and why. Everything else that differs
 * is a defect. The run prints how often each was needed.
 */
final class AllowedDeviations {
    /** One kind of difference. */
    enum Deviation {
        /**
         * RCP and RSQRT are approximations of 12 bits that every processor computes its own way.
         */
        RECIPROCAL_APPROXIMATION;
    }

    private final Map<Deviation, Integer> used = new EnumMap<>(Deviation.class);

    /** Notes that a deviation explained a difference. */
    void use(Deviation deviation) {
        used.merge(deviation, 1, Integer::sum);
    }

    @Override
    public String toString() {
        return used.isEmpty() ? "none needed" : used.toString();
    }
}
