package org.jvisor.emulator;

/** The XMM registers and MXCSR. */
final class Sse {
    /** XMM0 to XMM15: low half at {@code 2n}, high half at {@code 2n + 1}. */
    final long[] xmm = new long[32];

    int mxcsr = 0x1f80;
}
