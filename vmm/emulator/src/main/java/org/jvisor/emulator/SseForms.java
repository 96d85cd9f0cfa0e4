package org.jvisor.emulator;

/** Rows of the instruction table for SSE to SSE4.2. */
final class SseForms {
    private SseForms() {}

    static void rows(InsnTable t) {}
}
