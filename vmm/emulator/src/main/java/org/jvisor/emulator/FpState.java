package org.jvisor.emulator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The FXSAVE image of the x87 and SSE state (SDM 1 table 10-2, and 10-3 for the layout with 64-bit
 * pointers) as 64 longs: four of control and pointers, two for each x87 register from ST(0), two
 * for each XMM register; the rest is reserved.
 */
final class FpState {
    /** Bytes in the image. */
    static final int SIZE = 512;

    /** The first long of ST(0) and of XMM0, and one past XMM15. */
    static final int ST0 = 4, XMM0 = 20, END = 52;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private FpState() {}

    /** Writes the 512-byte image in its 64-bit layout. */
    static void save(Cpu c, byte[] image) {
        for (int i = 0; i < END; i++) {
            LONG.set(image, 8 * i, get(c, i, true));
        }
    }

    /** Reads the 512-byte image; reserved bits of MXCSR are dropped. */
    static void restore(Cpu c, byte[] image) {
        for (int i = 0; i < END; i++) {
            set(c, i, (long) LONG.get(image, 8 * i), true);
        }
    }

    /**
     * Long {@code i} of the image.
     *
     * @param wide whether pointers have 64 bits and no segments
     */
    static long get(Cpu c, int i, boolean wide) {
        Fpu f = c.fpu;
        if (i >= XMM0) {
            return c.sse.xmm[i - XMM0];
        }
        if (i >= ST0) {
            int n = f.st(i - ST0 >> 1);
            return (i & 1) == 0 ? f.sig[n] : f.se[n];
        }
        return switch (i) {
            case 0 -> f.fcw | (long) f.status() << 16 | (long) f.full << 32 | opcode(f);
            case 1 -> wide ? f.lastIp : pointer(f.lastIp, f.lastCs);
            case 2 -> wide ? f.lastDp : pointer(f.lastDp, f.lastDs);
            default -> c.sse.mxcsr & 0xffff_ffffL | (long) Sse.MXCSR_MASK << 32;
        };
    }

    private static long opcode(Fpu f) {
        return (long) f.lastOpcode << 48;
    }

    private static long pointer(long offset, int segment) {
        return offset & 0xffff_ffffL | (long) segment << 32;
    }

    /** Takes over long {@code i} of an image; long 0 must come before those of the stack. */
    static void set(Cpu c, int i, long value, boolean wide) {
        Fpu f = c.fpu;
        if (i >= XMM0) {
            c.sse.xmm[i - XMM0] = value;
        } else if (i >= ST0) {
            int n = f.st(i - ST0 >> 1);
            if ((i & 1) == 0) {
                f.sig[n] = value;
            } else {
                f.se[n] = (int) value & 0xffff;
            }
        } else {
            setHeader(c, f, i, value, wide);
        }
    }

    private static void setHeader(Cpu c, Fpu f, int i, long value, boolean wide) {
        long offset = wide ? value : value & 0xffff_ffffL;
        int segment = wide ? 0 : (int) (value >>> 32) & 0xffff;
        switch (i) {
            case 0 -> {
                f.setControl((int) value & 0xffff);
                f.setStatus((int) (value >>> 16) & 0xffff);
                f.full = (int) (value >>> 32) & 0xff;
                f.lastOpcode = (int) (value >>> 48) & 0x7ff;
            }
            case 1 -> {
                f.lastIp = offset;
                f.lastCs = segment;
            }
            case 2 -> {
                f.lastDp = offset;
                f.lastDs = segment;
            }
            default -> c.sse.setMxcsr((int) value & Sse.MXCSR_MASK);
        }
    }
}
