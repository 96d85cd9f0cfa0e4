package org.jvisor.firmware.payload;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian reads from byte arrays, unaligned. */
final class Bytes {
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Bytes() {}

    static int int32(byte[] data, int offset) {
        return (int) INT.get(data, offset);
    }

    static long int64(byte[] data, int offset) {
        return (long) LONG.get(data, offset);
    }

    /** Copies 8 bytes within an array; the ranges may overlap. */
    static void copy8(byte[] from, int fromOffset, byte[] to, int toOffset) {
        LONG.set(to, toOffset, (long) LONG.get(from, fromOffset));
    }
}
