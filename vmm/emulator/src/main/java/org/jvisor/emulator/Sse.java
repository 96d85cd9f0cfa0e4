package org.jvisor.emulator;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jvisor.emulator.math.SseFloat;

/** The XMM registers and MXCSR. */
final class Sse {
    /** The bits of MXCSR that exist: DAZ among them. */
    static final int MXCSR_MASK = 0xffff;

    /** XMM0 to XMM15: low half at {@code 2n}, high half at {@code 2n + 1}. */
    final long[] xmm = new long[32];

    /** {@link #xmm} for host code. */
    final MemorySegment segment = MemorySegment.ofArray(xmm);

    /** Takes 16 bytes of memory that cannot be read at one place. */
    final MemorySegment copy = Arena.ofAuto().allocate(16, 16);

    /** MXCSR; change it through {@link #setMxcsr}. */
    int mxcsr = 0x1f80;

    /** Does the arithmetic; holds what it derives from MXCSR. */
    final SseFloat math = new SseFloat();

    /** Writes MXCSR. */
    void setMxcsr(int value) {
        mxcsr = value;
        math.control(value);
    }

    /**
     * Ends an instruction that has raised exceptions: they are added to MXCSR.
     *
     * @throws GuestFault #XM, or #UD without CR4.OSXMMEXCPT, if one of them is unmasked: nothing
     *     may have been written before
     */
    void commit(Cpu c) {
        int flags = math.report();
        mxcsr |= flags;
        if ((flags & ~math.masks) != 0) {
            throw (c.cr4 & ControlBits.CR4_OSXMMEXCPT) != 0 ? c.fault(Cpu.XM) : c.ud();
        }
    }
}
