package org.jvisor.emulator;

/** Rows of the instruction table for system instructions. */
final class SystemForms {
    private SystemForms() {}

    static void rows(InsnTable t) {}
}
