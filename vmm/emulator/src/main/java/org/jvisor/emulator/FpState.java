package org.jvisor.emulator;

/** The FXSAVE image of the x87 and SSE state (SDM 1 table 10-2, 64-bit layout). */
final class FpState {
    private FpState() {}

    /** Writes the 512-byte image. */
    static void save(Cpu c, byte[] image) {
        java.nio.ByteBuffer b =
                java.nio.ByteBuffer.wrap(image).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        b.putShort(0, (short) c.fpu.fcw);
        b.putInt(24, c.sse.mxcsr);
        b.putInt(28, 0xffff);
        for (int i = 0; i < 32; i++) {
            b.putLong(160 + 8 * i, c.sse.xmm[i]);
        }
    }

    /** Reads the 512-byte image. */
    static void restore(Cpu c, byte[] image) {
        java.nio.ByteBuffer b =
                java.nio.ByteBuffer.wrap(image).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        c.fpu.fcw = b.getShort(0) & 0xffff;
        c.sse.mxcsr = b.getInt(24);
        for (int i = 0; i < 32; i++) {
            c.sse.xmm[i] = b.getLong(160 + 8 * i);
        }
    }
}
