package org.jvisor.emulator;

/**
 * Rows of the integer instructions in the two- and three-byte opcode maps (SDM 2D tables A-3 to
 *
 */
final class TwoByteMap {
    private TwoByteMap() {}

    static void rows(InsnTable t) {}
}
