package org.jvisor.emulator;

/** Rows of the string instructions. */
final class StringForms {
    private StringForms() {}

    static void rows(InsnTable t) {}
}
