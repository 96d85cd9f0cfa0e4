package org.jvisor.emulator;

/** Rows of the instruction table for the x87 FPU. */
final class X87Forms {
    private X87Forms() {}

    static void rows(InsnTable t) {}
}
