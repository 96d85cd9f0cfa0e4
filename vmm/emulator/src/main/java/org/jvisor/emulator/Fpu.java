package org.jvisor.emulator;

/** The x87 and MMX state. */
final class Fpu {
    /** Control, status and tag word as FXSAVE shows them. */
    int fcw = 0x40, fsw, ftw;
}
