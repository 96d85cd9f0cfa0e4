package org.jvisor.emulator;

/** Rows of the one-byte opcode map (SDM 2D table A-2). */
final class OneByteMap {
    private OneByteMap() {}

    static void rows(InsnTable t) {
        t.add("90", "NOP", "", Nop::new);
    }
}
