package org.jvisor.kvm;

/**
 * The x87 and SSE registers of a vCPU as the FXSAVE image in its 64-bit layout (SDM 1 table 10-2),
 * which is how the XSAVE area begins. State beyond SSE is in {@link KvmVcpu#xsave}.
 */
final class KvmFpu {
    /** Bytes of an FXSAVE image. */
    static final int FXSAVE_BYTES = 512;

    /** What of it holds registers; the rest is reserved. */
    private static final int REGISTER_BYTES = 416;

    /** MXCSR_MASK: what the host supports, not a register. */
    private static final int MXCSR_MASK = 28;

    /** XSTATE_BV, and its bits for x87 and SSE (SDM 1 §13.4.2). */
    private static final int XSTATE_BV = 512, X87_AND_SSE = 3;

    private KvmFpu() {}

    /** Replaces x87 and SSE in an XSAVE area. */
    static void intoXsave(byte[] image, byte[] area) {
        if (image.length != FXSAVE_BYTES) {
            throw new IllegalArgumentException(
                    "an FXSAVE image has %d bytes, not %d".formatted(FXSAVE_BYTES, image.length));
        }
        System.arraycopy(image, 0, area, 0, MXCSR_MASK);
        int rest = MXCSR_MASK + 4;
        System.arraycopy(image, rest, area, rest, REGISTER_BYTES - rest);
        area[XSTATE_BV] |= X87_AND_SSE;
    }
}
