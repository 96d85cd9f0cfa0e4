package org.jvisor.emulator;

/** Rows of the instruction table for MMX. */
final class MmxForms {
    private MmxForms() {}

    static void rows(InsnTable t) {}
}
