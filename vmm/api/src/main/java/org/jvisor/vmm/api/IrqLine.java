package org.jvisor.vmm.api;

/** A wired interrupt line. May be driven from any thread. */
@FunctionalInterface
public interface IrqLine {
    /** A line that goes nowhere. */
    IrqLine NONE = asserted -> {};

    /**
     * Drives the line.
     *
     * @param asserted true to assert it (high for edge-triggered inputs), false to deassert it
     */
    void set(boolean asserted);

    /** Asserts and deasserts the line: one edge. */
    default void pulse() {
        set(true);
        set(false);
    }
}
